import { describe, expect, test } from "vitest";
import { STATE } from "../../../../src/domain/execution.ts";
import type { PolicyDocument } from "../../../../src/domain/policy/document.ts";
import { adjustByOperator } from "../../../../src/engine/executions/administer.ts";
import type { PolicySet } from "../../../../src/engine/policy/policy-set.ts";
import { isSweeping, swapPolicy } from "../../../../src/engine/policy/refresh-policy.ts";
import { createPolicySet } from "../../../../src/engine/policy/resolve-policy.ts";
import { Engine, messagesOf, reasonsOf, STEP } from "../engine-fixture.ts";
import { baselineOf, setOf, tenantOf } from "./policy-documents.ts";

interface Sections {
  readonly [section: string]: unknown;
}

/** An engine under a Baseline and documents of tenants "xto" and "uno". */
function under(baseline: Sections, xto: Sections = {}): Engine {
  return new Engine({ set: setOf(baselineOf(baseline), [tenantOf("xto", xto), tenantOf("uno", {})]) });
}

function swap(engine: Engine, set: PolicySet): void {
  const { policy } = engine.world;
  swapPolicy(engine.world, { ...policy, generation: policy.generation + 1, set });
}

function swapTo(engine: Engine, baseline: Sections, tenants: readonly PolicyDocument[] = []): void {
  swap(engine, setOf(baselineOf(baseline), tenants, engine.world.policy.set));
}

function register(
  engine: Engine,
  id: string,
  tenant = "xto",
  labels: { readonly [name: string]: string } = {},
) {
  return engine.register(id, { principal: { tenant }, labels });
}

function watch(engine: Engine, id: string) {
  const record = engine.world.executions.record(engine.index(id));
  engine.world.watched.add(record);
  return record;
}

describe("an execution", () => {
  test("is held to the policy of its tenant and its labels", () => {
    const overrides = [{ match: { district: "08A" }, set: { execution: { max_steps: 1 } } }];
    const engine = under(
      { execution: { max_steps: { default: 3, max: 5 } } },
      { execution: { max_steps: 2 }, overrides },
    );
    register(engine, "a", "xto");
    register(engine, "b", "xto", { district: "08A" });
    register(engine, "c", "uno");
    const allowed = (id: string) => {
      let steps = 0;
      while (engine.charge(id, STEP).allowed) steps++;
      return steps;
    };
    expect([allowed("a"), allowed("b"), allowed("c")]).toEqual([2, 1, 3]);
  });

  test("a refusal names tier, document and line", () => {
    const engine = new Engine({
      set: setOf(undefined, [tenantOf("xto", { execution: { max_steps: 0 } }, { "execution.max_steps": 4 })]),
    });
    register(engine, "a");
    expect(engine.check("a", STEP).findings[0]).toMatchObject({
      reason: "STEP_LIMIT",
      tier: "tenant",
      document: "xto.yaml",
      line: 4,
    });
  });

  test("labels that one intent adds tighten that intent alone, and replace none", () => {
    const overrides = [
      { match: { env: "prod" }, set: { execution: { max_steps: 1 } } },
      { match: { env: "dev" }, set: { execution: { max_steps: 0 } } },
    ];
    const engine = under({}, { execution: { max_steps: 5 }, overrides });
    register(engine, "a", "xto", {});
    engine.charge("a", STEP);
    expect(messagesOf(engine.charge("a", STEP, { labels: { env: "prod" } }))).toEqual([
      "step_limit exceeded: 2 / 1 (200%)",
    ]);
    expect(engine.charge("a", STEP).allowed).toBe(true);
    register(engine, "b", "xto", { env: "prod" });
    expect(engine.charge("b", STEP, { labels: { env: "dev" } }).allowed).toBe(true);
  });

  test("concurrent executions are bounded by tenant, user and agent", () => {
    const engine = under({ execution: { max_concurrent_executions: { tenant: 3, user: 2, agent: 1 } } });
    const start = (id: string, user: string, agent: string) =>
      reasonsOf(engine.register(id, { principal: { tenant: "xto", user, agent } }).decision);
    expect(start("a", "u1", "a1")).toEqual([]);
    expect(start("b", "u2", "a1")).toEqual(["CONCURRENCY_LIMIT"]);
    expect(start("c", "u1", "a2")).toEqual([]);
    expect(start("d", "u1", "a3")).toEqual(["CONCURRENCY_LIMIT"]);
    expect(start("e", "u2", "a3")).toEqual([]);
    expect(start("f", "u3", "a4")).toEqual(["CONCURRENCY_LIMIT"]);
  });

  test("an adjustment replaces every tier but the ceilings", () => {
    const engine = under(
      { execution: { max_steps: { default: 3, max: 50 } } },
      { execution: { max_steps: 2 } },
    );
    register(engine, "a");
    const adjust = (value: bigint) => {
      adjustByOperator(
        engine.world,
        engine.index("a"),
        { values: { max_steps: value }, custom: {} },
        "me",
        undefined,
        engine.now,
      );
    };
    expect(() => {
      adjust(51n);
    }).toThrow("limits.max_steps: 51 is above the ceiling 50");
    adjust(50n);
    const { max_steps } = engine.world.executions.record(engine.index("a")).limits.byKey;
    expect(max_steps).toMatchObject({ value: 50n, tier: "adjusted", ceiling: 50n });
  });
});

describe("tenants without a policy", () => {
  test("a document that never was good refuses everything of its tenant, and of no other", () => {
    const tenants = [{ tenant: "xto", file: undefined, api: undefined, isInvalid: true }];
    const engine = new Engine({ set: createPolicySet({ baseline: undefined, tenants }) });
    expect(reasonsOf(register(engine, "a", "xto").decision)).toEqual(["POLICY_INVALID"]);
    expect(register(engine, "b", "uno").decision.allowed).toBe(true);
  });

  test("`unknown_tenant: block` refuses who has no document", () => {
    const engine = under({ unknown_tenant: "block" });
    expect(reasonsOf(register(engine, "a", "nobody").decision)).toEqual(["TENANT_UNKNOWN"]);
    expect(register(engine, "b", "uno").decision.allowed).toBe(true);
    swapTo(engine, { unknown_tenant: "block" });
    expect(reasonsOf(engine.charge("b", STEP))).toEqual(["TENANT_UNKNOWN"]);
  });

  test("an unregistered execution is held to the policy of the tenant that its intent names", () => {
    const engine = under(
      { execution: { unregistered: { default: "block", max: "allow" } } },
      { execution: { unregistered: "allow" } },
    );
    const ask = (tenant: string) => engine.check("nobody", STEP, { principal: { tenant } });
    expect(ask("xto").allowed).toBe(true);
    expect(reasonsOf(ask("uno"))).toEqual(["EXECUTION_UNKNOWN"]);
  });
});

describe("a swap", () => {
  test("is seen at the next touch, counters stay, and who watches is told once", () => {
    const engine = under({ execution: { max_steps: 10 } });
    register(engine, "a");
    engine.charge("a", STEP);
    engine.charge("a", STEP);
    const record = watch(engine, "a");
    swapTo(engine, { execution: { max_steps: 2 } });
    expect(messagesOf(engine.charge("a", STEP))).toEqual(["step_limit exceeded: 3 / 2 (150%)"]);
    engine.settleDue();
    const told = record.events.filter(({ type }) => type === "LIMITS_CHANGED").map(({ message }) => message);
    expect(told).toEqual(["limits changed by policy: max_steps"]);
  });

  test("that changes nothing for an execution tells nobody and keeps its values", () => {
    const engine = under({ execution: { max_steps: 10 } });
    register(engine, "a", "uno");
    const record = watch(engine, "a");
    const { policy, limits } = record;
    const { tenants } = engine.world.policy.set;
    const documents = [...tenants.values()].map(({ file }) => file as PolicyDocument);
    const { baseline } = engine.world.policy.set;
    const same = baselineOf({ execution: { max_steps: 10 } });
    expect(baseline?.values).toEqual(setOf(same).baseline?.values);
    swap(engine, setOf(same, documents, engine.world.policy.set));
    engine.settleDue();
    expect(record.limits.byKey).toEqual(limits.byKey);
    expect(record.policy.settings).toBe(policy.settings);
    expect(record.events.some(({ type }) => type === "LIMITS_CHANGED")).toBe(false);
  });

  test("reaches executions that nobody touches: a shorter idle time ends them", () => {
    const engine = under({ execution: { idle_timeout_seconds: 1000 } });
    for (let number = 0; number < 90; number++) register(engine, `e${number}`);
    swapTo(engine, { execution: { idle_timeout_seconds: 5 } });
    expect(isSweeping(engine.world)).toBe(true);
    engine.settleDue();
    expect(isSweeping(engine.world)).toBe(false);
    engine.advance(5_000);
    const states = Array.from({ length: 90 }, (_, number) =>
      engine.world.executions.state.get(engine.index(`e${number}`)),
    );
    expect(new Set(states)).toEqual(new Set([STATE.halted]));
  });

  test("moves deadlines: an earlier one is armed, a later one looks again when it comes up", () => {
    const engine = under({
      execution: { max_wall_time_ms: { default: 60_000, max: 900_000 }, timeout_grace_ms: 1_000 },
    });
    register(engine, "a", "uno");
    const wall = (default_: number, grace: number) => {
      const execution = { max_wall_time_ms: { default: default_, max: 900_000 }, timeout_grace_ms: grace };
      swapTo(engine, { execution }, [tenantOf("uno", {})]);
      engine.settleDue();
    };
    const armed = engine.world.deadlines.size;
    wall(90_000, 1_000);
    expect(engine.world.deadlines.size).toBe(armed);
    engine.advance(61_002);
    expect(engine.world.executions.state.get(engine.index("a"))).toBe(STATE.running);
    wall(70_000, 0);
    engine.advance(8_998);
    expect(engine.world.executions.state.get(engine.index("a"))).toBe(STATE.running);
    engine.advance(1);
    expect(engine.world.executions.state.get(engine.index("a"))).toBe(STATE.halted);
  });

  test("a new custom counter may be reported at once, by the tenant that declares it", () => {
    const engine = under({});
    register(engine, "a");
    register(engine, "b", "uno");
    swapTo(engine, {}, [
      tenantOf("xto", { custom_counters: ["pages"], execution: { custom: { pages: 3 } } }),
    ]);
    expect(reasonsOf(engine.charge("a", { custom: { pages: 4n } }))).toEqual(["CUSTOM_LIMIT"]);
    expect(() => engine.charge("b", { custom: { pages: 1n } })).toThrow("custom_counters");
  });

  test("a restart takes up executions under the policy that is in force then", async () => {
    const engine = under({ execution: { max_steps: 10 } });
    register(engine, "a");
    engine.charge("a", STEP);
    await engine.save();
    const later = engine.restarted(0, { set: setOf(baselineOf({ execution: { max_steps: 1 } })) });
    expect(messagesOf(later.charge("a", STEP))).toEqual(["step_limit exceeded: 2 / 1 (200%)"]);
  });
});
