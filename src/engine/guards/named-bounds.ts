import { compileGlob, type Glob, matchesGlob } from "../globs/glob.ts";
import { createMemo } from "../memos/memo.ts";

/** Numbers by patterns of names, compiled once per value of the policy. */
const compiled = createMemo<object, readonly (readonly [Glob, number])[]>();

/** The smallest number whose pattern matches `name`; undefined when none does. */
export function findLeastBound(
  byPattern: { readonly [pattern: string]: number },
  name: string,
): number | undefined {
  let bounds = compiled.get(byPattern);
  if (bounds === undefined) {
    bounds = Object.entries(byPattern).map(([pattern, bound]) => [compileGlob(pattern), bound] as const);
    compiled.set(byPattern, bounds);
  }
  let least: number | undefined;
  for (const [glob, bound] of bounds)
    if ((least === undefined || bound < least) && matchesGlob(glob, name)) least = bound;
  return least;
}
