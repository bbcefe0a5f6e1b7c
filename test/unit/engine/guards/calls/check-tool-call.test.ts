import { describe, expect, test } from "vitest";
import { policyOf, USD } from "../../engine-fixture.ts";
import { guardsOf, onlyGuards, ToolEngine } from "./tool-engine.ts";

function started(options: ConstructorParameters<typeof ToolEngine>[0] = {}): ToolEngine {
  const engine = new ToolEngine(options);
  engine.register("run");
  return engine;
}

function reasons(answer: {
  readonly decision: { readonly findings: readonly { readonly reason: string }[] };
}) {
  return answer.decision.findings.map(({ reason }) => reason);
}

describe("checkToolCall", () => {
  test("takes a slot, a tool call, a step and a request", () => {
    const engine = started();
    const answer = engine.call("get_user", { id: 1 }, { callId: "c1" });
    expect(answer.decision).toMatchObject({ verdict: "ALLOW", allowed: true });
    expect(engine.snapshot("run")).toMatchObject({ steps: 1n, toolCalls: 1n, requests: 1n });
    expect(engine.world.toolCalls.slots("all\ndefault")).toBe(1);
    expect(answer.expiresMono).toBe(engine.monoMs + 60_000);
  });

  test("gives the first answer to the same call again, and takes nothing twice", () => {
    const engine = started();
    const first = engine.call("get_user", { id: 1 }, { callId: "c1" });
    expect(engine.call("get_user", { id: 1 }, { callId: "c1" })).toEqual(first);
    expect(engine.snapshot("run").toolCalls).toBe(1n);
    expect(() => engine.call("get_user", { id: 2 }, { callId: "c1" })).toThrow(/other content/);
  });

  test("refuses a call of an execution that is not registered", () => {
    const engine = new ToolEngine();
    expect(reasons(engine.call("get_user"))).toEqual(["EXECUTION_UNKNOWN"]);
  });

  test.each(["[]", "1", "{", `{"a":1,"a":2}`, `{"__proto__":1}`])("refuses the arguments %s", (text) => {
    const engine = started();
    const answer = engine.call("get_user", text);
    expect(answer).toMatchObject({ stoppedAt: "input", decision: { allowed: false } });
    expect(reasons(answer)).toEqual(["ARGUMENTS_INVALID"]);
    expect(engine.snapshot("run").toolCalls).toBe(0n);
  });

  test("takes nothing of a call that a limit, a guard or a rate refuses", () => {
    const engine = started({ guards: guardsOf({ concurrency: { per_tool_max: { heavy: 0 } } }) });
    const answer = engine.call("heavy", {}, { planId: "p", turnId: "t" });
    expect(answer).toMatchObject({
      stoppedAt: "concurrency",
      reason: "concurrency limit reached: tool heavy 0/0",
      decision: { verdict: "BLOCK" },
    });
    expect(engine.snapshot("run")).toMatchObject({ steps: 0n, toolCalls: 0n, requests: 0n });
    expect(engine.world.sessions.byKey.size).toBe(0);
    expect(engine.world.toolCalls.byExecution.size).toBe(0);
  });

  test("judges limits before the guards", () => {
    const engine = started({
      limits: policyOf({ max_tool_calls: 0n }),
      guards: guardsOf({ concurrency: { global_max: 0 } }),
    });
    const answer = engine.call("heavy");
    expect(reasons(answer)).toEqual(["TOOL_CALL_LIMIT"]);
    expect(answer.stoppedAt).toBeUndefined();
  });

  test("judges everything where all is to be evaluated", () => {
    const engine = started({
      limits: policyOf({ max_tool_calls: 0n }),
      guards: onlyGuards({
        concurrency: { global_max: 0 },
        plan_shape: { armed_by: "session", max_unique_tools: 0 },
        evaluate: "all",
      }),
    });
    const answer = engine.call("heavy");
    expect(reasons(answer)).toEqual(["TOOL_CALL_LIMIT", "CONCURRENCY_LIMIT", "PLAN_SHAPE"]);
    expect(answer.stoppedAt).toBe("concurrency");
    expect(answer.reason).toBe("concurrency limit reached: global 0/0; too_many_unique_tools: 1 > 0");
  });

  test("frees the slot when the output is told, when it expires and when the execution ends", () => {
    const engine = started();
    engine.call("get_user", { id: 1 }, { callId: "c1" });
    engine.output("c1", {});
    expect(engine.world.toolCalls.slots("all\ndefault")).toBe(0);
    engine.call("get_user", { id: 2 }, { callId: "c2" });
    engine.advance(59_999);
    expect(engine.world.toolCalls.slots("all\ndefault")).toBe(1);
    engine.advance(1);
    expect(engine.world.toolCalls.slots("all\ndefault")).toBe(0);
    engine.call("get_user", { id: 3 }, { callId: "c3" });
    engine.complete("run");
    expect(engine.world.toolCalls.slots("all\ndefault")).toBe(0);
  });

  test("holds an estimate and settles it with the output", () => {
    const engine = started({ limits: policyOf({ max_cost_usd: 2n * USD }) });
    const estimate = { costNanoUsd: 2n * USD, custom: {}, toolCalls: 0n, modifications: 0n };
    const reserve = { estimate, ttlMs: 60_000 };
    expect(engine.call("a", {}, { callId: "c1", reserve }).decision.allowed).toBe(true);
    expect(reasons(engine.call("b", {}, { callId: "c2", reserve }))).toEqual(["COST_THRESHOLD"]);
    const usage = { costNanoUsd: USD, extraCosts: [], custom: {} };
    expect(engine.output("c1", {}, { usage }).settlement).toBe("settled");
    expect(engine.snapshot("run").costNanoUsd).toBe(USD);
    expect(engine.call("b", {}, { callId: "c3" }).decision.allowed).toBe(true);
  });

  test("charges what an output used though nothing was held, and releases what was not used", () => {
    const engine = started({ limits: policyOf({ max_cost_usd: 2n * USD }) });
    engine.call("a", {}, { callId: "c1" });
    engine.output("c1", {}, { usage: { costNanoUsd: USD, extraCosts: [], custom: {} } });
    expect(engine.snapshot("run").costNanoUsd).toBe(USD);
    const estimate = { costNanoUsd: USD, custom: {}, toolCalls: 0n, modifications: 0n };
    engine.call("b", {}, { callId: "c2", reserve: { estimate, ttlMs: 60_000 } });
    engine.output("c2", {});
    expect(engine.call("b", { x: 1 }, { reserve: { estimate, ttlMs: 60_000 } }).decision.allowed).toBe(true);
  });

  test("takes a tool that is polled for a loop only while it gives the same", () => {
    const limits = policyOf({ max_same_step_repetitions: 2n });
    const guards = guardsOf({ retry_safety: { level: "off" } });
    for (const [same, refused] of [
      [true, 3],
      [false, undefined],
    ] as const) {
      const engine = started({ limits, guards });
      const allowed = [1, 2, 3, 4].map((at) => {
        const answer = engine.call("get_status", { job: 1 }, { callId: `c${at}` });
        if (answer.decision.allowed) engine.output(`c${at}`, { progress: same ? 0 : at });
        return answer.decision.allowed;
      });
      expect(allowed.indexOf(false) + 1 || undefined).toBe(refused);
    }
  });

  test("says that a call is not known whose output is told", () => {
    const engine = started();
    expect(() => engine.output("never")).toThrow(/no call never/);
    engine.call("a", {}, { callId: "c1" });
    const first = engine.output("c1", { a: 1 });
    expect(engine.output("c1", { a: 1 })).toEqual(first);
    expect(() => engine.output("c1", { a: 2 })).toThrow(/other content/);
  });

  test("warns and goes on at level warn, and counts what went on", () => {
    const engine = started({ guards: guardsOf({ tool_budget: { level: "warn", total: 1 } }) });
    expect(engine.call("a").decision.verdict).toBe("ALLOW");
    const second = engine.call("b");
    expect(second.decision).toMatchObject({ verdict: "WARN", allowed: true, advice: ["wrap_up"] });
    expect(second.reason).toBe("total budget exceeded: 2 > 1");
    expect(engine.call("c").reason).toBe("total budget exceeded: 3 > 1");
  });

  test("keeps the books of a shadow guard apart, and never counts what it says", () => {
    const engine = started({
      guards: guardsOf({ tool_budget: { level: "block", mode: "shadow", total: 1 } }),
    });
    expect(engine.call("a").decision.findings).toEqual([]);
    for (const tool of ["b", "c"]) {
      const answer = engine.call(tool);
      expect(answer).toMatchObject({ stoppedAt: undefined, reason: undefined });
      expect(answer.decision).toMatchObject({ verdict: "ALLOW", allowed: true, advice: [] });
      expect(answer.decision.findings).toMatchObject([
        { shadow: true, verdict: "BLOCK", message: "total budget exceeded: 2 > 1" },
      ]);
    }
  });

  test("keeps what bounds a session over a restart, and over a restart of the machine", async () => {
    const engine = started({ guards: guardsOf({ tool_budget: { level: "block", total: 2 } }) });
    engine.call("a", {}, { callId: "c1" });
    engine.call("b", {}, { callId: "c2" });
    await engine.save();
    for (const options of [{}, { bootId: "other", monoMs: 7 }]) {
      const again = engine.again(1_000, options);
      expect(again.world.toolCalls.slots("all\ndefault")).toBe(2);
      expect(reasons(again.call("c"))).toEqual(["TOOL_BUDGET"]);
      expect(again.output("c1", {}).decision.allowed).toBe(true);
    }
  });

  test("shares a session among a whole tree", () => {
    const engine = started({ guards: guardsOf({ tool_budget: { level: "block", total: 1 } }) });
    engine.register("child", { parentId: "run" });
    expect(engine.call("a", {}, { executionId: "child" }).decision.allowed).toBe(true);
    expect(engine.call("b").decision.allowed).toBe(false);
  });
});
