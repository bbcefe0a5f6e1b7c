import type { TextMatch } from "../../text-match.ts";
import { learnedWeigher } from "./learned-weigher.ts";
import { Tokens } from "./read-tokens.ts";
import { NEEDED } from "./weights.ts";

const tokens = new Tokens();

/**
 * Where the words of a text, taken together, read as an order against whom the agent answers to; undefined when they do not. `text`: without
 * accents and compatible forms.
 */
export function findWording(text: string): TextMatch | undefined {
  tokens.read(text);
  const weigher = learnedWeigher();
  const { weight, first, end } = weigher.weigh(tokens.hashes, tokens.count);
  if (weight < NEEDED) return undefined;
  let start = first;
  let last = end - 1;
  // What speaks against it at the borders of the window is not part of it.
  while (start < last && weigher.weightOf(tokens.hashes, start) <= 0) start += 1;
  while (last > start && weigher.weightOf(tokens.hashes, last) <= 0) last -= 1;
  return {
    kind: "wording",
    start: tokens.starts[start] as number,
    end: tokens.ends[last] as number,
  };
}
