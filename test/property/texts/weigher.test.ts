// The heaviest window beside one that is added up anew for every window: what a window has twice counts once.
import * as fc from "fast-check";
import { expect, test } from "vitest";
import {
  FEATURE_COUNT,
  featureOf,
  featureOfPair,
  Weigher,
} from "../../../src/engine/texts/injection/learned/weigher.ts";

const WINDOW = 64;
/** So few words that none of their features share a place. */
const words = fc.uniqueArray(fc.integer(), { minLength: 1, maxLength: 5 }).filter(haveOwnPlaces);

function haveOwnPlaces(hashes: readonly number[]): boolean {
  const features = new Set(
    hashes.flatMap((hash) => [
      featureOf(hash),
      ...[0, ...hashes].map((before) => featureOfPair(before, hash)),
    ]),
  );
  return new Set([...features].map((feature) => feature & 4_095)).size === features.size;
}

function featuresAt(hashes: readonly number[], at: number): readonly number[] {
  const hash = hashes[at] as number;
  return [featureOf(hash), featureOfPair(hashes[at - 1] ?? 0, hash)];
}

function heaviest(
  weights: Int8Array,
  hashes: readonly number[],
): { readonly sum: number; readonly end: number } {
  const window = Math.min(WINDOW, hashes.length);
  let most = { sum: Number.NEGATIVE_INFINITY, end: 0 };
  for (let end = window; end <= hashes.length; end += 1) {
    const features = new Set<number>();
    for (let at = end - window; at < end; at += 1)
      for (const one of featuresAt(hashes, at)) features.add(one);
    const sum = [...features].reduce((all, one) => all + (weights[one] as number), 0);
    if (sum > most.sum) most = { sum, end };
  }
  return most;
}

const text = words.chain((some) =>
  fc.tuple(
    fc.array(fc.constantFrom(...some), { minLength: 1, maxLength: 200 }),
    fc.array(fc.integer({ min: -127, max: 127 }), { minLength: 40, maxLength: 40 }),
  ),
);

test("the heaviest window is the one that weighs most, whatever was weighed before", () => {
  const weights = new Int8Array(FEATURE_COUNT);
  const weigher = new Weigher(weights);
  fc.assert(
    fc.property(text, ([hashes, values]) => {
      weights.fill(0);
      for (const [at] of hashes.entries())
        for (const feature of featuresAt(hashes, at)) weights[feature] = values[feature % 40] as number;
      const found = weigher.weigh(Int32Array.from(hashes), hashes.length);
      const { sum, end } = heaviest(weights, hashes);
      expect(found.end).toBe(end);
      expect(Math.sign(found.weight)).toBe(Math.sign(sum));
      // The same again, of a weigher that weighed nothing before.
      expect(new Weigher(weights).weigh(Int32Array.from(hashes), hashes.length)).toEqual(found);
    }),
    { numRuns: 300 },
  );
});
