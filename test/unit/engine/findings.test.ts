// What an answer says beside one limit: order, events, shadow, the file, executions nobody registered.
import { describe, expect, test } from "vitest";
import { remedyOf } from "../../../src/domain/decision.ts";
import { charge, check } from "../../../src/engine/intents/intents.ts";
import { createPriceBook } from "../../../src/engine/prices/price-book.ts";
import {
  askOf,
  CALLER,
  Engine,
  firstOf,
  messagesOf,
  policyOf,
  reasonsOf,
  STEP,
  USD,
} from "./engine-fixture.ts";

const custom = { pages: { value: 0n, mode: "enforce", onExceed: "block", tier: "tenant" } } as const;
const EVERYTHING = policyOf(
  {
    max_wall_time_ms: 10n,
    max_working_time_ms: 10n,
    max_steps: 0n,
    max_tokens: 0n,
    max_input_tokens: 0n,
    max_output_tokens: 0n,
    max_memory_mb: 0n,
    max_cost_usd: 0n,
    max_discovery_depth: 0n,
    max_discovered_steps: 0n,
    idle_timeout_seconds: 2n,
    max_same_step_repetitions: 0n,
    max_requests: 0n,
    max_tool_calls: 0n,
    max_modifications_per_session: 0n,
  },
  { customCounters: ["pages"], custom },
);

describe("order of findings", () => {
  test("state, wall time, steps, tokens, memory, cost, depth, discovered, idle, loop, then requests, tool calls, modifications, custom", () => {
    const engine = new Engine({ limits: EVERYTHING });
    engine.register("e");
    engine.world.executions.subtreeMemory.set(0, 1);
    engine.pass(3_000);
    const decision = engine.check("e", {
      step: { signature: "a", discovered: true },
      tokens: { input: 1n, output: 1n },
      costNanoUsd: 1n,
      entersDepth: true,
      weight: 1n,
      toolCalls: 1n,
      modifications: 1n,
      custom: { pages: 1n },
    });
    expect(decision.findings.map((one) => one.sourceId)).toEqual([
      "max_wall_time_ms",
      "max_working_time_ms",
      "max_steps",
      "max_tokens",
      "max_input_tokens",
      "max_output_tokens",
      "max_memory_mb",
      "max_cost_usd",
      "max_discovery_depth",
      "max_discovered_steps",
      "idle_timeout_seconds",
      "max_same_step_repetitions",
      "max_requests",
      "max_tool_calls",
      "max_modifications_per_session",
      "custom.pages",
    ]);
  });

  test("what refuses comes before what pauses, and that before what warns; the own limit before the parent's", () => {
    const engine = new Engine({
      limits: policyOf({ max_steps: 5n, max_tokens: 10n, cost_alert_threshold_usd: USD }),
    });
    engine.register("root");
    engine.register("child", { parentId: "root", requested: { values: { max_steps: 1n } } });
    engine.charge("child", { ...STEP, tokens: { input: 8n } });
    engine.charge("root", { costNanoUsd: USD });
    const decision = engine.check("child", STEP);
    expect(decision.findings.map((one) => [one.verdict, one.executionId, one.sourceId])).toEqual([
      ["BLOCK", "child", "max_steps"],
      ["PAUSE", "root", "cost_alert_threshold_usd"],
      ["WARN", "child", "max_tokens"],
      ["WARN", "root", "max_tokens"],
    ]);
    expect(decision.verdict).toBe("BLOCK");
  });

  test("P9: the remedy of a limit names the limit and who may change it", () => {
    const engine = new Engine({ limits: policyOf({ max_steps: 0n }) });
    engine.register("e");
    expect(remedyOf(firstOf(engine.check("e", STEP)))).toEqual({
      setting: "max_steps",
      role: "tenant administrator",
    });
  });
});

describe("events and violations", () => {
  test("a refused Charge is an event and a violation each time; a refused Check a violation once", () => {
    const engine = new Engine({ limits: policyOf({ max_steps: 0n }) });
    engine.register("e");
    for (let times = 0; times < 3; times++) engine.check("e", STEP);
    for (let times = 0; times < 2; times++) engine.charge("e", STEP);
    engine.drain();
    expect(engine.eventTypes("e")).toEqual(["BLOCK", "BLOCK"]);
    expect(engine.violations.map((one) => one.sequence)).toEqual([1, 2, 3]);
  });

  test("emit_warning_events and emit_block_events keep events back, never findings", () => {
    const limits = policyOf({ max_steps: 10n }, { emitWarningEvents: false, emitBlockEvents: false });
    const engine = new Engine({ limits });
    engine.register("e");
    expect(engine.reported("e", { steps: 8n }).verdict).toBe("WARN");
    engine.charge("e", STEP);
    engine.charge("e", STEP);
    expect(engine.charge("e", STEP).verdict).toBe("BLOCK");
    expect(engine.events("e")).toEqual([]);
  });

  test("the last 256 events of an execution are kept, their numbers grow by one", () => {
    const engine = new Engine({ limits: policyOf({ max_steps: 0n }) });
    engine.register("e");
    for (let times = 0; times < 300; times++) engine.charge("e", STEP);
    expect(engine.events("e").map((event) => event.number)).toEqual(
      Array.from({ length: 256 }, (_, at) => at + 45),
    );
  });
});

describe("a file that cannot be written", () => {
  test("answers say STORE_FAILING, and STORE_UNAVAILABLE once intents are refused; reports still count (P4 P8)", () => {
    const engine = new Engine({ limits: policyOf() });
    engine.register("e");
    engine.world.store.failing = true;
    expect(reasonsOf(engine.charge("e", STEP))).toEqual(["STORE_FAILING"]);
    engine.world.store.blocking = true;
    const refused = engine.charge("e", STEP);
    expect(reasonsOf(refused)).toEqual(["STORE_UNAVAILABLE", "STORE_FAILING"]);
    expect(refused).toMatchObject({ verdict: "BLOCK", retryAfterMs: 1_000 });
    expect(engine.register("f").index).toBe(-1);
    expect(engine.reserve("e", "r", STEP).allowed).toBe(false);
    engine.report("e", { steps: 1n });
    expect(engine.snapshot("e").steps).toBe(2n);
  });
});

describe("unregistered", () => {
  const principal = { tenant: "acme", user: "ann" };

  test("block refuses with EXECUTION_UNKNOWN", () => {
    const engine = new Engine();
    for (const decision of [
      engine.check("x", STEP),
      engine.charge("x", STEP),
      engine.reserve("x", "r", STEP),
    ]) {
      expect(messagesOf(decision)).toEqual(["execution x is not registered"]);
      expect(reasonsOf(decision)).toEqual(["EXECUTION_UNKNOWN"]);
    }
    expect(messagesOf(engine.charge("", STEP))).toEqual(["no execution is named"]);
    expect([...engine.windows.rows()]).toEqual([]);
  });

  test("allow counts the windows of the principal that the request names, and Check counts nothing", () => {
    const engine = new Engine({ limits: policyOf({}, { unregistered: "allow" }) });
    expect(check(engine.world, CALLER, askOf("x", STEP, { principal }), engine.now).allowed).toBe(true);
    expect([...engine.windows.rows()]).toEqual([]);
    expect(charge(engine.world, CALLER, askOf("x", STEP, { principal }), engine.now).allowed).toBe(true);
    const { windows } = engine;
    const levels = [...windows.rows()].map(
      (row) => `${windows.texts[row]?.level} ${windows.texts[row]?.name} ${windows.spent[row * 16]}`,
    );
    expect(new Set(levels)).toEqual(new Set(["global  1", "tenant acme 1", "user ann 1"]));
  });

  test("allow refuses a model without a price where the policy denies it", () => {
    const prices = createPriceBook([]);
    const engine = new Engine({
      limits: policyOf({}, { unregistered: "allow", unknownPrice: "deny" }),
      prices,
    });
    expect(reasonsOf(engine.charge("x", { tokens: { input: 1n } }))).toEqual(["PRICE_UNKNOWN"]);
    expect([...engine.windows.rows()]).toEqual([]);
  });
});

describe("what a finding tells of its numbers", () => {
  test("the part that is only held is named beside the whole", () => {
    const engine = new Engine({ limits: policyOf({ max_tokens: 100n }) });
    engine.register("e");
    engine.reserve("e", "r", { tokens: { input: 30n } });
    engine.charge("e", { tokens: { input: 50n } });
    const refused = firstOf(engine.check("e", { tokens: { input: 21n } }));
    expect(refused).toMatchObject({
      message: "token_limit exceeded: 101 / 100 (101%) (held 30)",
      held: { kind: "count", value: 30n },
    });
    engine.release("e", "r");
    expect(firstOf(engine.check("e", { tokens: { input: 51n } })).held).toBeUndefined();
  });

  test("the report that stopped a run is named by its sequence, as long as the run stands still", async () => {
    const engine = new Engine({ limits: policyOf({ max_steps: 5n }) });
    engine.register("e");
    const decision = engine.reported("e", [{ steps: 3n }, { steps: 3n }, { steps: 1n }]);
    expect(firstOf(decision)).toMatchObject({ reason: "STEP_LIMIT", sequence: 2 });
    await engine.save();
    expect(firstOf(engine.restarted(1).check("e", STEP))).toMatchObject({ sequence: 2 });
  });

  test("a note about one report names it, and so does a report that counts nowhere", () => {
    const engine = new Engine({ limits: policyOf() });
    engine.register("e");
    const decision = engine.reported("e", [{ steps: 1n }, { depthDelta: -1 }]);
    expect(firstOf(decision)).toMatchObject({ reason: "DEPTH_UNDERFLOW", sequence: 2 });
    engine.report("e", [{ steps: 1n }, { costNanoUsd: -1n }]);
    engine.drain();
    expect(engine.violations.at(-1)?.finding).toMatchObject({ reason: "REPORT_REJECTED", sequence: 4 });
  });
});
