// What approvals of operations and rules remember outlives a restart.

import { describe, expect, test } from "vitest";
import { openMemoryStore } from "../../src/adapters/memory/cut-store.ts";
import type { PolicyDocument } from "../../src/domain/policy/document.ts";
import { NO_PLACES } from "../../src/domain/policy/place-table.ts";
import { approve } from "../../src/engine/approvals/answer-approvals.ts";
import { recordOutcome } from "../../src/engine/outcomes/record-outcome.ts";
import { createPolicySet } from "../../src/engine/policy/resolve-policy.ts";
import { runDue } from "../../src/engine/time/run-due.ts";
import { findOutcomes } from "../../src/runtime/find-outcomes.ts";
import { CALLER, Engine, type IntentFields, policyOf } from "../unit/engine/engine-fixture.ts";

function policyOfDocument(value: PolicyDocument["value"]) {
  const baseline: PolicyDocument = { kind: "Baseline", name: "baseline.yaml", value, places: NO_PLACES };
  return createPolicySet({ baseline, tenants: [] });
}

const RISKY: IntentFields = { operation: { name: "pay", attributes: {}, risk: 0.9 } };

function approvedEngine(): { readonly engine: Engine; readonly approvalId: string } {
  const engine = new Engine();
  engine.register("e");
  const [approvalId = ""] = engine.check("e", RISKY).approvalIds;
  approve(engine.world, { approvalId, approvedBy: "ann", note: undefined }, engine.now);
  return { engine, approvalId };
}

describe("an approval of one operation", () => {
  test("P1: is still granted after a restart, and redeems the same operation", async () => {
    const { engine, approvalId } = approvedEngine();
    await engine.save();
    const after = engine.restarted(1_000, { bootId: "boot-2" });
    expect(after.check("e", RISKY).verdict).toBe("ALLOW");
    expect(after.charge("e", RISKY, { approvalId }).verdict).toBe("ALLOW");
  });

  test("P2: that was redeemed before a restart is used up after it", async () => {
    const { engine, approvalId } = approvedEngine();
    engine.charge("e", RISKY, { approvalId });
    await engine.save();
    const after = engine.restarted(1_000, { bootId: "boot-2" });
    const decision = after.charge("e", RISKY, { approvalId });
    expect(decision.findings.map((one) => one.reason)).toContain("APPROVAL_USED");
    expect(decision.allowed).toBe(false);
  });

  test("that nobody answered expires by the time away", async () => {
    const engine = new Engine({ limits: policyOf() });
    engine.register("e");
    engine.check("e", RISKY);
    await engine.save();
    const after = engine.restarted(3_600_000, { bootId: "boot-2" });
    while (runDue(after.world, after.now, 100) > 0);
    expect(after.charge("e", RISKY).findings.map((one) => one.reason)).toContain("APPROVAL_EXPIRED");
  });
});

describe("a rule", () => {
  const rule = { name: "A rule", description: "For tests.", severity: "high", time_window: "1 h" };
  const set = policyOfDocument({
    long_running: "disabled",
    execution: { max_wall_time_ms: "unlimited", max_tokens: "unlimited" },
    rules: [
      {
        ...rule,
        id: "often",
        type: "policy",
        expression: 'model == "fast"',
        action: "throttle",
        throttle_after: 3,
      },
      { ...rule, id: "many", type: "quota", counter: "tokens", threshold: 100, action: "block" },
    ],
  });

  test("P1: counts firings and sums on after a restart, the time away included", async () => {
    const engine = new Engine({ set });
    engine.register("e");
    engine.charge("e", { model: "fast" });
    engine.charge("e", { model: "fast" });
    engine.report("e", { tokens: { input: 100n }, costNanoUsd: 0n });
    await engine.save();
    const after = engine.restarted(30 * 60_000, { bootId: "boot-2" });
    const refused = after.charge("e", { model: "fast" });
    expect(refused.findings.map((one) => `${one.verdict} ${one.sourceId}`)).toContain("THROTTLE often");
    const tokens = { tokens: { input: 1n }, costNanoUsd: 0n };
    expect(after.check("e", tokens).findings.map((one) => one.reason)).toContain("QUOTA_RULE_EXCEEDED");
    await after.save();
    const later = after.restarted(62 * 60_000, { bootId: "boot-3" });
    expect(later.charge("e", { model: "fast" }).verdict).toBe("WARN");
    expect(later.check("e", tokens).verdict).toBe("ALLOW");
  });
});

describe("an answer that is remembered", () => {
  test("comes back after a restart as it was, whatever a rule's config looks like", async () => {
    const rule = { id: "r", name: "A rule", description: "For tests.", type: "policy", expression: "true" };
    const set = policyOfDocument({
      access: { rules: [{ id: "a", effect: "allow", obligations: { max_tokens: 10 } }] },
      rules: [{ ...rule, action: "warn", severity: "low", config: { kind: "count", value: "no number" } }],
    });
    const engine = new Engine({ set });
    engine.register("e");
    const first = engine.charge("e", { step: {} }, { requestId: "q" });
    await engine.save();
    const again = engine.restarted(1_000, { bootId: "boot-2" }).charge("e", { step: {} }, { requestId: "q" });
    expect(again).toEqual(JSON.parse(JSON.stringify(first)));
    expect(again.obligations).toEqual([{ type: "max_tokens", ruleId: "a", maxTokens: 10 }]);
  });
});

describe("RecordOutcome", () => {
  test("P1: finds a decision of before a restart, once with each value", async () => {
    const engine = new Engine();
    engine.register("e");
    const { decisionId: id } = engine.charge("e", { operation: { name: "pay", attributes: {}, risk: 0.1 } });
    const asked = { kind: "decision", id, note: undefined, occurredAtMs: undefined } as const;
    recordOutcome(engine.world, CALLER, { ...asked, outcome: { user_accepted: true } }, [], engine.now);
    await engine.save();
    engine.volume.isOpen = false;
    const { store } = openMemoryStore(engine.volume);
    const rows = await findOutcomes(store, asked);
    const after = engine.restarted(1_000, { bootId: "boot-2" });
    const record = (outcome: { readonly [name: string]: boolean | string }) =>
      recordOutcome(after.world, CALLER, { ...asked, outcome }, rows, after.now);
    expect(record({ user_accepted: true })).toBe(false);
    expect(() => record({ user_accepted: false })).toThrow("was recorded with another value");
    expect(record({ regulator_accepted: "yes" })).toBe(true);
  });
});
