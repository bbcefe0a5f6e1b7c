// Money against decimal.js with 200 digits.
import { Decimal } from "decimal.js";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { TokenUsage } from "../../src/domain/usage.ts";
import { costOf, divideHalfEven, type ModelPrices } from "../../src/engine/prices/price-book.ts";

const Wide = Decimal.clone({ precision: 200, rounding: Decimal.ROUND_HALF_EVEN });
const anyPrice = fc.bigInt({ min: 0n, max: 10n ** 15n });
const part = fc.bigInt({ min: 0n, max: 1n << 40n });

const prices: fc.Arbitrary<ModelPrices> = fc.record({
  request: fc.bigInt({ min: 0n, max: 10n ** 10n }),
  tokens: fc.record(
    {
      input: anyPrice,
      output: anyPrice,
      cache_read: anyPrice,
      cache_write: anyPrice,
      cache_write_long: anyPrice,
      reasoning: anyPrice,
      audio_in: anyPrice,
      audio_out: anyPrice,
    },
    { requiredKeys: ["input", "output"] },
  ),
});

/** Parts fit into their wholes. */
const tokens: fc.Arbitrary<TokenUsage> = fc
  .tuple(part, part, part, part, part, part, part, part)
  .map(([input, output, cacheRead, cacheWrite, cacheWriteLong, audioIn, reasoning, audioOut]) => ({
    input: input + cacheRead + cacheWrite + cacheWriteLong + audioIn,
    output: output + reasoning + audioOut,
    cacheRead,
    cacheWrite,
    cacheWriteLong,
    audioIn,
    reasoning,
    audioOut,
  }));

/** The formula of docs/limits.md, "Prices", in decimals; a part without a price costs what its whole costs. */
function decimalCost({ tokens: price, request }: ModelPrices, used: TokenUsage, requests: bigint): string {
  const input = price.input ?? 0n;
  const output = price.output ?? 0n;
  const parts: readonly (readonly [bigint | undefined, bigint | undefined, bigint])[] = [
    [used.cacheRead, price.cache_read, input],
    [used.cacheWrite, price.cache_write, input],
    [used.cacheWriteLong, price.cache_write_long, input],
    [used.audioIn, price.audio_in, input],
    [used.reasoning, price.reasoning, output],
    [used.audioOut, price.audio_out, output],
  ];
  let restOfInput = used.input ?? 0n;
  let restOfOutput = used.output ?? 0n;
  let total = new Wide(0);
  for (const [at, [amount, own, whole]] of parts.entries()) {
    if (at < 4) restOfInput -= amount ?? 0n;
    else restOfOutput -= amount ?? 0n;
    total = total.plus(new Wide(String(amount ?? 0n)).times(String(own ?? whole)));
  }
  total = total
    .plus(new Wide(String(restOfInput)).times(String(input)))
    .plus(new Wide(String(restOfOutput)).times(String(output)));
  const rounded = total.dividedBy(1_000_000).toDecimalPlaces(0, Decimal.ROUND_HALF_EVEN);
  return rounded.plus(new Wide(String(request)).times(String(requests))).toFixed(0);
}

describe("costOf", () => {
  test("the cost of a report is the formula in decimals, rounded half to even once", () => {
    fc.assert(
      fc.property(prices, tokens, fc.bigInt({ min: 0n, max: 1000n }), (book, used, requests) => {
        expect(costOf(book, used, requests).toString()).toBe(decimalCost(book, used, requests));
      }),
    );
  });

  test("a cost is never negative", () => {
    fc.assert(
      fc.property(prices, tokens, (book, used) => {
        expect(costOf(book, used, 0n)).toBeGreaterThanOrEqual(0n);
      }),
    );
  });
});

describe("divideHalfEven", () => {
  test("it rounds as decimal.js does", () => {
    const numerator = fc.bigInt({ min: 0n, max: 1n << 100n });
    fc.assert(
      fc.property(numerator, fc.constantFrom(2n, 10n, 1_000_000n, 7n), (top, bottom) => {
        const wanted = new Wide(String(top))
          .dividedBy(String(bottom))
          .toDecimalPlaces(0, Decimal.ROUND_HALF_EVEN);
        expect(divideHalfEven(top, bottom).toString()).toBe(wanted.toFixed(0));
      }),
    );
  });

  test.each([
    [5n, 10n, 0n],
    [15n, 10n, 2n],
    [25n, 10n, 2n],
    [26n, 10n, 3n],
    [24n, 10n, 2n],
  ])("%s / %s is %s", (top, bottom, wanted) => {
    expect(divideHalfEven(top, bottom)).toBe(wanted);
  });
});
