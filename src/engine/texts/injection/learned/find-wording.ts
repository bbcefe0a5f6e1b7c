import type { TextMatch } from "../../text-match.ts";
import { learnedWeights } from "./learned-weights.ts";
import { Tokens } from "./read-tokens.ts";
import { featureOf, featureOfPair, Weigher } from "./weigher.ts";
import { NEEDED } from "./weights.ts";

const tokens = new Tokens();
const weigher = new Weigher(learnedWeights());

/**
 * Where the words of a text, taken together, read as an order against whom the agent answers to; undefined when they do not. `text`: without
 * accents and compatible forms.
 */
export function findWording(text: string): TextMatch | undefined {
  tokens.read(text);
  const { weight, first, end } = weigher.weigh(tokens.hashes, tokens.count);
  if (weight < NEEDED) return undefined;
  let start = first;
  let last = end - 1;
  // What speaks against it at the borders of the window is not part of it.
  while (start < last && weightAt(start) <= 0) start += 1;
  while (last > start && weightAt(last) <= 0) last -= 1;
  return {
    kind: "wording",
    start: tokens.starts[start] as number,
    end: tokens.ends[last] as number,
  };
}

function weightAt(token: number): number {
  const weights = learnedWeights();
  const hash = tokens.hashes[token] as number;
  const before = token === 0 ? 0 : (tokens.hashes[token - 1] as number);
  return (weights[featureOf(hash)] as number) + (weights[featureOfPair(before, hash)] as number);
}
