// Reports: what counts, what is refused, where late usage goes, usage that belongs to nobody.

import { describe, expect, test } from "vitest";
import { MAX_AMOUNT, MAX_COUNTER } from "../../../src/domain/amounts.ts";
import { HOUR_MS } from "../../../src/domain/time.ts";
import type { Usage } from "../../../src/domain/usage.ts";
import { counterPlace } from "../../../src/engine/executions/table/columns.ts";
import { Engine, messagesOf, policyOf, reasonsOf, START_WALL_MS } from "./engine-fixture.ts";

function started(limits = policyOf({}, { customCounters: ["pages"] })): Engine {
  const engine = new Engine({ limits });
  engine.register("e", { principal: { tenant: "acme" } });
  return engine;
}

/** Requests by start of the tenant's hour windows, in hours UTC. */
function requestsByHour({ windows }: Engine, level = "tenant"): { readonly [hour: number]: bigint } {
  const rows = [...windows.rows()].filter(
    (row) => windows.texts[row]?.level === level && windows.texts[row]?.period === "hour",
  );
  return Object.fromEntries(
    rows.map((row) => [
      new Date(windows.texts[row]?.startMs ?? 0).getUTCHours(),
      windows.spent[row * 16 + 5] as bigint,
    ]),
  );
}

function at(wallMs: number): Partial<Usage> {
  return {
    requests: 1n,
    occurredAt: { seconds: BigInt(Math.floor(wallMs / 1000)), nanos: (wallMs % 1000) * 1_000_000 },
  };
}

describe("what one report counts", () => {
  test("every amount is summed, at the execution, its ancestors and the windows of its principal", () => {
    const engine = started();
    engine.register("child", { parentId: "e" });
    const tokens = {
      input: 100n,
      output: 50n,
      cacheRead: 10n,
      cacheWrite: 20n,
      cacheWriteLong: 5n,
      reasoning: 30n,
      audioIn: 7n,
      audioOut: 8n,
    };
    const plain = {
      costNanoUsd: 5n,
      requests: 2n,
      cpuMillis: 3n,
      memoryMibMillis: 4n,
      toolCalls: 6n,
      modifications: 7n,
    };
    engine.report("child", {
      steps: 3n,
      tokens,
      ...plain,
      custom: { pages: 9n },
      extraCosts: [{ kind: "search", nanoUsd: 11n }],
    });
    const wanted = {
      steps: 3n,
      tokens,
      totalTokens: 150n,
      ...plain,
      costNanoUsd: 16n,
      custom: { pages: 9n },
    };
    expect(engine.snapshot("child")).toMatchObject(wanted);
    expect(engine.snapshot("e")).toMatchObject(wanted);
    expect(requestsByHour(engine)).toEqual({ 12: 2n });
  });

  test("a described step counts one, unless the report says how many or it is only planned", () => {
    const engine = started();
    engine.report("e", [
      { step: { name: "a" } },
      { step: { name: "b" }, steps: 3n },
      { step: { plannedOnly: true } },
    ]);
    expect(engine.snapshot("e")).toMatchObject({ steps: 4n, discoveredSteps: 1n });
  });

  test("quotas do not follow the tree: an ancestor's other user is not charged again", () => {
    const engine = started();
    engine.register("child", { parentId: "e", principal: { user: "bob" } });
    engine.report("child", { requests: 1n });
    engine.report("e", { requests: 1n });
    expect(requestsByHour(engine)).toEqual({ 12: 2n });
    expect(requestsByHour(engine, "user")).toEqual({ 12: 1n });
    expect(requestsByHour(engine, "global")).toEqual({ 12: 2n });
  });

  test("a counter stops at 2^62 and says COUNTER_SATURATED", () => {
    const engine = started();
    engine.world.executions.spent[counterPlace(0) + 5] = MAX_COUNTER - MAX_AMOUNT;
    expect(engine.reported("e", { requests: MAX_AMOUNT - 1n }).findings).toEqual([]);
    expect(reasonsOf(engine.reported("e", { requests: 2n }))).toEqual(["COUNTER_SATURATED"]);
    expect(engine.snapshot("e").requests).toBe(MAX_COUNTER);
    engine.report("e", { requests: MAX_AMOUNT });
    expect(engine.snapshot("e").requests).toBe(MAX_COUNTER);
    expect(engine.eventTypes("e")).toEqual(["WARNING"]);
  });
});

describe("invalid reports", () => {
  const tooLarge = MAX_AMOUNT + 1n;
  test.each<readonly [string, string, Partial<Usage>, Partial<Usage>]>([
    ["AMOUNT_TOO_LARGE", "steps", { steps: tooLarge }, { steps: MAX_AMOUNT }],
    ["AMOUNT_TOO_LARGE", "cpu_millis", { cpuMillis: tooLarge }, { cpuMillis: MAX_AMOUNT }],
    ["AMOUNT_TOO_LARGE", "memory_bytes", { memoryBytes: tooLarge }, { memoryBytes: MAX_AMOUNT }],
    ["AMOUNT_TOO_LARGE", "tokens.input", { tokens: { input: tooLarge } }, { tokens: { input: MAX_AMOUNT } }],
    ["AMOUNT_TOO_LARGE", "cost_nano_usd", { costNanoUsd: tooLarge }, { costNanoUsd: MAX_AMOUNT }],
    ["REPORT_REJECTED", "cost_nano_usd", { costNanoUsd: -1n }, { costNanoUsd: 0n }],
    ["AMOUNT_TOO_LARGE", "custom[pages]", { custom: { pages: tooLarge } }, { custom: { pages: MAX_AMOUNT } }],
    ["CUSTOM_COUNTER_UNKNOWN", "custom", { custom: { mails: 1n } }, { custom: { pages: 1n } }],
    ["CUSTOM_COUNTER_UNKNOWN", "custom", { custom: Object.fromEntries([["__proto__", 1n]]) }, { custom: {} }],
    [
      "REPORT_REJECTED",
      "tokens.cache_read",
      { tokens: { input: 9n, cacheRead: 10n } },
      { tokens: { input: 10n, cacheRead: 10n } },
    ],
    [
      "REPORT_REJECTED",
      "tokens.audio_in",
      { tokens: { input: 9n, cacheRead: 5n, audioIn: 5n } },
      { tokens: { input: 10n, cacheRead: 5n, audioIn: 5n } },
    ],
    [
      "REPORT_REJECTED",
      "tokens.reasoning",
      { tokens: { output: 9n, reasoning: 10n } },
      { tokens: { output: 10n, reasoning: 10n } },
    ],
    ["REPORT_REJECTED", "depth_delta", { depthDelta: -1_001 }, { depthDelta: 1_000 }],
    [
      "REPORT_REJECTED",
      "step.name",
      { step: { name: "x".repeat(129) } },
      { step: { name: "x".repeat(128) } },
    ],
    [
      "REPORT_REJECTED",
      "step.signature",
      { step: { signature: "x".repeat(1_025) } },
      { step: { signature: "x".repeat(1_024) } },
    ],
    [
      "REPORT_REJECTED",
      "settles_reservation_id",
      { settlesReservationId: "a b" },
      { settlesReservationId: "a-b" },
    ],
    [
      "REPORT_REJECTED",
      "occurred_at",
      { occurredAt: { seconds: -1n, nanos: 0 } },
      { occurredAt: { seconds: 0n, nanos: 999_999_999 } },
    ],
    [
      "REPORT_REJECTED",
      "extra_costs[0].nano_usd",
      { extraCosts: [{ kind: "k", nanoUsd: -1n }] },
      { extraCosts: [{ kind: "k", nanoUsd: 1n }] },
    ],
  ])(
    "%s in %s: it counts nowhere, uses its sequence up and is a violation; the rest counts",
    (reason, field, invalid, valid) => {
      const engine = started();
      const answer = engine.report("e", [
        { requests: 1n },
        { requests: 4n, ...invalid },
        { requests: 2n, ...valid },
      ]);
      expect(
        answer.rejected.map(({ sequence, problem }) => [sequence, problem.reason, problem.field]),
      ).toEqual([[2, reason, field]]);
      expect(answer.throughSequence).toBe(3);
      expect(engine.snapshot("e").requests).toBe(3n);
      engine.drain();
      expect(engine.violations.map((one) => one.finding.reason)).toContain("REPORT_REJECTED");
      expect(engine.report("e", [{}, {}, {}], { first: 1 }).duplicates).toBe(3);
    },
  );
});

describe("occurred_at", () => {
  const startOfHour = START_WALL_MS + HOUR_MS / 2;

  test("moves usage back into its window, at most late_tolerance, and never forward", () => {
    const engine = started();
    engine.advance(HOUR_MS / 2 + 60_000);
    engine.report("e", [at(startOfHour - 1), at(startOfHour), at(startOfHour + HOUR_MS)]);
    expect(requestsByHour(engine)).toEqual({ 12: 1n, 13: 2n });
    const late = engine.reported("e", at(engine.wallMs - 300_001));
    expect(reasonsOf(late)).toEqual(["LATE"]);
    expect(messagesOf(late)).toEqual(["occurred_at is older than late_tolerance; the usage was charged now"]);
    expect(engine.reported("e", at(engine.wallMs - 300_000)).findings).toEqual([]);
    expect(requestsByHour(engine)).toEqual({ 12: 2n, 13: 3n });
  });

  test("a report that only counts goes the same way in a message of many", () => {
    const engine = started();
    engine.advance(HOUR_MS / 2 + 60_000);
    engine.report(
      "e",
      Array.from({ length: 50 }, (_, place) => at(startOfHour + (place % 2 === 0 ? -1 : 1))),
    );
    expect(requestsByHour(engine)).toEqual({ 12: 25n, 13: 25n });
  });
});

describe("usage of executions that are not there", () => {
  test("an ended execution is charged with everything above it, marked LATE, and nothing is halted any more (P4)", () => {
    const engine = started(policyOf({ max_requests: 1n }));
    engine.register("child", { parentId: "e" });
    engine.complete("child");
    const decision = engine.reported("child", { requests: 2n });
    expect(reasonsOf(decision)).toContain("LATE");
    expect(engine.eventTypes("child")).toEqual(["COMPLETED"]);
    expect(engine.eventTypes("e")).toEqual(["HALT"]);
    expect([engine.snapshot("child").requests, engine.snapshot("e").requests]).toEqual([2n, 2n]);
  });

  test("an unknown one is charged to unattributed of the tenant of the hello (P4)", () => {
    const engine = started();
    const decision = engine.reported("nobody", { requests: 1n }, { principal: { tenant: "zeta" } });
    expect(reasonsOf(decision)).toEqual(["EXECUTION_UNKNOWN", "UNATTRIBUTED"]);
    expect(requestsByHour(engine, "unattributed")).toEqual({ 12: 1n });
    const { windows } = engine;
    expect([...windows.rows()].map((row) => windows.texts[row]?.name)).toContain("zeta");
    engine.drain();
    expect(engine.violations[0]).toMatchObject({ tenant: "zeta", executionId: "nobody" });
  });

  test("when it was used counts there too, at most late_tolerance ago", () => {
    const engine = started();
    const startOfHour = START_WALL_MS + HOUR_MS / 2;
    engine.advance(HOUR_MS / 2 + 60_000);
    const decision = engine.reported("nobody", [
      at(startOfHour - 1),
      at(startOfHour - 240_001),
      at(startOfHour),
      {},
      at(startOfHour - 240_000),
    ]);
    expect(decision.findings).toMatchObject([
      { reason: "EXECUTION_UNKNOWN" },
      { reason: "UNATTRIBUTED" },
      { reason: "LATE", sequence: 2 },
    ]);
    expect(requestsByHour(engine, "unattributed")).toEqual({ 12: 2n, 13: 2n });
    engine.report("nobody", { ...at(startOfHour - 1), custom: { pages: 3n } });
    const pages = [...engine.windows.rows()].flatMap((row) => {
      const { level, period, startMs = 0 } = engine.windows.texts[row] ?? {};
      const spent = engine.windows.custom[row]?.spent["pages"] ?? 0n;
      return level === "unattributed" && period === "hour" ? [[new Date(startMs).getUTCHours(), spent]] : [];
    });
    expect(Object.fromEntries(pages)).toEqual({ 12: 3n, 13: 0n });
  });

  test("a price that nobody knows is told there too", () => {
    const engine = started(policyOf({}, { unregistered: "allow" }));
    const decision = engine.reported("nobody", { tokens: { input: 1n } }, { provider: "p", model: "m" });
    expect(reasonsOf(decision)).toEqual(["UNATTRIBUTED", "PRICE_UNKNOWN"]);
  });

  test("where unregistered ones are allowed, the answer allows", () => {
    const engine = started(policyOf({}, { unregistered: "allow" }));
    expect(engine.reported("nobody", { requests: 1n })).toMatchObject({
      allowed: true,
      findings: [{ reason: "UNATTRIBUTED" }],
    });
  });
});
