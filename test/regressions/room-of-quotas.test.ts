import { expect, test } from "vitest";
import { MAX_AMOUNT } from "../../src/domain/amounts.ts";
import { createPriceBook } from "../../src/engine/prices/price-book.ts";
import { Engine, policyOf } from "../unit/engine/engine-fixture.ts";
import { quotasOf } from "../unit/engine/quotas/bounds-fixture.ts";

// The sum of all that was ever charged went beyond 64 bits and came back below zero: everybody's quota had room for ever.
test("P3: what one tenant claims to have used leaves the quota of another as it is", () => {
  const prices = createPriceBook([
    {
      provider: "p",
      model: "dear",
      prices: { tokens: { input: 100_000_000_000n, output: 0n }, request: 0n },
    },
  ]);
  const settings = { quotas: quotasOf({ tenant: { cost_usd: { hour: 10_000_000_000n } } }) };
  const engine = new Engine({ limits: policyOf({}), settings, prices });
  engine.register("victim", { principal: { tenant: "victim" } });
  engine.register("hostile", { principal: { tenant: "hostile" } });
  const spend = { costNanoUsd: 1_000_000_000n };
  expect(engine.charge("victim", spend).allowed).toBe(true);
  const claim = { tokens: { input: MAX_AMOUNT } };
  for (let at = 0; at < 12; at++) engine.report("hostile", claim, { provider: "p", model: "dear" });
  const allowed = Array.from({ length: 30 }, () => engine.charge("victim", spend).allowed);
  expect(allowed.filter(Boolean)).toHaveLength(9);
});
