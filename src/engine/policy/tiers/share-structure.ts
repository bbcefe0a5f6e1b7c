import { equalValues } from "../meet.ts";

/**
 * The same value as `made`, with every part that equals the one of `known` taken from there: what was compiled from a part
 * serves as long as its content stays the same.
 */
export function shareStructure<T>(known: unknown, made: T): T {
  return shareValue(known, made) as T;
}

function shareValue(known: unknown, made: unknown): unknown {
  if (typeof made !== "object" || made === null || typeof known !== "object" || known === null) return made;
  if (known === made || equalValues(known, made)) return known;
  if (Array.isArray(made))
    return Array.isArray(known) ? made.map((item, at) => shareValue(known[at], item)) : made;
  if (Array.isArray(known)) return made;
  const entries = Object.entries(made).map(
    ([key, part]) => [key, shareValue((known as Tree)[key], part)] as const,
  );
  return Object.fromEntries(entries);
}

interface Tree {
  readonly [key: string]: unknown;
}
