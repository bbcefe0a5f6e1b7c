import { describe, expect, test } from "vitest";
import { SPENT, SPENT_STRIDE } from "../../../../src/domain/counters.ts";
import { UsageTotals } from "../../../../src/engine/reports/usage-totals.ts";
import { Engine, policyOf, reasonsOf, STEP, USD } from "../engine-fixture.ts";

function rowOf(steps: bigint, tokens = 0n): BigInt64Array {
  const row = new BigInt64Array(SPENT_STRIDE);
  row[SPENT.steps] = steps;
  row[SPENT.outputTokens] = tokens;
  return row;
}

describe("what was used, for metrics", () => {
  test("counts reports, settlements, intents and unattributed usage once each, by provider and model", () => {
    const engine = new Engine({ limits: policyOf({}, { unregistered: "allow" }) });
    const totals = engine.world.usageTotals;
    const tokens = { input: 3n, output: 2n };
    const of = { provider: "p", model: "m" };
    engine.register("e");
    engine.report("e", [{ steps: 1n, tokens, costNanoUsd: USD }, { steps: 1n }], of);
    // With a depth a report is charged by itself, not in a sum.
    engine.report("e", { steps: 1n, depthDelta: 1 }, of);
    engine.report("nobody", { steps: 1n }, of);
    engine.charge("e", { step: {}, ...of });
    engine.check("e", { step: {}, ...of });
    engine.reserve("e", "r", { step: {} });
    engine.settle("e", "r", { steps: 1n });
    expect(totals.sums()).toEqual([
      { labels: of, steps: 5n, tokens: 5n, costNanoUsd: USD },
      { labels: {}, steps: 1n, tokens: 0n, costNanoUsd: 0n },
    ]);
  });

  test("counts a price that nobody knows by provider", () => {
    const engine = new Engine();
    engine.register("e");
    engine.report("e", { tokens: { input: 1n } }, { provider: "p", model: "m" });
    engine.report("e", { tokens: { input: 1n } });
    engine.report("e", { tokens: { input: 1n }, costNanoUsd: 1n }, { provider: "p" });
    expect([...engine.world.usageTotals.unpriced()]).toEqual([
      ["p", 1],
      ["", 1],
    ]);
  });

  test("asks for no price where no token was used", () => {
    const engine = new Engine();
    engine.register("e");
    for (const tokens of [{}, { input: 0n, output: 0n }]) {
      expect(reasonsOf(engine.reported("e", { steps: 1n, tokens }, { provider: "p" }))).toEqual([]);
      expect(reasonsOf(engine.reported("e", { depthDelta: 1, tokens }))).toEqual([]);
      expect(reasonsOf(engine.charge("e", { ...STEP, tokens }))).toEqual([]);
    }
    expect([...engine.world.usageTotals.unpriced()]).toEqual([]);
    expect(reasonsOf(engine.reported("e", { tokens: { output: 1n } }))).toEqual(["PRICE_UNKNOWN"]);
  });

  test("tells tenants apart only where it is asked to", () => {
    for (const [byTenant, labels] of [
      [false, [{ model: "m" }]],
      [
        true,
        [
          { tenant: "a", model: "m" },
          { tenant: "b", model: "m" },
        ],
      ],
    ] as const) {
      const totals = new UsageTotals(byTenant);
      for (const tenant of ["a", "b", "a"]) totals.add({ principal: { tenant } }, undefined, "m", rowOf(1n));
      expect(totals.sums().map((sum) => sum.labels)).toEqual(labels);
    }
  });

  test("P10: keeps 100 models and 1,000 sums, and loses none of what is beyond", () => {
    const models = new UsageTotals(false);
    for (let round = 0; round < 2; round++)
      for (let at = 0; at < 150; at++)
        models.add({ principal: { tenant: "t" } }, "p", `m${at}`, rowOf(1n, 2n));
    expect(models.sums()).toHaveLength(101);
    expect(models.sums()[100]).toMatchObject({
      labels: { provider: "p", model: "other" },
      steps: 100n,
      tokens: 200n,
    });
    const sums = new UsageTotals(false);
    for (let at = 0; at < 2_000; at++)
      sums.add({ principal: { tenant: "t" } }, `p${at % 50}`, `m${Math.floor(at / 50)}`, rowOf(1n));
    expect(sums.sums().length).toBeLessThanOrEqual(1_001);
    expect(sums.sums().reduce((steps, sum) => steps + sum.steps, 0n)).toBe(2_000n);
  });
});
