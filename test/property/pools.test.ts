// A budget divided among members, for any claims.
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type Claim, dividePool, MILLION } from "../../src/engine/pools/divide-pool.ts";

const money = fc.bigInt({ min: 0n, max: 1_000_000_000_000n });
const claim: fc.Arbitrary<Claim> = fc
  .record({
    weight: fc.oneof(fc.constant(MILLION), fc.bigInt({ min: 0n, max: 10n * MILLION })),
    floor: fc.oneof(fc.constant(0n), money),
    more: fc.oneof(fc.constant(1n << 62n), money),
    demand: fc.oneof(fc.constant(1n << 62n), money),
  })
  .map(({ weight, floor, more, demand }) => ({ weight, floor, ceiling: floor + more, demand }));
const claims = fc.array(claim, { minLength: 1, maxLength: 12 });

const sum = (amounts: readonly bigint[]) => amounts.reduce((all, one) => all + one, 0n);
const least = (one: bigint, other: bigint) => (one < other ? one : other);

describe("dividePool", () => {
  test("gives no more than there is unless the floors are more, no less than a floor, no more than a ceiling", () => {
    fc.assert(
      fc.property(money, claims, (total, all) => {
        const shares = dividePool(total, all);
        const floors = sum(all.map(({ floor }) => floor));
        expect(sum(shares) <= (floors > total ? floors : total)).toBe(true);
        for (const [at, share] of shares.entries()) {
          const { floor, ceiling } = all[at] as Claim;
          expect(share >= floor && share <= ceiling).toBe(true);
        }
      }),
    );
  });

  test("leaves nothing over that anybody with a weight could have", () => {
    fc.assert(
      fc.property(money, claims, (total, all) => {
        const shares = dividePool(total, all);
        const couldHave = all.some(
          ({ weight, ceiling }, at) => weight > 0n && (shares[at] as bigint) < ceiling,
        );
        // Each member may lose less than one smallest unit in each of the two rounds.
        expect(!couldHave || total - sum(shares) <= BigInt(2 * all.length)).toBe(true);
      }),
    );
  });

  test("nobody waits while another who weighs less than it has more than it must", () => {
    fc.assert(
      fc.property(money, claims, (total, all) => {
        const shares = dividePool(total, all);
        for (const [at, { weight, ceiling, demand }] of all.entries()) {
          const own = shares[at] as bigint;
          if (weight === 0n || own >= least(ceiling, demand)) continue;
          for (const [other, { weight: otherWeight, floor }] of all.entries()) {
            const share = shares[other] as bigint;
            const slack = (own + 1n) * (otherWeight > 0n ? otherWeight : 1n) + otherWeight + weight;
            expect(share <= floor || share * weight <= slack).toBe(true);
          }
        }
      }),
    );
  });
});
