import { FEATURE_COUNT } from "./weigher.ts";
import { PACKED } from "./weights.ts";

let weights: Int8Array | undefined;

/** What each feature weighs. Unpacked when first needed. */
export function learnedWeights(): Int8Array {
  weights ??= unpackWeights(PACKED);
  return weights;
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
