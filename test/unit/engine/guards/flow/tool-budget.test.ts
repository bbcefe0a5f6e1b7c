import { describe, expect, test } from "vitest";
import { toolBudget } from "../../../../../src/engine/guards/flow/tool-budget.ts";
import { GuardSession, settingsOf, told } from "../guard-fixture.ts";

const DISCOVERY = { entry: { name: "list_tools", discovery: true } };

describe("tool_budget", () => {
  test("refuses the sixth discovery call, the thirteenth other and the sixteenth of all", () => {
    const session = new GuardSession(toolBudget, settingsOf("tool_budget"));
    for (let call = 0; call < 5; call++) expect(told(session.before(DISCOVERY))).toEqual([]);
    expect(told(session.before(DISCOVERY))).toEqual(["BLOCK TOOL_BUDGET discovery budget exceeded: 6 > 5"]);
    for (let call = 0; call < 10; call++) expect(told(session.before())).toEqual([]);
    expect(told(session.before())).toEqual(["BLOCK TOOL_BUDGET total budget exceeded: 16 > 15"]);
  });

  test("refuses the thirteenth call that is no discovery", () => {
    const session = new GuardSession(toolBudget, settingsOf("tool_budget"));
    for (let call = 0; call < 12; call++) expect(told(session.before())).toEqual([]);
    expect(told(session.before())).toEqual(["BLOCK TOOL_BUDGET execution budget exceeded: 13 > 12"]);
  });

  test("counts each tool that a pattern bounds by itself, whatever its name", () => {
    const session = new GuardSession(
      toolBudget,
      settingsOf("tool_budget", { total: 100, execution: 100, per_tool: { "*": 1 } }),
    );
    for (const tool of ["a", "b", "__proto__", "constructor"]) {
      expect(told(session.before({ tool }))).toEqual([]);
      expect(told(session.before({ tool }))).toEqual([
        `BLOCK TOOL_BUDGET tool ${tool} budget exceeded: 2 > 1`,
      ]);
    }
  });

  test("refuses more different tools than it can count", () => {
    const session = new GuardSession(
      toolBudget,
      settingsOf("tool_budget", { total: 1_000, execution: 1_000, per_tool: { "*": 1 } }),
    );
    for (let tool = 0; tool < 64; tool++) expect(told(session.before({ tool: `t${tool}` }))).toEqual([]);
    expect(told(session.before({ tool: "t64" }))).toHaveLength(1);
  });

  test("starts anew with a turn when it is per turn", () => {
    const session = new GuardSession(toolBudget, settingsOf("tool_budget", { total: 1, per: "turn" }));
    expect(told(session.before({ turnId: "t1" }))).toEqual([]);
    expect(told(session.before({ turnId: "t1" }))).toHaveLength(1);
    expect(told(session.before({ turnId: "t2" }))).toEqual([]);
    expect(session.state.session.execution).toBe(2);
  });

  test("advises to wrap up when nothing is left", () => {
    const session = new GuardSession(toolBudget, settingsOf("tool_budget", { total: 2 }));
    session.before();
    expect(session.after().advice).toBeUndefined();
    session.before();
    expect(session.after().advice).toEqual(["wrap_up"]);
  });
});
