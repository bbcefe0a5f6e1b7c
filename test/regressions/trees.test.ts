// Shrunk failures about trees, carves and what ends.

import { describe, expect, test } from "vitest";
import {
  adjustByOperator,
  haltByOperator,
  resumeByOperator,
} from "../../src/engine/executions/administer.ts";
import { Engine, messagesOf, policyOf, reasonsOf, STEP } from "../unit/engine/engine-fixture.ts";
import { policySetOf } from "../unit/engine/policy-fixture.ts";

describe("carves", () => {
  test("a child may use its carve when everything else above it is used up (P3)", () => {
    const engine = new Engine({ limits: policyOf({ max_steps: 10n }) });
    engine.register("root");
    engine.register("child", { parentId: "root", carve: { steps: 5n } });
    for (let taken = 0; taken < 5; taken++) expect(engine.charge("root", STEP).allowed).toBe(true);
    expect(messagesOf(engine.charge("root", STEP))).toEqual(["step_limit exceeded: 11 / 10 (110%) (held 5)"]);
    for (let taken = 0; taken < 5; taken++) expect(engine.charge("child", STEP).allowed).toBe(true);
    expect(messagesOf(engine.charge("child", STEP))).toEqual([
      "step_limit exceeded: 6 / 5 (120%)",
      "step_limit exceeded: 11 / 10 (110%)",
    ]);
    expect(engine.snapshot("root").steps).toBe(10n);
  });

  test("what remains for a child is what is left of its carve", () => {
    const engine = new Engine({ limits: policyOf({ max_steps: 10n }) });
    engine.register("root");
    engine.register("child", { parentId: "root", carve: { steps: 5n } });
    engine.reported("root", { steps: 5n });
    const { remaining } = engine.check("child", STEP, { detail: "REMAINING" });
    expect(remaining).toEqual([{ unit: "steps", amount: { kind: "count", value: 5n } }]);
  });

  test("an open hold keeps its place over a halt and is not taken a second time when the run is resumed", () => {
    const engine = new Engine({ limits: policyOf({ max_steps: 20n }) });
    engine.register("root");
    engine.register("child", { parentId: "root", carve: { steps: 10n } });
    engine.reserve("child", "r", STEP);
    haltByOperator(engine.world, engine.index("child"), "op", undefined, engine.now);
    expect(
      resumeByOperator(engine.world, engine.index("child"), "op", undefined, engine.now),
    ).toBeUndefined();
    const { remaining } = engine.check("root", STEP, { detail: "REMAINING" });
    expect(remaining).toEqual([{ unit: "steps", amount: { kind: "count", value: 10n } }]);
    engine.release("child", "r");
    engine.complete("child");
    expect(engine.check("root", STEP, { detail: "REMAINING" }).remaining[0]?.amount).toEqual({
      kind: "count",
      value: 20n,
    });
  });

  test("a carve inside a carve that caps cannot be larger than it", () => {
    const engine = new Engine({ limits: policyOf() });
    engine.register("root");
    engine.register("child", { parentId: "root", carve: { steps: 5n } });
    const refused = engine.register("grandchild", { parentId: "child", carve: { steps: 6n } });
    expect(refused.index).toBe(-1);
    expect(messagesOf(refused.decision)).toEqual(["carve: step_limit exceeded: 6 / 5 (120%)"]);
    expect(engine.register("grandchild", { parentId: "child", carve: { steps: 5n } }).index).toBeGreaterThan(
      0,
    );
  });

  test("usage above a carve that caps halts the child though nothing else limits it", () => {
    const engine = new Engine({ limits: policyOf() });
    engine.register("root");
    engine.register("child", { parentId: "root", carve: { steps: 1n } });
    engine.report("child", { steps: 2n });
    expect(engine.eventTypes("child")).toEqual(["HALT"]);
    expect(engine.check("root", STEP).allowed).toBe(true);
  });
});

describe("ends", () => {
  test("memory that a report names after the end is in nobody's use", () => {
    const engine = new Engine({ limits: policyOf() });
    engine.register("root");
    engine.register("child", { parentId: "root" });
    engine.complete("child");
    engine.report("child", { memoryBytes: 1_000n });
    expect(engine.snapshot("root").memoryBytes).toBe(0n);
  });

  test("a full table forgets the oldest completed execution though older ones were forgotten by time (P10)", () => {
    const engine = new Engine({ limits: policyOf(), maxLiveExecutions: 2 });
    engine.register("old");
    engine.complete("old");
    engine.advance(3_600_001);
    for (const id of ["a", "b", "c", "d", "e", "f"]) {
      expect(engine.register(id).index).toBeGreaterThanOrEqual(0);
      engine.complete(id);
    }
    expect(engine.index("b")).toBe(-1);
    expect(engine.index("f")).toBeGreaterThanOrEqual(0);
  });

  test("the list of completed executions does not grow with those that time has taken (P10)", () => {
    const engine = new Engine({ limits: policyOf() });
    for (let run = 0; run < 5; run++) {
      engine.register(`e${run}`);
      engine.complete(`e${run}`);
      engine.advance(3_610_001);
    }
    expect(engine.world.completed.length).toBeLessThanOrEqual(1);
  });
});

describe("policies and operators above a child", () => {
  test("a policy that changed binds an ancestor before it is asked itself", () => {
    const engine = new Engine({ limits: policyOf({ max_steps: 10n }) });
    engine.register("root");
    engine.register("child", { parentId: "root", requested: { values: { max_steps: 3n } } });
    const set = policySetOf(policyOf({ max_steps: 1n }));
    engine.world.policy = { ...engine.world.policy, generation: 2, set };
    expect(engine.charge("child", STEP).allowed).toBe(true);
    expect(reasonsOf(engine.charge("child", STEP))).toEqual(["STEP_LIMIT", "STEP_LIMIT"]);
  });

  test("an operator can limit a custom counter that nobody limited before, within its ceiling", () => {
    const ceiling = { mode: "enforce", onExceed: "block", tier: "baseline", value: 5n, ceiling: 8n } as const;
    const more = { customCounters: ["pages", "mails"], custom: { mails: ceiling } };
    const engine = new Engine({ limits: policyOf({}, more) });
    engine.register("e");
    adjustByOperator(
      engine.world,
      engine.index("e"),
      { values: {}, custom: { pages: 1n, mails: 8n } },
      "op",
      undefined,
      engine.now,
    );
    expect(engine.charge("e", { custom: { pages: 1n } }).allowed).toBe(true);
    expect(messagesOf(engine.charge("e", { custom: { pages: 1n } }))).toEqual([
      "custom_limit exceeded: 2 / 1 (200%)",
    ]);
    const above = { values: {}, custom: { mails: 9n } };
    expect(() =>
      adjustByOperator(engine.world, engine.index("e"), above, "op", undefined, engine.now),
    ).toThrow("above the ceiling 8");
  });
});
