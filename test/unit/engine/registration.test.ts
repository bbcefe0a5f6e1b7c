// The table of registrations, concurrency, trees and ids that try to be something else.
import { describe, expect, test } from "vitest";
import type { ErrorReason } from "../../../src/domain/errors.ts";
import { TollgateError } from "../../../src/domain/errors.ts";
import type { CallerId, ExecutionId } from "../../../src/domain/ids.ts";
import { type EffectiveLimit, NO_OVERRIDES } from "../../../src/domain/limits.ts";
import {
  haltByOperator,
  pauseByOperator,
  resumeByOperator,
} from "../../../src/engine/executions/administer.ts";
import { registerExecution } from "../../../src/engine/executions/register.ts";
import {
  CALLER,
  Engine,
  messagesOf,
  policyOf,
  type RegisterFields,
  reasonsOf,
  STEP,
} from "./engine-fixture.ts";

function reasonOf(verb: () => unknown): ErrorReason | undefined {
  try {
    verb();
    return undefined;
  } catch (thrown) {
    if (!(thrown instanceof TollgateError)) throw thrown;
    return thrown.reason;
  }
}

describe("registerExecution", () => {
  const content: RegisterFields = {
    principal: { tenant: "acme", user: "ann" },
    session: "s",
    labels: { env: "prod", __proto__x: "1" },
    requested: { values: { max_steps: 5n } },
  };

  test("the same id and content rejoins and says the state, while it runs, is paused or is halted", () => {
    const engine = new Engine();
    engine.register("e", content);
    expect(engine.register("e", content)).toMatchObject({
      rejoined: true,
      index: 0,
      decision: { verdict: "ALLOW" },
    });
    pauseByOperator(engine.world, 0, "op", undefined, engine.now);
    expect(engine.register("e", content).decision.verdict).toBe("PAUSE");
    haltByOperator(engine.world, 0, "op", undefined, engine.now);
    expect(engine.register("e", content).decision.verdict).toBe("BLOCK");
    expect(engine.world.executions.live).toBe(1);
  });

  test.each([
    ["principal", { principal: { tenant: "acme", user: "bob" } }],
    ["session_id", { session: "t" }],
    ["labels", { labels: { env: "test" } }],
    ["limits", { requested: { values: { max_steps: 6n } } }],
    ["discovered", { discovered: true }],
    ["parent", { parentId: "p" }],
  ] as const)("the same id with another %s is refused naming the field", (field, change) => {
    const engine = new Engine();
    engine.register("p", content);
    engine.register("e", content);
    expect(() => engine.register("e", { ...content, ...change })).toThrow(
      `is registered with another ${field}`,
    );
    expect(reasonOf(() => engine.register("e", { ...content, ...change }))).toBe("EXECUTION_CONFLICT");
  });

  test("another carve of the same child is refused, the same one rejoins, also after a restart", async () => {
    const engine = new Engine();
    engine.register("p");
    engine.register("c", { parentId: "p", carve: { steps: 5n } });
    expect(engine.register("c", { parentId: "p", carve: { steps: 5n } }).rejoined).toBe(true);
    expect(() => engine.register("c", { parentId: "p", carve: { steps: 4n } })).toThrow("another carve");
    expect(() => engine.register("c", { parentId: "p", carve: { steps: 5n }, carveMode: "floor" })).toThrow(
      "another carve",
    );
    await engine.save();
    expect(engine.restarted(1).register("c", { parentId: "p", carve: { steps: 5n } }).rejoined).toBe(true);
  });

  test("an id that has ended is refused while it is kept, and free afterwards", () => {
    const engine = new Engine();
    engine.register("e");
    engine.complete("e");
    expect(reasonOf(() => engine.register("e"))).toBe("EXECUTION_COMPLETED");
    engine.advance(3_600_000);
    expect(engine.register("e").rejoined).toBe(false);
    expect(engine.snapshot("e").steps).toBe(0n);
  });

  test("a parent must be known, run or be paused, and be at most 31 levels below the root", () => {
    const engine = new Engine({ limits: policyOf() });
    expect(reasonOf(() => engine.register("c", { parentId: "p" }))).toBe("PARENT_UNKNOWN");
    engine.register("p");
    pauseByOperator(engine.world, 0, "op", undefined, engine.now);
    expect(engine.register("c", { parentId: "p" }).index).toBe(1);
    haltByOperator(engine.world, 0, "op", undefined, engine.now);
    expect(reasonOf(() => engine.register("d", { parentId: "c" }))).toBe("PARENT_NOT_RUNNING");
    engine.register("x1");
    for (let level = 2; level <= 32; level++) engine.register(`x${level}`, { parentId: `x${level - 1}` });
    expect(reasonOf(() => engine.register("x33", { parentId: "x32" }))).toBe("PARENT_TOO_DEEP");
    engine.report("x32", { steps: 1n });
    expect(engine.snapshot("x1").steps).toBe(1n);
  });

  test("tenant and session are the parent's", () => {
    const engine = new Engine();
    engine.register("p", { principal: { tenant: "acme", user: "ann" }, session: "s" });
    expect(() => engine.register("c", { parentId: "p", principal: { tenant: "zeta" } })).toThrow(
      'must be the parent\'s, "acme"',
    );
    expect(() => engine.register("c", { parentId: "p", session: "t" })).toThrow(
      'session_id: must be the parent\'s, "s"',
    );
    engine.register("c", { parentId: "p", principal: { user: "bob" }, session: "s" });
    engine.register("d", { parentId: "p" });
    const { executions } = engine.world;
    expect(executions.record(engine.index("c")).principal).toEqual({ tenant: "acme", user: "bob" });
    expect(executions.record(engine.index("d"))).toMatchObject({
      principal: { tenant: "acme", user: "ann" },
      session: "s",
    });
  });

  test("P10: beyond max_live_executions nobody is registered; a completed one makes room", () => {
    const engine = new Engine({ maxLiveExecutions: 2 });
    engine.register("a");
    engine.register("b");
    expect(reasonOf(() => engine.register("c"))).toBe("EXECUTIONS_FULL");
    engine.complete("a");
    expect(engine.register("c").index).toBeGreaterThan(0);
  });

  test("a refused carve stores nothing; what is to be had is taken", () => {
    const engine = new Engine({ limits: policyOf({ max_steps: 10n }) });
    engine.register("p");
    const refused = engine.register("c", { parentId: "p", carve: { steps: 11n } });
    expect(reasonsOf(refused.decision)).toEqual(["CARVE_UNAVAILABLE"]);
    expect(messagesOf(refused.decision)).toEqual(["carve: step_limit exceeded: 11 / 10 (110%)"]);
    expect(engine.index("c")).toBe(-1);
    expect(engine.register("c", { parentId: "p", carve: { steps: 10n } }).decision.allowed).toBe(true);
    expect(engine.charge("p", STEP).allowed).toBe(false);
  });

  test("a resumed child whose carve is gone stays halted", () => {
    const engine = new Engine({ limits: policyOf({ max_steps: 10n }) });
    engine.register("p");
    engine.register("c", { parentId: "p", carve: { steps: 10n } });
    haltByOperator(engine.world, engine.index("c"), "op", undefined, engine.now);
    engine.charge("p", STEP);
    const refused = resumeByOperator(engine.world, engine.index("c"), "op", undefined, engine.now);
    expect(refused?.reason).toBe("CARVE_UNAVAILABLE");
    expect(engine.check("c", STEP).verdict).toBe("BLOCK");
  });
});

describe("max_concurrent_executions", () => {
  const one: EffectiveLimit = { value: 1n, mode: "enforce", onExceed: "block", tier: "tenant" };
  const ann = { tenant: "acme", user: "ann", agent: "coder" };

  test.each([
    ["tenant", { ...ann, user: "bob", agent: "other" }, { ...ann, tenant: "zeta" }],
    ["user", { ...ann, agent: "other" }, { ...ann, user: "bob" }],
    ["agent", { ...ann, user: "bob" }, { ...ann, agent: "other" }],
  ] as const)("by %s: counts active executions of the same one only", (level, same, other) => {
    const engine = new Engine({ limits: policyOf({}, { concurrency: { [level]: one } }) });
    engine.register("a", { principal: ann });
    const refused = engine.register("b", { principal: same });
    expect(reasonsOf(refused.decision)).toEqual(["CONCURRENCY_LIMIT"]);
    expect(refused.decision.findings[0]?.sourceId).toBe(`max_concurrent_executions.${level}`);
    expect(engine.register("c", { principal: other }).index).toBe(1);
  });

  const ASKS = { principal: ann, requested: { concurrency: { user: 2n } } };

  test("a registration may ask for less, and is judged by it alone", () => {
    const engine = new Engine({ limits: policyOf() });
    engine.register("a", { principal: ann });
    expect(engine.register("b", ASKS).index).toBe(1);
    const third = engine.register("c", ASKS);
    expect(messagesOf(third.decision)).toEqual(["concurrency_limit exceeded: 3 / 2 (150%)"]);
    expect(engine.register("d", { principal: ann }).index).toBe(2);
    const { concurrency } = engine.world.executions.record(1).limits;
    expect(concurrency).toMatchObject({ user: { value: 2n, tier: "session" } });
  });

  test("P6: a registration that asks for more gets what the policy gives", () => {
    const engine = new Engine({ limits: policyOf({}, { concurrency: { user: one } }) });
    engine.register("a", { principal: ann });
    expect(reasonsOf(engine.register("b", ASKS).decision)).toEqual(["CONCURRENCY_LIMIT"]);
  });

  test("what was asked for outlives a restart, and another wish is another registration", async () => {
    const engine = new Engine({ limits: policyOf() });
    engine.register("a", ASKS);
    await engine.save();
    const back = engine.restarted(1);
    expect(back.world.executions.record(0).limits.concurrency.user?.value).toBe(2n);
    expect(back.register("a", ASKS).rejoined).toBe(true);
    const other = { principal: ann, requested: { concurrency: { user: 3n } } };
    expect(reasonOf(() => back.register("a", other))).toBe("EXECUTION_CONFLICT");
  });

  test("a halted run frees its place, a paused one keeps it, and resuming needs one", () => {
    const engine = new Engine({ limits: policyOf({}, { concurrency: { tenant: one } }) });
    engine.register("a");
    pauseByOperator(engine.world, 0, "op", undefined, engine.now);
    expect(engine.register("b").index).toBe(-1);
    haltByOperator(engine.world, 0, "op", undefined, engine.now);
    expect(engine.register("b").index).toBe(1);
    expect(resumeByOperator(engine.world, 0, "op", undefined, engine.now)?.reason).toBe("CONCURRENCY_LIMIT");
    engine.complete("b");
    expect(resumeByOperator(engine.world, 0, "op", undefined, engine.now)).toBeUndefined();
  });

  test("a halt frees the places of the whole subtree; going on takes all of them again or none", async () => {
    const three = { ...one, value: 3n };
    const engine = new Engine({ limits: policyOf({}, { concurrency: { tenant: three } }) });
    const operate = (on: Engine, verb: typeof haltByOperator | typeof resumeByOperator, id: string) =>
      verb(on.world, on.index(id), "op", undefined, on.now);
    engine.register("root");
    engine.register("child", { parentId: "root" });
    engine.register("grandchild", { parentId: "child" });
    expect(engine.register("a").index).toBe(-1);
    operate(engine, haltByOperator, "child");
    operate(engine, haltByOperator, "root");
    operate(engine, haltByOperator, "grandchild");
    for (const id of ["a", "b", "c"]) expect(engine.register(id).decision.allowed).toBe(true);
    expect(engine.register("d").index).toBe(-1);
    // What goes on below a halted one takes its place when that goes on.
    expect(operate(engine, resumeByOperator, "child")).toBeUndefined();
    expect(operate(engine, resumeByOperator, "grandchild")).toBeUndefined();
    engine.complete("a");
    engine.complete("b");
    expect(operate(engine, resumeByOperator, "root")).toMatchObject({ reason: "CONCURRENCY_LIMIT" });
    await engine.save();
    const back = engine.restarted(1);
    back.complete("grandchild");
    expect(operate(back, resumeByOperator, "root")).toBeUndefined();
    expect(back.register("e").index).toBe(-1);
    back.complete("c");
    expect(back.register("e").decision.allowed).toBe(true);
    expect(back.register("f").index).toBe(-1);
    back.complete("root");
    for (const id of ["f", "g"]) expect(back.register(id).decision.allowed).toBe(true);
    expect(back.register("h").index).toBe(-1);
  });

  test("places are counted again after a restart", async () => {
    const engine = new Engine({ limits: policyOf({}, { concurrency: { tenant: one } }) });
    engine.register("a");
    await engine.save();
    expect(engine.restarted(1).register("b").index).toBe(-1);
  });
});

describe("names that try to be something else", () => {
  const odd = ["__proto__", "constructor", "toString", "hasOwnProperty"];

  test("executions, reservations, requests and reporters may be called anything", async () => {
    const engine = new Engine({ limits: policyOf() });
    for (const name of odd) {
      engine.register(name, {
        principal: { tenant: name, user: name },
        labels: Object.fromEntries([[name, name]]),
      });
      engine.charge(name, STEP, { requestId: name });
      engine.reserve(name, name, STEP);
      engine.settle(name, name, { steps: 1n });
      engine.report(name, { steps: 1n, step: { name, signature: name } }, { reporter: name });
    }
    await engine.save();
    const back = engine.restarted(1_000);
    for (const name of odd) {
      expect(back.snapshot(name)).toMatchObject({ steps: 3n, tenantId: name });
      const { labels } = back.world.executions.record(back.index(name));
      expect(Object.entries(labels)).toEqual([[name, name]]);
      expect(back.charge(name, STEP, { requestId: name }).allowed).toBe(true);
      expect(back.snapshot(name).steps).toBe(3n);
    }
  });

  test("another caller's ids are not found and not in the way", () => {
    const engine = new Engine({ limits: policyOf() });
    engine.register("e");
    const other = "other" as CallerId;
    const request = {
      executionId: "e" as ExecutionId,
      principal: undefined,
      labels: {},
      discovered: false,
      requested: NO_OVERRIDES,
    };
    const answer = registerExecution(engine.world, other, request, engine.now);
    expect(answer.rejoined).toBe(false);
    const below = { ...request, executionId: "c" as ExecutionId, parentId: "e" as ExecutionId };
    expect(registerExecution(engine.world, other, below, engine.now).index).toBe(2);
    expect(engine.world.executions.parent.get(2)).toBe(answer.index);
    expect(engine.world.executions.find(CALLER, "c")).toBe(-1);
  });
});
