import { describe, expect, test } from "vitest";
import { MAX_STRETCHES, timeoutBudget } from "../../../../../src/engine/guards/flow/timeout-budget.ts";
import { GuardSession, settingsOf, told } from "../guard-fixture.ts";

describe("timeout_budget", () => {
  test("warns at 80 % with its advice and refuses when the budget is used up", () => {
    const session = new GuardSession(timeoutBudget, settingsOf("timeout_budget"));
    const call = { turnId: "t1" };
    expect(told(session.before(call))).toEqual([]);
    session.wait(23_999);
    expect(told(session.before(call))).toEqual([]);
    session.wait(1);
    const near = session.before(call);
    expect(told(near)).toEqual([
      "WARN TIME_BUDGET_SOFT Turn time budget is nearly used up: 24000 / 30000 ms",
    ]);
    expect(near.advice).toEqual(["disable_retries", "reduce_parallelism"]);
    session.wait(6_000);
    expect(told(session.before(call))).toEqual([
      "BLOCK TIME_BUDGET_EXCEEDED Turn time budget exceeded: 30000 / 30000 ms",
    ]);
  });

  test("starts anew with another turn, while the plan goes on", () => {
    const session = new GuardSession(
      timeoutBudget,
      settingsOf("timeout_budget", { per_plan_budget_ms: 40_000 }),
    );
    session.before({ turnId: "t1", planId: "p" });
    session.wait(30_000);
    expect(told(session.before({ turnId: "t1", planId: "p" }))).toHaveLength(1);
    expect(told(session.before({ turnId: "t2", planId: "p" }))).toEqual([]);
    session.wait(10_000);
    expect(told(session.before({ turnId: "t2", planId: "p" }))).toEqual([
      "BLOCK TIME_BUDGET_EXCEEDED Plan time budget exceeded: 40000 / 40000 ms",
    ]);
  });

  test("judges a call that names no turn only when it is armed by the session", () => {
    const byId = new GuardSession(timeoutBudget, settingsOf("timeout_budget"));
    const bySession = new GuardSession(timeoutBudget, settingsOf("timeout_budget", { armed_by: "session" }));
    for (const session of [byId, bySession]) {
      session.before();
      session.wait(60_000);
    }
    expect(told(byId.before())).toEqual([]);
    expect(told(bySession.before())).toHaveLength(1);
  });

  test("counts a turn at least as long as the longest call that was told", () => {
    const session = new GuardSession(timeoutBudget, settingsOf("timeout_budget"));
    session.before({ turnId: "t1" });
    expect(told(session.after({ turnId: "t1" }, {}, { durationMs: 31_000 }))).toEqual([
      "WARN TIME_BUDGET_EXCEEDED Turn time budget exceeded: 31000 / 30000 ms",
    ]);
    expect(told(session.before({ turnId: "t1" }))).toHaveLength(1);
  });

  test("remembers as many turns as it may", () => {
    const session = new GuardSession(timeoutBudget, settingsOf("timeout_budget"));
    for (let turn = 0; turn < 2 * MAX_STRETCHES; turn++) session.before({ turnId: `t${turn}` });
    expect(session.state.turns).toHaveLength(MAX_STRETCHES);
  });

  test("goes on where it stood on another clock", () => {
    const session = new GuardSession(timeoutBudget, settingsOf("timeout_budget"));
    session.before({ turnId: "t1" });
    timeoutBudget.shiftClock?.(session.state, -30_000);
    expect(told(session.before({ turnId: "t1" }))).toHaveLength(1);
  });
});
