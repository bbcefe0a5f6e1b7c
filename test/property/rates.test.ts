// A rate admits what it says, never more, for any requests at any times.
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { CidrTrie, parseAddress, parseRange } from "../../src/engine/rates/cidr-trie.ts";
import { advance, compileRate, type Rate, remainingOf, waitFor } from "../../src/engine/rates/gcra.ts";

const rate: fc.Arbitrary<Rate> = fc.record({
  rps: fc.oneof(fc.integer({ min: 1, max: 100_000 }), fc.constantFrom(1, 3, 7, 20, 250, 999)),
  burst: fc.integer({ min: 1, max: 500 }),
});
const requests = fc.array(
  fc.record({
    gapMs: fc.oneof(fc.nat({ max: 20 }), fc.double({ min: 0, max: 3000, noNaN: true })),
    weight: fc.integer({ min: 1, max: 40 }),
  }),
  { minLength: 1, maxLength: 200 },
);

describe("a rate", () => {
  test("admits at most burst + rps × t within any time t", () => {
    fc.assert(
      fc.property(rate, requests, fc.nat({ max: 2 ** 40 }), (given, asked, startMs) => {
        const compiled = compileRate(given);
        const admitted: { at: number; weight: number }[] = [];
        let now = startMs;
        let instant = 0;
        for (const { gapMs, weight } of asked) {
          now += gapMs;
          if (waitFor(compiled, instant, weight, now) !== 0) continue;
          instant = advance(compiled, instant, weight, now);
          admitted.push({ at: now, weight });
        }
        for (let from = 0; from < admitted.length; from++) {
          let sum = 0;
          for (let to = from; to < admitted.length; to++) {
            sum += (admitted[to] as { weight: number }).weight;
            const seconds =
              ((admitted[to] as { at: number }).at - (admitted[from] as { at: number }).at) / 1000;
            // One tick: an instant between two ticks is the earlier one.
            expect(sum).toBeLessThanOrEqual(given.burst + given.rps * (seconds + 2e-5));
          }
        }
      }),
      { numRuns: 60 },
    );
  });

  test("admits what it said it would after the wait it named, and what remains at once", () => {
    fc.assert(
      fc.property(rate, requests, (given, asked) => {
        const compiled = compileRate(given);
        let now = 1000;
        let instant = 0;
        for (const { gapMs, weight } of asked) {
          now += gapMs;
          const wait = waitFor(compiled, instant, weight, now);
          expect(wait === Number.POSITIVE_INFINITY).toBe(weight > given.burst);
          const remaining = remainingOf(compiled, instant, now);
          expect(wait === 0).toBe(weight <= remaining);
          if (wait === Number.POSITIVE_INFINITY) continue;
          expect(waitFor(compiled, instant, weight, now + wait)).toBe(0);
          expect(wait === 0 || waitFor(compiled, instant, weight, now + wait - 2) > 0).toBe(true);
          now += wait;
          instant = advance(compiled, instant, weight, now);
        }
      }),
    );
  });

  test("a bucket filled under another rate is empty at worst", () => {
    fc.assert(
      fc.property(rate, rate, fc.integer({ min: 1, max: 500 }), (before, after, weight) => {
        const instant = advance(compileRate(before), 0, Math.min(weight, before.burst), 5000);
        const wait = waitFor(compileRate(after), instant, 1, 5000);
        expect(wait).toBeLessThanOrEqual(Math.ceil(1000 / after.rps) + 1);
      }),
    );
  });
});

describe("address ranges", () => {
  const address = fc.oneof(fc.ipV4(), fc.ipV6());
  const ranges = fc.array(fc.tuple(address, fc.nat({ max: 128 })), { maxLength: 30 });

  test("the longest that contains an address is found, as by looking at all of them", () => {
    fc.assert(
      fc.property(ranges, address, (given, text) => {
        const trie = new CidrTrie<string>();
        const all = new Map<string, { readonly bytes: Uint8Array; readonly bits: number }>();
        for (const [base, wanted] of given) {
          const bytes = parseAddress(base);
          if (bytes === undefined) continue;
          const bits = Math.min(wanted, bytes.length * 8);
          const masked = bytes.map(
            (byte, at) => byte & (0xff << (8 - Math.max(0, Math.min(8, bits - at * 8)))),
          );
          const name = `${masked.join(".")}/${bits}`;
          all.set(name, { bytes: masked, bits });
          trie.set({ bytes: masked, bits }, name);
        }
        const wanted = parseAddress(text) as Uint8Array;
        const best = [...all]
          .filter(
            ([, range]) => range.bytes.length === wanted.length && isPrefix(range.bytes, range.bits, wanted),
          )
          .toSorted(([, a], [, b]) => b.bits - a.bits)[0]?.[0];
        expect(trie.find(wanted)).toBe(best);
      }),
    );
  });

  test("a range is read as it was written", () => {
    fc.assert(
      fc.property(fc.ipV4(), fc.nat({ max: 32 }), (text, bits) => {
        const range = parseRange(`${text}/${bits}`);
        const bytes = parseAddress(text) as Uint8Array;
        const rest = [...bytes]
          .map((byte) => byte.toString(2).padStart(8, "0"))
          .join("")
          .slice(bits);
        expect(range === undefined).toBe(rest.includes("1"));
      }),
    );
  });
});

function isPrefix(range: Uint8Array, bits: number, address: Uint8Array): boolean {
  for (let bit = 0; bit < bits; bit++)
    if ((((range[bit >> 3] as number) ^ (address[bit >> 3] as number)) >> (7 - (bit & 7))) & 1) return false;
  return true;
}
