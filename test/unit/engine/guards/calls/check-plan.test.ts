import { describe, expect, test } from "vitest";
import { baselineOf, setOf } from "../../policy/policy-documents.ts";
import { guardsOf, onlyGuards, ToolEngine } from "./tool-engine.ts";

const KEY = "AKIAQWERTYUIOPASDFGH";

/** Access rules come with the policy; the guards are those of the test. */
function started(access: object = {}, guards = guardsOf()): ToolEngine {
  const engine = new ToolEngine({ set: setOf(baselineOf({ access })), guards });
  engine.register("run");
  return engine;
}

const plan = (...tools: readonly string[]) =>
  tools.map((tool, at) => ({ callId: `c${at}`, tool, value: {} }));

describe("access to the tools of a plan", () => {
  test("is judged call by call", () => {
    const engine = started({ rules: [{ id: "no-shell", effect: "deny", tools: ["shell.**"] }] });
    const answer = engine.plan(plan("get_page", "shell.run"));
    expect(answer.decision).toMatchObject({ verdict: "BLOCK", allowed: false });
    expect(answer.stoppedAt).toBe("access");
    expect(answer.calls.map(({ decision }) => decision.allowed)).toEqual([true, false]);
    expect(answer.calls[1]?.decision.findings.map(({ reason }) => reason)).toEqual(["DENY_RULE_MATCHED"]);
  });

  test("is no matter of the plan as a whole: what is allowed by tool is allowed", () => {
    const engine = started({ default: "deny", rules: [{ id: "reads", effect: "allow", tools: ["get_*"] }] });
    expect(engine.plan(plan("get_page", "get_user")).decision.allowed).toBe(true);
    const answer = engine.plan(plan("get_page", "list_users"));
    expect(answer.calls.map(({ decision }) => decision.allowed)).toEqual([true, false]);
  });
});

describe("the obligation to redact", () => {
  const redacts = {
    rules: [{ id: "outside", effect: "allow", tools: ["send"], obligations: { redact: true } }],
  };
  const calls = ["send", "keep"].map((tool) => ({ callId: tool, tool, value: { key: KEY } }));

  test("repairs the calls of a plan whose access rule asks for it, though the guard is off", () => {
    const answer = started(redacts, onlyGuards({})).plan(calls, { acceptsRepair: true });
    expect(answer.calls).toMatchObject([
      {
        repaired: '{"key":"[REDACTED]"}',
        decision: { verdict: "REPAIR", obligations: [{ type: "redact", ruleId: "outside" }] },
      },
      { repaired: undefined, decision: { verdict: "ALLOW", obligations: [] } },
    ]);
  });

  test("refuses a plan whose caller accepts no repair", () => {
    const answer = started(redacts, onlyGuards({})).plan(calls, { acceptsRepair: false });
    expect(answer.decision).toMatchObject({ verdict: "BLOCK", allowed: false });
    expect(answer.calls.map(({ decision }) => decision.allowed)).toEqual([false, true]);
  });
});

describe("checkPlan", () => {
  test("changes nothing, whatever it answers", () => {
    const engine = started();
    for (const tools of [
      ["get_page"],
      ["delete_user"],
      Array.from({ length: 101 }, (_, at) => `get_${at % 3}`),
    ])
      engine.plan(plan(...tools));
    expect(engine.snapshot("run")).toMatchObject({ steps: 0n, toolCalls: 0n });
    expect(engine.world.sessions.byKey.size).toBe(0);
    expect(engine.world.toolCalls.byExecution.size).toBe(0);
  });

  test("gives each call what it would be repaired to, and refuses that to a caller who accepts none", () => {
    const engine = started({}, onlyGuards({ sensitive_data: { redact_mode: "redact" } }));
    const calls = [{ callId: "a", tool: "send", value: { key: KEY } }];
    expect(engine.plan(calls, { acceptsRepair: true }).calls[0]).toMatchObject({
      repaired: '{"key":"[REDACTED]"}',
    });
    const refused = engine.plan(calls, { acceptsRepair: false });
    expect(refused.decision.allowed).toBe(false);
    expect(refused.calls[0]?.repaired).toBeUndefined();
  });

  test("refuses a cycle, and arguments that are none", () => {
    const engine = started();
    const cycle = [
      { callId: "a", tool: "get_a", dependsOn: ["b"] },
      { callId: "b", tool: "get_b", dependsOn: ["a"] },
    ];
    expect(engine.plan(cycle)).toMatchObject({
      stoppedAt: "plan_shape",
      reason: expect.stringContaining("cycle"),
    });
    expect(engine.plan([{ callId: "a", tool: "get_a", value: [] }])).toMatchObject({ stoppedAt: "input" });
  });

  test("judges a call whose arguments are not known yet by its tool", () => {
    const engine = started(
      { rules: [{ id: "no-shell", effect: "deny", tools: ["shell.**"] }] },
      guardsOf({ tool_budget: { level: "block", total: 2 }, schema_strictness: { unknown_tool: "block" } }),
    );
    const answer = engine.plan(
      ["get_a", "delete_user", "shell.run", "get_b", "get_c"].map((tool) => ({ callId: tool, tool })),
    );
    expect(answer.calls.map(({ decision }) => decision.findings[0]?.reason)).toEqual([
      undefined,
      "SIDE_EFFECT_BLOCKED",
      "DENY_RULE_MATCHED",
      undefined,
      "TOOL_BUDGET",
    ]);
  });
});
