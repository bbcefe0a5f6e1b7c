// Shrunk failures about reports: sequences, prices, large numbers.
import { describe, expect, test } from "vitest";
import { MAX_AMOUNT, MAX_COUNTER } from "../../src/domain/amounts.ts";
import { createPriceBook } from "../../src/engine/prices/price-book.ts";
import { applyBatch, skipRange } from "../../src/engine/reports/apply-batch.ts";
import { getReporter } from "../../src/engine/reports/open-reporter.ts";
import { CALLER, Engine, policyOf, reasonsOf, USD, usageOf } from "../unit/engine/engine-fixture.ts";

const DEAR = createPriceBook([
  { provider: "p", model: "m", prices: { tokens: { input: 75n * USD, output: 75n * USD }, request: 0n } },
]);

describe("sequences", () => {
  test("P2: reports that are grouped anew when they are resent are duplicates, not changed content", () => {
    const engine = new Engine({ limits: policyOf() });
    engine.register("e");
    const report = (first: number, count: number) =>
      engine.report(
        "e",
        Array.from({ length: count }, (_, at) => ({ steps: BigInt(first + at) })),
        { first },
      );
    report(4, 2);
    report(3, 4);
    expect(report(3, 1).duplicates).toBe(1);
    expect(report(6, 1).duplicates).toBe(1);
    report(1, 2);
    expect(engine.snapshot("e").steps).toBe(21n);
  });

  test("P2: the same range under another route is changed content", () => {
    const engine = new Engine();
    engine.register("e");
    const send = (route: string) =>
      applyBatch(
        engine.world,
        row,
        [{ executionId: "e", route, firstSequence: 2n, usage: [usageOf({})] }],
        engine.now,
      );
    const row = getReporter(
      engine.world,
      CALLER,
      { reporterId: "r", epoch: 1n, durableSeen: 0, principal: undefined },
      engine.now,
    );
    send("/a");
    expect(send("/a").duplicates).toBe(1);
    expect(() => send("/b")).toThrow("other content");
  });

  test("unary calls charge what nobody registered to the principal that they name", () => {
    const engine = new Engine();
    engine.report("unknown", { steps: 1n }, { principal: { tenant: "acme" } });
    engine.report("unknown", { steps: 1n }, { principal: { tenant: "beta" } });
    engine.report("unknown", { steps: 1n });
    engine.drain();
    expect(engine.violations.map(({ tenant }) => tenant)).toEqual(["acme", "beta", "beta"]);
  });

  test("what was skipped and comes after all is a duplicate, before and after a restart", async () => {
    const engine = new Engine({ limits: policyOf() });
    engine.register("e");
    engine.report("e", { steps: 1n }, { first: 1 });
    const row = engine.world.reporters.find(CALLER, "reporter", 1n);
    if (row !== undefined) skipRange(engine.world, row, 3, 4, engine.now);
    expect(engine.report("e", [{ steps: 1n }, { steps: 1n }], { first: 3 }).duplicates).toBe(2);
    await engine.save();
    const restarted = engine.restarted(1_000);
    expect(restarted.report("e", [{ steps: 1n }, { steps: 1n }], { first: 3 }).duplicates).toBe(2);
    expect(restarted.report("e", { steps: 1n }, { first: 2 }).duplicates).toBe(0);
    expect(restarted.snapshot("e").steps).toBe(2n);
  });
});

describe("large numbers", () => {
  test("P12: a report that computes to more than 64 bits of money does not lower what was spent", () => {
    const engine = new Engine({ limits: policyOf(), prices: DEAR });
    engine.register("e");
    const huge = { tokens: { input: MAX_AMOUNT, output: MAX_AMOUNT } };
    let before = 0n;
    for (let times = 0; times < 6; times++) {
      engine.report("e", [huge, huge, huge], { provider: "p", model: "m" });
      const { costNanoUsd } = engine.snapshot("e");
      expect(costNanoUsd).toBeGreaterThanOrEqual(before);
      before = costNanoUsd;
    }
    expect(before).toBe(MAX_COUNTER);
    expect(reasonsOf(engine.check("e", { step: {} }))).toEqual([]);
    expect(reasonsOf(engine.reported("e", { steps: 1n }))).toEqual(["COUNTER_SATURATED"]);
  });

  test("P3: an estimate that computes to more than 64 bits of money is refused, not wrapped", () => {
    const engine = new Engine({ limits: policyOf({ max_cost_usd: 5n * USD }), prices: DEAR });
    engine.register("e");
    const decision = engine.charge("e", { provider: "p", model: "m", tokens: { input: MAX_AMOUNT } });
    expect(reasonsOf(decision)).toEqual(["COST_THRESHOLD", "COST_RULE_EXCEEDED"]);
    expect(engine.snapshot("e").costNanoUsd).toBe(0n);
  });
});

describe("prices of unknown models", () => {
  test("a part that only a cheap model prices costs at least what it costs as a part of the dear one's whole", () => {
    const prices = createPriceBook([
      {
        provider: "p",
        model: "dear",
        prices: { tokens: { input: 10n * USD, output: 20n * USD }, request: 0n },
      },
      {
        provider: "p",
        model: "cheap",
        prices: { tokens: { input: 5n * USD, output: 5n * USD, cache_read: USD }, request: 0n },
      },
    ]);
    const engine = new Engine({ limits: policyOf(), prices });
    engine.register("e");
    engine.report(
      "e",
      { tokens: { input: 1_000_000n, cacheRead: 1_000_000n } },
      { provider: "p", model: "new" },
    );
    expect(engine.snapshot("e").costNanoUsd).toBe(10n * USD);
  });
});

describe("usage of unknown executions", () => {
  test("discovered steps count in the tenant's windows too (P4)", () => {
    const engine = new Engine();
    engine.report("nobody", { step: { discovered: true } });
    const { windows } = engine;
    const rows = [...windows.rows()].filter((row) => windows.texts[row]?.level === "unattributed");
    expect(rows.map((row) => [windows.spent[row * 16], windows.spent[row * 16 + 1]])).toEqual([
      [1n, 1n],
      [1n, 1n],
      [1n, 1n],
    ]);
  });
});
