// What an agent is shown of its session.
import { describe, expect, test } from "vitest";
import { guardPolicyOf } from "../../../../../src/engine/guards/calls/run-before.ts";
import { type SessionView, viewSession } from "../../../../../src/engine/guards/session/session-view.ts";
import { policyOf } from "../../engine-fixture.ts";
import { type GuardChanges, guardsOf, ToolEngine } from "../calls/tool-engine.ts";

function viewOf(engine: ToolEngine, id = "run"): SessionView {
  const record = engine.world.executions.record(engine.index(id));
  const asked = { turnId: undefined, planId: undefined };
  return viewSession(engine.world, record, guardPolicyOf(engine.world, record), asked, engine.now);
}

function started(changes: GuardChanges): ToolEngine {
  const engine = new ToolEngine({ guards: guardsOf(changes) });
  engine.register("run");
  engine.call("pay.now");
  return engine;
}

describe("tool budgets", () => {
  test("are shown with the bound of each tool that has one", () => {
    const engine = started({ tool_budget: { level: "block", per_tool: { "pay.*": 2, "*.now": 3 } } });
    expect(viewOf(engine).toolBudgets).toEqual([
      { budget: "total", used: 1, limit: 15 },
      { budget: "discovery", used: 0, limit: 5 },
      { budget: "execution", used: 1, limit: 12 },
      { budget: "tool:pay.now", used: 1, limit: 2 },
    ]);
  });

  test("bound nothing where the guard is off", () => {
    expect(viewOf(started({})).toolBudgets.map(({ limit }) => limit)).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
  });
});

describe("modifications", () => {
  const limits = policyOf({ max_modifications_per_session: 3n });
  const job = { session: "job" };

  test("are those of all roots of the session, over restarts, and of no other session", async () => {
    const engine = new ToolEngine({ limits });
    engine.register("job");
    engine.register("second", job);
    engine.register("third", job);
    engine.register("apart", { session: "else" });
    for (const id of ["job", "second", "apart"]) engine.charge(id, { modifications: 1n });
    expect(viewOf(engine, "third").modifications).toBe(2);
    expect(viewOf(engine, "apart").modifications).toBe(1);
    await engine.save();
    const again = engine.again(1_000);
    expect(viewOf(again, "job").modifications).toBe(2);
    expect(again.charge("third", { modifications: 1n }).allowed).toBe(true);
    expect(again.charge("second", { modifications: 1n }).allowed).toBe(false);
    expect(again.charge("apart", { modifications: 1n }).allowed).toBe(true);
  });
});
