import { describe, expect, test } from "vitest";
import { measurePlan } from "../../../../../src/engine/guards/flow/plan-graph.ts";
import { judgePlan, type PlannedCall, planShape } from "../../../../../src/engine/guards/flow/plan-shape.ts";
import { GuardSession, settingsOf, told } from "../guard-fixture.ts";

const SETTINGS = settingsOf("plan_shape");

function batch(size: number, tool: (at: number) => string, dependsOn: (at: number) => string[] = () => []) {
  return Array.from(
    { length: size },
    (_, at): PlannedCall => ({ id: `c${at}`, tool: tool(at), dependsOn: dependsOn(at) }),
  );
}

function judged(calls: readonly PlannedCall[], settings = SETTINGS): string[] {
  return judgePlan(calls, settings).map(({ text }) => text);
}

describe("judgePlan", () => {
  test("refuses a batch that is too large, one that fans out too far and one of too many tools", () => {
    expect(
      judged(
        batch(
          500,
          () => "t",
          (at) => (at === 0 ? [] : [`c${(at - 1) >> 4}`]),
        ),
      ),
    ).toEqual([]);
    expect(judged(batch(600, (at) => `tool_${at}`))).toEqual(["batch_too_large: 600 > 500"]);
    expect(judged(batch(100, () => "api.fetch"))).toEqual([]);
    expect(judged(batch(150, () => "api.fetch"))).toEqual(["fan_out_too_large: 150 > 100"]);
    expect(judged(batch(15, (at) => `t${at}`))).toEqual([]);
    expect(judged(batch(16, (at) => `t${at}`))).toEqual(["too_many_unique_tools: 16 > 15"]);
  });

  test("measures the longest chain by real dependencies", () => {
    const chain = (at: number): string[] => (at === 0 ? [] : [`c${at - 1}`]);
    expect(judged(batch(20, () => "t", chain))).toEqual([]);
    expect(judged(batch(21, () => "t", chain))).toEqual(["chain_too_long: 21 > 20"]);
    const reversed = batch(21, () => "t", chain).reverse();
    expect(judged(reversed)).toEqual(["chain_too_long: 21 > 20"]);
  });

  test("names the calls of a cycle", () => {
    expect(
      judged(
        batch(
          3,
          () => "t",
          (at) => [`c${(at + 1) % 3}`],
        ),
      ),
    ).toEqual(["cycle: c2 > c1 > c0 > c2"]);
    expect(
      judged(
        batch(
          2,
          () => "t",
          (at) => (at === 1 ? ["c1"] : []),
        ),
      ),
    ).toEqual(["cycle: c1 > c1"]);
  });

  test("finds a fan-out that comes together again, also over several steps", () => {
    const wide = (width: number): PlannedCall[] => [
      { id: "start", tool: "t", dependsOn: [] },
      ...batch(
        width,
        () => "t",
        () => ["start"],
      ),
      ...batch(
        width,
        () => "t",
        (at) => [`c${at}`],
      ).map((call, at) => ({ ...call, id: `d${at}` })),
      { id: "join", tool: "t", dependsOn: Array.from({ length: width }, (_, at) => `d${at}`) },
    ];
    expect(judged(wide(50))).toEqual([]);
    expect(judged(wide(51))).toEqual(["fan_out_fan_in_detected: 51 > 50"]);
    expect(judged(wide(51), settingsOf("plan_shape", { detect_fan_out_fan_in: false }))).toEqual([]);
  });

  test("sees no fan-out in a chain whose parts all lead to the end", () => {
    const ladder = batch(
      20,
      () => "t",
      (at) => (at === 0 ? [] : [`c${at - 1}`]),
    );
    ladder.push({ id: "join", tool: "t", dependsOn: ladder.map((call) => call.id) });
    expect(measurePlan(ladder).fanOutFanIn).toBe(1);
  });
});

describe("plan_shape", () => {
  function run(
    session: GuardSession<typeof SETTINGS, ReturnType<NonNullable<typeof planShape.createState>>>,
    at: number,
    more = {},
  ) {
    const call = { callId: `c${at}`, planId: "p", ...more };
    const outcome = session.before(call);
    session.after(call);
    return outcome;
  }

  test("refuses the call that would make the chain too long", () => {
    const session = new GuardSession(planShape, SETTINGS);
    for (let at = 0; at < 20; at++) expect(told(run(session, at))).toEqual([]);
    expect(told(run(session, 20))).toEqual(["BLOCK PLAN_SHAPE chain_too_long: 21 > 20"]);
  });

  test("judges calls that name no plan only when it is armed by the session", () => {
    for (const [armed_by, refusals] of [
      ["id", 0],
      ["session", 5],
    ] as const) {
      const session = new GuardSession(planShape, settingsOf("plan_shape", { armed_by }));
      const outcomes = Array.from({ length: 25 }, (_, at) => told(run(session, at, { planId: undefined })));
      expect(outcomes.filter((one) => one.length > 0)).toHaveLength(refusals);
    }
  });

  test("counts calls in flight as wide, not as long", () => {
    const session = new GuardSession(
      planShape,
      settingsOf("plan_shape", { max_chain_length: 2, max_fan_out: 3 }),
    );
    for (let at = 0; at < 3; at++)
      expect(told(session.before({ callId: `c${at}`, planId: "p" }))).toEqual([]);
    expect(told(session.before({ callId: "c3", planId: "p" }))).toEqual([
      "BLOCK PLAN_SHAPE fan_out_too_large: 4 > 3",
    ]);
  });

  test("follows the parents that a call names; made-up ones make nothing shorter", () => {
    const session = new GuardSession(planShape, settingsOf("plan_shape", { max_chain_length: 3 }));
    run(session, 0);
    expect(told(run(session, 1, { parentKeys: ["c0"] }))).toEqual([]);
    expect(told(run(session, 2, { parentKeys: ["c0"] }))).toEqual([]);
    expect(told(run(session, 3, { parentKeys: ["c1", "c2"] }))).toEqual([]);
    expect(told(run(session, 4, { parentKeys: ["c3"] }))).toEqual(["BLOCK PLAN_SHAPE chain_too_long: 4 > 3"]);
    expect(told(run(session, 5, { parentKeys: ["made-up"] }))).toHaveLength(1);
  });

  test("finds branches of one call that come together in another", () => {
    const session = new GuardSession(planShape, settingsOf("plan_shape", { fan_out_fan_in_threshold: 2 }));
    run(session, 0);
    for (let at = 1; at <= 3; at++) run(session, at, { parentKeys: ["c0"] });
    expect(told(session.before({ callId: "j", planId: "p", parentKeys: ["c1", "c2"] }))).toEqual([]);
    expect(told(session.before({ callId: "k", planId: "p", parentKeys: ["c1", "c2", "c3"] }))).toEqual([
      "BLOCK PLAN_SHAPE fan_out_fan_in_detected: 3 > 2",
    ]);
  });

  test("refuses too many tools, and starts anew with another plan", () => {
    const session = new GuardSession(planShape, settingsOf("plan_shape", { max_unique_tools: 2 }));
    for (const [at, tool] of ["a", "b", "a"].entries()) expect(told(run(session, at, { tool }))).toEqual([]);
    expect(told(run(session, 3, { tool: "c" }))).toEqual(["BLOCK PLAN_SHAPE too_many_unique_tools: 3 > 2"]);
    expect(told(run(session, 4, { tool: "c", planId: "q" }))).toEqual([]);
  });

  test("remembers of a long plan what bounds it", () => {
    const session = new GuardSession(planShape, settingsOf("plan_shape", { max_chain_length: 1_000 }));
    for (let at = 0; at < 500; at++) run(session, at);
    expect(session.state.plans[0]).toMatchObject({ depth: 500, calls: 500 });
    expect(JSON.stringify(session.state).length).toBeLessThan(16_384);
  });
});
