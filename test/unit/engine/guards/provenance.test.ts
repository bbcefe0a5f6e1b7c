import { describe, expect, test } from "vitest";
import { findLineage, MAX_RECORDS, provenance } from "../../../../src/engine/guards/output/provenance.ts";
import { GuardSession, settingsOf, told } from "./guard-fixture.ts";

const UNKNOWN = "BLOCK REFERENCE_UNKNOWN Unknown reference in the arguments";

function sessionWith(changes: Parameters<typeof settingsOf<"provenance">>[1] = {}) {
  return new GuardSession(provenance, settingsOf("provenance", changes));
}

function use(session: ReturnType<typeof sessionWith>, callId: string, tool: string, value: unknown): string {
  const call = { callId, tool };
  session.before(call, value);
  return session.after(call, value, { output: {} }).referenceId ?? "";
}

describe("provenance", () => {
  test("gives every output a reference of tool, hash and instant, and another one on a collision", () => {
    const session = sessionWith();
    const first = use(session, "a", "fetch_data", { url: "x" });
    expect(first).toMatch(/^fetch_data:[0-9a-f]{9}:1703001234567$/);
    expect(use(session, "b", "fetch_data", { url: "x" })).toBe(`${first}:2`);
    expect(use(session, "c", "fetch_data", { url: "x" })).toBe(`${first}:3`);
  });

  test("knows references at any depth and in lists, and refuses those it does not know", () => {
    const session = sessionWith();
    const ref = use(session, "a", "fetch_data", {});
    expect(told(session.before({}, { ref }))).toEqual([]);
    expect(told(session.before({}, { items: [{ input_ref: [ref] }] }))).toEqual([]);
    expect(told(session.before({}, { ref: "fake:invalid:123" }))).toEqual([UNKNOWN]);
    expect(told(session.before({}, { deep: { _source: "fake:invalid:123" } }))).toEqual([UNKNOWN]);
    expect(told(session.before({}, { text: "fake:invalid:123" }))).toEqual([]);
  });

  test("shows where an output comes from, nearest first", () => {
    const session = sessionWith();
    const a = use(session, "a", "fetch_data", {});
    session.wait(1);
    const b = use(session, "b", "transform_data", { input_ref: a });
    session.wait(1);
    const c = use(session, "c", "join_data", { input_ref: [a, b] });
    const lineage = findLineage(session.state, c, 64);
    expect(lineage?.records.map((record) => record.id)).toEqual([c, a, b]);
    expect(lineage?.truncated).toBe(false);
    expect(findLineage(session.state, c, 1)).toMatchObject({ records: [{ id: c }], truncated: true });
    expect(findLineage(session.state, "fake:invalid:123", 64)).toBeUndefined();
  });

  test("counts values that should name their source and name none", () => {
    const session = sessionWith({ max_unattributed_uses: 1 });
    expect(told(session.before({}, { _source: "" }))).toEqual([]);
    expect(told(session.before({}, { _source: "somebody" }))).toEqual([
      "BLOCK VALUE_UNATTRIBUTED unattributed values: 2 > 1",
    ]);
    expect(told(sessionWith({ require_attribution: false }).before({}, { _source: "" }))).toEqual([]);
  });

  test("wants the references that the tool's schema declares", () => {
    const entry = { name: "use_data", schema: { properties: { input_ref: {}, other: {} } } };
    expect(told(sessionWith().before({ entry }, { other: 1 }))).toEqual([
      "BLOCK VALUE_UNATTRIBUTED unattributed values: 1 > 0",
    ]);
  });

  test("remembers as many outputs as it may, and none without lineage", () => {
    const session = sessionWith();
    const first = use(session, "0", "t", {});
    for (let call = 1; call <= MAX_RECORDS; call++) use(session, `${call}`, "t", { call });
    expect(session.state.records).toHaveLength(MAX_RECORDS);
    expect(told(session.before({}, { ref: first }))).toEqual([UNKNOWN]);
    expect(use(sessionWith({ track_lineage: false }), "a", "t", {})).toBe("");
  });
});
