// Limits that are no plain counter: money that alerts, memory, depth, discovered steps, custom counters, time.
import { describe, expect, test } from "vitest";
import { BYTES_PER_MIB } from "../../../src/domain/amounts.ts";
import { Engine, firstOf, messagesOf, policyOf, reasonsOf, STEP, USD } from "./engine-fixture.ts";

describe("cost_alert_threshold_usd", () => {
  test("warns at 80 %, pauses once it is reached, whatever the estimate", () => {
    const engine = new Engine({ limits: policyOf({ cost_alert_threshold_usd: 5n * USD }) });
    engine.register("e");
    engine.report("e", { costNanoUsd: 4n * USD - 1n });
    expect(engine.check("e", { costNanoUsd: 10n * USD }).verdict).toBe("ALLOW");
    expect(messagesOf(engine.reported("e", { costNanoUsd: 1n }))).toEqual([
      "cost_threshold at 80%: 4.00 / 5.00",
    ]);
    engine.report("e", { costNanoUsd: USD - 1n });
    expect(engine.check("e", STEP).verdict).toBe("WARN");
    const decision = engine.reported("e", { costNanoUsd: 1n });
    expect(messagesOf(decision)).toEqual(["cost_threshold exceeded: 5.00 / 5.00 (100%)"]);
    expect(decision).toMatchObject({ verdict: "PAUSE", allowed: false, approvalIds: ["a1"] });
    expect(firstOf(decision)).toMatchObject({
      reason: "COST_THRESHOLD",
      sourceId: "cost_alert_threshold_usd",
    });
  });

  test("a hold that reaches it is allowed and pauses what comes next", () => {
    const engine = new Engine({ limits: policyOf({ cost_alert_threshold_usd: 5n * USD }) });
    engine.register("e");
    expect(engine.reserve("e", "r", { costNanoUsd: 5n * USD }).allowed).toBe(true);
    expect(messagesOf(engine.check("e", STEP))).toEqual([
      "cost_threshold exceeded: 5.00 / 5.00 (100%) (held 5.00)",
    ]);
    expect(engine.eventTypes("e")).toContain("PAUSE");
  });

  test("money is printed with 2 to 9 decimals", () => {
    const engine = new Engine({ limits: policyOf({ max_cost_usd: 5n * USD }) });
    engine.register("e");
    engine.report("e", { costNanoUsd: 5_120_000_001n });
    expect(messagesOf(engine.check("e", STEP))[0]).toBe("cost_threshold exceeded: 5.120000001 / 5.00 (102%)");
  });
});

describe("max_memory_mb", () => {
  const limits = policyOf({ max_memory_mb: 10n * BYTES_PER_MIB });

  test("warns at 80 %, allows the limit itself, refuses a byte more and says so in MiB rounded up", () => {
    const engine = new Engine({ limits });
    engine.register("e");
    expect(engine.reported("e", { memoryBytes: 8n * BYTES_PER_MIB - 1n }).verdict).toBe("ALLOW");
    expect(messagesOf(engine.reported("e", { memoryBytes: 8n * BYTES_PER_MIB }))).toEqual([
      "memory_limit at 80%: 8 / 10",
    ]);
    expect(engine.reported("e", { memoryBytes: 10n * BYTES_PER_MIB }).verdict).toBe("WARN");
    const above = engine.reported("e", { memoryBytes: 10n * BYTES_PER_MIB + 1n });
    expect(messagesOf(above)).toEqual(["memory_limit exceeded: 11 / 10 (100%)"]);
    expect(engine.reported("e", { memoryBytes: 0n }).verdict).toBe("ALLOW");
    expect(engine.eventTypes("e")).toEqual(["WARNING", "BLOCK"]);
  });

  test("is the sum of the last reports of the live members of the subtree", () => {
    const engine = new Engine({ limits });
    engine.register("root");
    engine.register("a", { parentId: "root" });
    engine.register("b", { parentId: "a" });
    engine.report("a", { memoryBytes: 6n * BYTES_PER_MIB });
    engine.report("b", [{ memoryBytes: 9n * BYTES_PER_MIB }, { memoryBytes: 5n * BYTES_PER_MIB }]);
    expect(engine.snapshot("root").memoryBytes).toBe(11n * BYTES_PER_MIB);
    expect(reasonsOf(engine.check("root", STEP))).toEqual(["MEMORY_LIMIT"]);
    engine.complete("b");
    expect(engine.snapshot("root").memoryBytes).toBe(6n * BYTES_PER_MIB);
  });
});

describe("max_discovery_depth", () => {
  test("allows its own number of levels, refuses one more, never warns, and blocks what goes deeper", () => {
    const engine = new Engine({ limits: policyOf({ max_discovery_depth: 5n }) });
    engine.register("e");
    engine.report("e", { depthDelta: 4 });
    expect(engine.charge("e", { entersDepth: true }).findings).toEqual([]);
    const decision = engine.charge("e", { entersDepth: true });
    expect(messagesOf(decision)).toEqual(["discovery_depth_limit exceeded: 6 / 5 (120%)"]);
    expect(engine.charge("e", STEP).allowed).toBe(true);
    expect(messagesOf(engine.reported("e", { depthDelta: 1 }))).toEqual([
      "discovery_depth_limit exceeded: 6 / 5 (120%)",
    ]);
    expect(engine.check("e", STEP).allowed).toBe(true);
    expect(engine.snapshot("e")).toMatchObject({ discoveryDepth: 6, maxDiscoveryDepth: 6 });
  });

  test("a discovered child starts one level below its parent, any other at its parent's", () => {
    const engine = new Engine({ limits: policyOf({ max_discovery_depth: 1n }) });
    engine.register("root");
    engine.register("planned", { parentId: "root" });
    engine.register("found", { parentId: "root", discovered: true });
    expect(["planned", "found"].map((id) => engine.snapshot(id).discoveryDepth)).toEqual([0, 1]);
    const refused = engine.register("deeper", { parentId: "found", discovered: true });
    expect(messagesOf(refused.decision)).toEqual(["discovery_depth_limit exceeded: 2 / 1 (200%)"]);
    expect(engine.index("deeper")).toBe(-1);
  });

  test("depth that was not entered cannot be left", () => {
    const engine = new Engine();
    engine.register("e");
    expect(reasonsOf(engine.reported("e", { depthDelta: -1 }))).toEqual(["DEPTH_UNDERFLOW"]);
    expect(engine.snapshot("e").discoveryDepth).toBe(0);
    expect(reasonsOf(engine.reported("e", [{ depthDelta: 2 }, { depthDelta: -2 }]))).toEqual([]);
  });
});

describe("max_discovered_steps", () => {
  const found = { step: { discovered: true } };

  test("warns at 80 %, refuses one more discovered step and lets others pass", () => {
    const engine = new Engine({ limits: policyOf({ max_discovered_steps: 10n }) });
    engine.register("e");
    for (let made = 0; made < 7; made++) expect(engine.charge("e", found).verdict).toBe("ALLOW");
    expect(messagesOf(engine.charge("e", found))).toEqual(["discovered_step_limit at 80%: 8 / 10"]);
    engine.charge("e", found);
    engine.charge("e", found);
    expect(messagesOf(engine.charge("e", found))).toEqual(["discovered_step_limit exceeded: 11 / 10 (110%)"]);
    expect(engine.charge("e", STEP).allowed).toBe(true);
  });

  test("a step that was announced counts as discovered once, when it is announced", () => {
    const engine = new Engine({ limits: policyOf() });
    engine.register("e");
    engine.charge("e", { step: { name: "a", plannedOnly: true, discovered: true } });
    engine.charge("e", { step: { name: "a", discovered: true } });
    engine.report("e", [
      { step: { name: "b", plannedOnly: true, discovered: true } },
      { step: { name: "b", discovered: true } },
    ]);
    expect(engine.snapshot("e")).toMatchObject({ steps: 2n, discoveredSteps: 2n });
    engine.report("e", { step: { name: "b", discovered: true } });
    expect(engine.snapshot("e")).toMatchObject({ steps: 3n, discoveredSteps: 3n });
  });
});

describe("custom counters", () => {
  const limit = { value: 10n, mode: "enforce", onExceed: "block", tier: "tenant" } as const;
  const limits = policyOf({}, { customCounters: ["pages", "free"], custom: { pages: limit } });

  test("warn, refuse and are summed up the tree like any other", () => {
    const engine = new Engine({ limits });
    engine.register("root");
    engine.register("child", { parentId: "root" });
    expect(engine.charge("child", { custom: { pages: 7n } }).findings).toEqual([]);
    expect(messagesOf(engine.charge("root", { custom: { pages: 1n } }))).toEqual([
      "custom_limit at 80%: 8 / 10",
    ]);
    engine.reserve("root", "r", { custom: { pages: 2n } });
    const refused = engine.charge("child", { custom: { pages: 1n } });
    expect(messagesOf(refused)).toEqual([
      "custom_limit exceeded: 11 / 10 (110%) (held 2)",
      "custom_limit at 80%: 8 / 10",
    ]);
    expect(firstOf(refused)).toMatchObject({
      sourceId: "custom.pages",
      executionId: "root",
      reason: "CUSTOM_LIMIT",
    });
    expect(engine.charge("child", { custom: { free: 1_000n } }).allowed).toBe(true);
    engine.settle("root", "r", { custom: { pages: 1n } });
    expect(engine.snapshot("root").custom).toEqual({ pages: 9n, free: 1_000n });
  });
});

describe("time limits", () => {
  test("wall time warns at 80 %, may pass 100 % within the grace and halts a millisecond after it", () => {
    const engine = new Engine({ limits: policyOf({ max_wall_time_ms: 60_000n }) });
    engine.register("e");
    engine.advance(47_999);
    expect(engine.check("e", STEP).findings).toEqual([]);
    engine.advance(1);
    expect(messagesOf(engine.check("e", STEP))).toEqual(["wall_time_limit at 80%: 48000 / 60000"]);
    engine.advance(13_000);
    expect(messagesOf(engine.check("e", STEP))).toEqual(["wall_time_limit at 101%: 61000 / 60000"]);
    engine.pass(1);
    const refused = engine.check("e", STEP);
    expect(messagesOf(refused)).toEqual(["wall_time_limit exceeded: 61001 / 60000 (101%)"]);
    expect(firstOf(refused)).toMatchObject({
      category: "timeout",
      retryable: false,
      reason: "WALL_TIME_LIMIT",
    });
    expect(engine.eventTypes("e")).toEqual([]);
    engine.settleDue();
    expect(engine.eventTypes("e")).toEqual(["HALT"]);
  });

  test("idle time warns at 80 % and halts when the timeout is reached", () => {
    const engine = new Engine({ limits: policyOf({ idle_timeout_seconds: 1_800n }) });
    engine.register("e");
    engine.advance(1_440_000);
    expect(messagesOf(engine.check("e", STEP))).toEqual(["idle_timeout at 80%: 1440 / 1800"]);
    engine.advance(359_999);
    expect(engine.check("e", STEP).allowed).toBe(true);
    engine.advance(1);
    expect(messagesOf(engine.check("e", STEP))).toEqual(["idle_timeout exceeded: 1800 / 1800 (100%)"]);
    expect(engine.eventTypes("e")).toEqual(["HALT"]);
  });
});

describe("max_modifications_per_session", () => {
  test("counts as reached where more happened than is remembered", () => {
    const engine = new Engine({ limits: policyOf({ max_modifications_per_session: 5_000n }) });
    engine.register("e");
    engine.report("e", { modifications: 999n });
    expect(engine.check("e", { modifications: 1n }).verdict).toBe("ALLOW");
    engine.report("e", { modifications: 4_001n });
    expect(reasonsOf(engine.check("e", { modifications: 1n }))).toEqual(["MODIFICATION_LIMIT"]);
  });
});
