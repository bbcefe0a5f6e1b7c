import { describe, expect, test } from "vitest";
import { openMemoryStore } from "../../../../src/adapters/memory/cut-store.ts";
import type { CallerId } from "../../../../src/domain/ids.ts";
import type { Operation } from "../../../../src/domain/intent.ts";
import { MAX_SUBJECTS, OutcomeTable } from "../../../../src/engine/outcomes/outcome-table.ts";
import { type OutcomeRequest, recordOutcome } from "../../../../src/engine/outcomes/record-outcome.ts";
import { findOutcomes } from "../../../../src/runtime/find-outcomes.ts";
import { CALLER, Engine } from "../engine-fixture.ts";

const PAY: Operation = { name: "pay", attributes: {}, risk: 0.1 };

function ask(
  id: string,
  outcome: OutcomeRequest["outcome"],
  kind: OutcomeRequest["kind"] = "decision",
): OutcomeRequest {
  return { kind, id, outcome, note: undefined, occurredAtMs: undefined };
}

function started(): Engine {
  const engine = new Engine();
  engine.register("e", { principal: { tenant: "acme" } });
  return engine;
}

describe("recordOutcome", () => {
  test("takes outcomes of charges and refusals that carry an operation", () => {
    const engine = started();
    const taken = engine.charge("e", { operation: PAY });
    const refused = engine.charge("e", { operation: { ...PAY, risk: 0.9 } });
    for (const { decisionId } of [taken, refused])
      expect(recordOutcome(engine.world, CALLER, ask(decisionId, { ok: true }), [], engine.now)).toBe(true);
  });

  test("changes nothing for what is recorded already, and refuses another value", () => {
    const engine = started();
    const { decisionId } = engine.charge("e", { operation: PAY });
    const record = (outcome: OutcomeRequest["outcome"]) =>
      recordOutcome(engine.world, CALLER, ask(decisionId, outcome), [], engine.now);
    expect(record({ ok: true })).toBe(true);
    expect(record({ ok: true })).toBe(false);
    expect(() => record({ ok: "yes" })).toThrow("outcome[ok] was recorded with another value");
    expect(record({ ok: true, later: "paid" })).toBe(true);
  });

  test("knows no decision without an operation, of a Check, or of another caller", () => {
    const engine = started();
    const plain = engine.charge("e", { step: {} });
    const looked = engine.check("e", { operation: PAY });
    const taken = engine.charge("e", { operation: PAY });
    for (const { decisionId } of [plain, looked])
      expect(() =>
        recordOutcome(engine.world, CALLER, ask(decisionId, { ok: true }), [], engine.now),
      ).toThrow("is not known");
    const other = "tcp" as CallerId;
    expect(() =>
      recordOutcome(engine.world, other, ask(taken.decisionId, { ok: true }), [], engine.now),
    ).toThrow("is not known");
  });

  test("takes outcomes of approvals", () => {
    const engine = started();
    const [id = ""] = engine.check("e", { operation: { ...PAY, risk: 0.9 } }).approvalIds;
    expect(recordOutcome(engine.world, CALLER, ask(id, { ok: false }, "approval"), [], engine.now)).toBe(
      true,
    );
    expect(() =>
      recordOutcome(engine.world, CALLER, ask("none", { ok: false }, "approval"), [], engine.now),
    ).toThrow("approval none is not known");
  });
});

describe("the policy record of a decision", () => {
  test("says which values judged which operation", async () => {
    const engine = started();
    const { decisionId } = engine.charge("e", { operation: { ...PAY, risk: 0.9 } });
    await engine.save();
    engine.volume.isOpen = false;
    const { store } = openMemoryStore(engine.volume);
    const [row] = await findOutcomes(store, { kind: "decision", id: decisionId });
    expect(row?.body).toMatchObject({
      tenant: "acme",
      execution_id: "e",
      policy_etag: "etag",
      policy_generation: 1,
      risk_profile: "balanced",
      risk_threshold: 0.5,
      max_material_delta: 0.3,
      allow_new_violations: false,
      operation: { op_type: "pay", risk_score: 0.9, attributes: {} },
      verdict: "PAUSE",
      reasons: ["RISK_CONFIRMATION_REQUIRED"],
    });
  });
});

describe("OutcomeTable", () => {
  test("keeps the latest subjects and no more", () => {
    const table = new OutcomeTable();
    const subject = { caller: CALLER, tenant: "t", executionId: "e", outcome: new Map() };
    for (let at = 0; at <= MAX_SUBJECTS; at++) table.remember(`d${at}`, subject);
    expect(table.find("d0")).toBeUndefined();
    expect(table.find("d1")).toBe(subject);
    expect(table.find(`d${MAX_SUBJECTS}`)).toBe(subject);
  });
});
