// Every limit under its own code: the one that warns, from 80 % on, and the one that refuses.
import { describe, expect, test } from "vitest";
import type { EffectiveLimit } from "../../../../src/domain/limits.ts";
import {
  CALLER,
  Engine,
  type IntentFields,
  type LimitValues,
  policyOf,
  reasonsOf,
  STEP,
  USD,
} from "../engine-fixture.ts";

const PAGES: EffectiveLimit = { value: 10n, mode: "enforce", onExceed: "block", tier: "tenant" };

/** A limit of ten, what asks for eight of it, what asks for eleven, and the codes. */
const COUNTED: readonly (readonly [string, string, LimitValues, (amount: bigint) => IntentFields])[] = [
  ["TOKEN_LIMIT", "TOKEN_LIMIT_NEAR", { max_tokens: 10n }, (input) => ({ tokens: { input } })],
  [
    "COST_THRESHOLD",
    "COST_THRESHOLD_NEAR",
    { max_cost_usd: 10n * USD },
    (amount) => ({ costNanoUsd: amount * USD }),
  ],
  ["REQUEST_LIMIT", "REQUEST_LIMIT_NEAR", { max_requests: 10n }, (weight) => ({ weight })],
  ["TOOL_CALL_LIMIT", "TOOL_CALL_LIMIT_NEAR", { max_tool_calls: 10n }, (toolCalls) => ({ toolCalls })],
  [
    "MODIFICATION_LIMIT",
    "MODIFICATION_LIMIT_NEAR",
    { max_modifications_per_session: 10n },
    (modifications) => ({ modifications }),
  ],
  ["CUSTOM_LIMIT", "CUSTOM_LIMIT_NEAR", {}, (pages) => ({ custom: { pages } })],
];

/** Codes of limits among those of an answer: what it costs and what rules say is told beside them. */
const LIMIT_CODES = new Set(COUNTED.flatMap(([reason, near]) => [reason, near]));

describe("a limit on what is asked for", () => {
  test.each(COUNTED)("%s, above 100 %%, and %s, from 80 %% on", (reason, near, limits, asks) => {
    const policy = policyOf(limits, { custom: { pages: PAGES }, customCounters: ["pages"] });
    const engine = new Engine({ limits: policy });
    engine.register("e");
    const codesOf = (amount: bigint): readonly string[] =>
      reasonsOf(engine.check("e", asks(amount))).filter((one) => LIMIT_CODES.has(one));
    expect(codesOf(7n)).toEqual([]);
    expect(codesOf(8n)).toEqual([near]);
    expect(codesOf(10n)).toEqual([near]);
    expect(codesOf(11n)).toEqual([reason]);
  });
});

describe("a limit on where a run stands", () => {
  test("WALL_TIME_LIMIT_NEAR, then WALL_TIME_LIMIT", () => {
    const engine = new Engine({ limits: policyOf({ max_wall_time_ms: 10_000n }) });
    engine.register("e");
    engine.advance(8_000);
    expect(reasonsOf(engine.check("e"))).toEqual(["WALL_TIME_LIMIT_NEAR"]);
    engine.advance(3_001);
    expect(reasonsOf(engine.check("e"))).toEqual(["WALL_TIME_LIMIT"]);
  });

  test("IDLE_TIMEOUT_NEAR, then IDLE_TIMEOUT", () => {
    const engine = new Engine({ limits: policyOf({ idle_timeout_seconds: 10n }) });
    engine.register("e");
    engine.advance(8_000);
    expect(reasonsOf(engine.check("e"))).toEqual(["IDLE_TIMEOUT_NEAR"]);
    engine.advance(2_000);
    expect(reasonsOf(engine.check("e"))).toEqual(["IDLE_TIMEOUT"]);
  });

  test("MEMORY_LIMIT_NEAR, then MEMORY_LIMIT", () => {
    const engine = new Engine({ limits: policyOf({ max_memory_mb: 100n * 1_048_576n }) });
    engine.register("e");
    expect(reasonsOf(engine.reported("e", { memoryBytes: 80n * 1_048_576n }))).toEqual(["MEMORY_LIMIT_NEAR"]);
    expect(reasonsOf(engine.reported("e", { memoryBytes: 101n * 1_048_576n }))).toEqual(["MEMORY_LIMIT"]);
  });

  test("DISCOVERED_STEP_LIMIT_NEAR, then DISCOVERED_STEP_LIMIT", () => {
    const engine = new Engine({ limits: policyOf({ max_discovered_steps: 10n }) });
    engine.register("e");
    const discover = { step: { discovered: true, plannedOnly: true } };
    engine.report(
      "e",
      Array.from({ length: 7 }, () => discover),
    );
    expect(reasonsOf(engine.check("e", discover))).toEqual(["DISCOVERED_STEP_LIMIT_NEAR"]);
    engine.report("e", [discover, discover, discover]);
    expect(reasonsOf(engine.check("e", discover))).toEqual(["DISCOVERED_STEP_LIMIT"]);
  });

  test("DISCOVERY_DEPTH_LIMIT, which never warns", () => {
    const engine = new Engine({ limits: policyOf({ max_discovery_depth: 2n }) });
    engine.register("e");
    engine.report("e", { depthDelta: 1 });
    expect(reasonsOf(engine.check("e", { ...STEP, entersDepth: true }))).toEqual([]);
    engine.report("e", { depthDelta: 1 });
    expect(reasonsOf(engine.check("e", { ...STEP, entersDepth: true }))).toEqual(["DISCOVERY_DEPTH_LIMIT"]);
  });
});

describe("reporters", () => {
  test("P10: 100,000 are remembered, one more is refused with REPORTERS_FULL", () => {
    const engine = new Engine({ limits: policyOf() });
    for (let made = 0; made < 100_000; made++)
      engine.report("unknown", [], { reporter: `r${made}`, principal: { agent: `a${made}` } });
    expect(() => engine.report("unknown", [], { reporter: "more", principal: { agent: "new" } })).toThrow(
      expect.objectContaining({ reason: "REPORTERS_FULL", message: expect.stringContaining("100000") }),
    );
  });

  test("P10: nobody has more than are left for all others", () => {
    const engine = new Engine({ limits: policyOf() });
    const open = (reporter: string, agent: string) =>
      engine.report("unknown", [], { reporter, principal: { agent } });
    for (let made = 0; made < 50_000; made++) open(`r${made}`, "greedy");
    expect(() => open("more", "greedy")).toThrow(
      expect.objectContaining({ reason: "REPORTERS_FULL", message: expect.stringContaining("50000") }),
    );
    open("other", "other");
    expect(engine.report("unknown", [], { reporter: "r0" }).duplicates).toBe(0);
    // A reporter that changes hands counts for whom it belongs to; one that is forgotten counts for nobody.
    open("r1", "other");
    expect(() => open("more", "greedy")).toThrow();
    open("r2", "other");
    open("more", "greedy");
    engine.advance(86_400_001);
    for (let sweeps = 0; sweeps < 60; sweeps++) engine.advance(10_000);
    expect(engine.world.reporters.size).toBe(0);
    expect(engine.world.reporters.hasRoom(CALLER, { agent: "greedy" })).toBe(true);
  });
});
