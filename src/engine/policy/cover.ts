import type { TextFormat } from "../../domain/policy/shape.ts";

// Which pattern of names covers which: what lists of allowed things need to be met with one another. Covering is sound, not
// complete: a pattern that covers another lets through everything that the other one does. A term `a&b` of a list stands for
// what both patterns match: the exact meeting of two patterns of which neither covers the other.

/** Joins the patterns of a term; no pattern of a document may hold it. */
export const ALL_OF = "&";

export type Covers = (general: string, specific: string) => boolean;

export function coversOf(format: TextFormat): Covers {
  if (format === "glob") return coversGlob;
  if (format === "domain") return coversDomain;
  return isSame;
}

export function isSame(one: string, other: string): boolean {
  return one === other;
}

/** `*.example.com` covers every name below example.com; a name without a wildcard covers itself alone. */
function coversDomain(general: string, specific: string): boolean {
  if (general === specific || general === "*") return true;
  return general.startsWith("*.") && specific.endsWith(general.slice(1));
}

/** `*` stands for any characters of one segment, `**` as a segment for any segments, `*` alone for everything. */
export function coversGlob(general: string, specific: string): boolean {
  if (general === specific || general === "*" || general === "**") return true;
  if (specific === "*") return false;
  // A pattern with `/` splits at `/` alone: two patterns that split differently are compared as they stand.
  const isPath = general.includes("/");
  if (isPath !== specific.includes("/")) return false;
  const splitter = isPath ? "/" : ".";
  return coversSequence(general.split(splitter), specific.split(splitter), isAnySegments, coversSegment);
}

function isAnySegments(segment: string): boolean {
  return segment === "**";
}

function coversSegment(general: string, specific: string): boolean {
  if (general === specific) return true;
  if (specific === "**") return false;
  return coversSequence(general, specific, isStar, isSame);
}

function isStar(character: string): boolean {
  return character === "*";
}

/** Greedy, as for matching: a wildcard of the general side takes any pieces, wildcards of the other side too. */
function coversSequence(
  general: ArrayLike<string>,
  specific: ArrayLike<string>,
  isWild: (part: string) => boolean,
  covers: Covers,
): boolean {
  let at = 0;
  let place = 0;
  let wildAt = -1;
  let wildPlace = 0;
  while (place < specific.length) {
    const part = general[at];
    const piece = specific[place] as string;
    if (part !== undefined && isWild(part)) {
      wildAt = at++;
      wildPlace = place;
    } else if (part !== undefined && !isWild(piece) && covers(part, piece)) {
      at++;
      place++;
    } else if (wildAt >= 0) {
      at = wildAt + 1;
      place = ++wildPlace;
    } else return false;
  }
  while (at < general.length && isWild(general[at] as string)) at++;
  return at === general.length;
}

/** Sorted, without entries that another one covers: equal sets of names have equal lists. */
export function canonicalPatterns(patterns: readonly string[], covers: Covers): readonly string[] {
  return absorb(
    [...new Set(patterns)].map((pattern) => termOf(pattern.split(ALL_OF), covers)),
    covers,
  );
}

/** What both lists let through. */
export function intersectPatterns(
  left: readonly string[],
  right: readonly string[],
  covers: Covers,
): readonly string[] {
  const terms = new Set<string>();
  const exactRight = new Set(right.filter(isExact));
  const wildRight = right.filter((pattern) => !isExact(pattern));
  for (const one of left) {
    if (isExact(one) && exactRight.has(one)) terms.add(one);
    for (const other of isExact(one) ? wildRight : right) {
      const both = meetTerms(one, other, covers);
      if (both !== undefined) terms.add(both);
    }
  }
  return absorb([...terms], covers);
}

function isExact(pattern: string): boolean {
  return !pattern.includes("*") && !pattern.includes(ALL_OF);
}

/** Undefined when nothing can match both. */
function meetTerms(one: string, other: string, covers: Covers): string | undefined {
  const patterns = [...one.split(ALL_OF), ...other.split(ALL_OF)];
  const exact = patterns.find(isExact);
  if (exact !== undefined) return patterns.every((pattern) => covers(pattern, exact)) ? exact : undefined;
  return termOf(patterns, covers);
}

/** The patterns of a term that no other one of it makes needless. */
function termOf(patterns: readonly string[], covers: Covers): string {
  const sorted = [...new Set(patterns)].toSorted();
  return sorted
    .filter(
      (pattern, place) =>
        !sorted.some((other, at) => at !== place && isNeeded(other, at, pattern, place, covers)),
    )
    .join(ALL_OF);
}

/** Whether `other` says all that `pattern` does; of two that say the same the first stays. */
function isNeeded(other: string, at: number, pattern: string, place: number, covers: Covers): boolean {
  return covers(pattern, other) && (!covers(other, pattern) || at < place);
}

function absorb(terms: readonly string[], covers: Covers): readonly string[] {
  const sorted = [...new Set(terms)].toSorted();
  const wild = sorted.filter((term) => !isExact(term));
  return sorted.filter(
    (term) =>
      !wild.some(
        (other) =>
          other !== term &&
          coversTerm(other, term, covers) &&
          (!coversTerm(term, other, covers) || other < term),
      ),
  );
}

/** Whether everything that matches all of `specific` matches all of `general`. */
function coversTerm(general: string, specific: string, covers: Covers): boolean {
  const patterns = specific.split(ALL_OF);
  return general.split(ALL_OF).every((pattern) => patterns.some((other) => covers(pattern, other)));
}
