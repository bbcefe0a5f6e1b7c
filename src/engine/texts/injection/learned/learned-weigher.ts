import { FEATURE_COUNT, Weigher } from "./weigher.ts";
import { PACKED } from "./weights.ts";

let learned: Weigher | undefined;

/** Made when first needed: a daemon without rules for texts does without. */
export function learnedWeigher(): Weigher {
  learned ??= new Weigher(unpackWeights(PACKED));
  return learned;
}

/** Pairs of bytes: how many places further on a feature is, and what it weighs; a pair that weighs nothing only goes further. */
function unpackWeights(packed: string): Int8Array {
  const bytes = atob(packed);
  const unpacked = new Int8Array(FEATURE_COUNT);
  let place = 0;
  for (let at = 0; at < bytes.length; at += 2) {
    place += bytes.charCodeAt(at);
    unpacked[place] = bytes.charCodeAt(at + 1);
  }
  return unpacked;
}
