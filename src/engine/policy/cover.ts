import type { TextFormat } from "../../domain/policy/shape.ts";

// Which pattern of names covers which: what lists of allowed things need to be met with one another. Covering is sound, not
// complete: a pattern that covers another lets through everything that the other one does. A term `a&b` of a list stands for
// what both patterns match: the exact meeting of two patterns of which neither covers the other.

/** Joins the patterns of a term; no pattern of a document may hold it. */
export const ALL_OF = "&";

/** How the patterns of one format relate to one another. */
export interface PatternOrder {
  readonly covers: (general: string, specific: string) => boolean;
  /** Whether a pattern stands for itself alone. */
  readonly isExact: (pattern: string) => boolean;
  /** Whether nothing can match both, told of two patterns of which neither covers the other. */
  readonly areApart: (one: string, other: string) => boolean;
}

/** Undefined for formats whose texts stand for themselves. */
export function patternOrderOf(format: TextFormat): PatternOrder | undefined {
  if (format === "glob") return GLOB_ORDER;
  return format === "domain" ? DOMAIN_ORDER : undefined;
}

const GLOB_ORDER: PatternOrder = { covers: coversGlob, isExact: isPlain, areApart: areGlobsApart };
const DOMAIN_ORDER: PatternOrder = {
  covers: coversDomain,
  isExact: () => false,
  areApart: areDomainsApart,
};

function isSame(one: string, other: string): boolean {
  return one === other;
}

function isPlain(pattern: string): boolean {
  return !pattern.includes("*");
}

/** `example.com` covers itself and every name below it, `*.example.com` what is below. */
function coversDomain(general: string, specific: string): boolean {
  if (general === specific || general === "*") return true;
  if (isPlain(general)) return specific.endsWith(`.${general}`);
  return isDomainTree(general) && specific.endsWith(general.slice(1));
}

/** Whether a pattern is what is below one name. */
function isDomainTree(pattern: string): boolean {
  return pattern.startsWith("*.") && isPlain(pattern.slice(2));
}

/** Two names with everything below them lie within one another, or apart. */
function areDomainsApart(one: string, other: string): boolean {
  const [root, otherRoot] = [rootOf(one), rootOf(other)];
  if (root === undefined || otherRoot === undefined) return false;
  return !coversDomain(root, otherRoot) && !coversDomain(otherRoot, root);
}

/** The name below which everything lies that a pattern matches; undefined for one that ends in a wildcard. */
function rootOf(pattern: string): string | undefined {
  if (isPlain(pattern)) return pattern;
  const tail = pattern.slice(pattern.lastIndexOf("*") + 1);
  const dot = tail.indexOf(".");
  return dot < 0 ? undefined : tail.slice(dot + 1);
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
  covers: (part: string, piece: string) => boolean,
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
export function canonicalPatterns(patterns: readonly string[], order: PatternOrder): readonly string[] {
  return absorb(
    patterns.map((pattern) => termOf(pattern.split(ALL_OF), order)),
    order,
  );
}

/** What both lists let through. */
export function intersectPatterns(
  left: readonly string[],
  right: readonly string[],
  order: PatternOrder,
): readonly string[] {
  const isExact = (term: string) => isExactTerm(term, order);
  const terms = new Set<string>();
  const exactRight = new Set(right.filter(isExact));
  const wildRight = right.filter((pattern) => !isExact(pattern));
  for (const one of left) {
    if (isExact(one) && exactRight.has(one)) terms.add(one);
    for (const other of isExact(one) ? wildRight : right) {
      const both = meetTerms(one, other, order);
      if (both !== undefined) terms.add(both);
    }
  }
  return absorb([...terms], order);
}

function isExactTerm(term: string, order: PatternOrder): boolean {
  return !term.includes(ALL_OF) && order.isExact(term);
}

/** Undefined when nothing can match both. */
function meetTerms(one: string, other: string, order: PatternOrder): string | undefined {
  const { covers, isExact, areApart } = order;
  const patterns = [...one.split(ALL_OF), ...other.split(ALL_OF)];
  const exact = patterns.find(isExact);
  if (exact !== undefined) return patterns.every((pattern) => covers(pattern, exact)) ? exact : undefined;
  const term = termOf(patterns, order);
  const left = term.split(ALL_OF);
  const isEmpty = left.some((pattern, place) =>
    left.some((next, at) => at > place && areApart(pattern, next)),
  );
  return isEmpty ? undefined : term;
}

/** Whether two globs begin or end so differently that nothing can match both. */
function areGlobsApart(one: string, other: string): boolean {
  const [begin, end] = [one.slice(0, one.indexOf("*")), one.slice(one.lastIndexOf("*") + 1)];
  const [otherBegin, otherEnd] = [
    other.slice(0, other.indexOf("*")),
    other.slice(other.lastIndexOf("*") + 1),
  ];
  if (!begin.startsWith(otherBegin) && !otherBegin.startsWith(begin)) return true;
  return !end.endsWith(otherEnd) && !otherEnd.endsWith(end);
}

/** The patterns of a term that no other one of it makes needless. */
function termOf(patterns: readonly string[], { covers }: PatternOrder): string {
  const sorted = [...new Set(patterns)].toSorted();
  const needed = sorted.filter(
    (pattern, place) =>
      !sorted.some(
        (other, at) => at !== place && covers(pattern, other) && (!covers(other, pattern) || at < place),
      ),
  );
  return needed.join(ALL_OF);
}

function absorb(terms: readonly string[], order: PatternOrder): readonly string[] {
  const sorted = [...new Set(terms)].toSorted();
  const wild = sorted.filter((term) => !isExactTerm(term, order));
  return sorted.filter(
    (term) =>
      !wild.some(
        (other) =>
          other !== term &&
          coversTerm(other, term, order) &&
          (!coversTerm(term, other, order) || other < term),
      ),
  );
}

/** Whether everything that matches all of `specific` matches all of `general`. */
function coversTerm(general: string, specific: string, { covers }: PatternOrder): boolean {
  const patterns = specific.split(ALL_OF);
  return general.split(ALL_OF).every((pattern) => patterns.some((other) => covers(pattern, other)));
}
