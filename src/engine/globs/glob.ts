// Globs over names of segments, as policies write them: `/v1/embeddings/*`, `tools.db.**`, `replace_*`.
//
// A pattern with `/` is split at `/`, any other at `.` and `/`. Inside a segment `*` stands for any characters, also none;
// a segment that is `**` stands for any number of segments, also none. A pattern that is `*` alone stands for everything,
// as people mean it. There is no escape. Upper and lower case differ. Matching needs no regular expression and at most
// (length of the pattern) × (length of the text) comparisons. Names without segments, as of users and models, have wildcards
// that stand for any characters at all: `gpt-*` is `gpt-4.1` too.

export interface Glob {
  readonly pattern: string;
  /** The text itself when the pattern has no wildcard: such globs can be looked up instead of tried. */
  readonly exact: string | undefined;
  /** Segments before the first one with a wildcard. */
  readonly prefix: readonly string[];
  /** Splits only at `/`. */
  readonly isPath: boolean;
  readonly segments: readonly string[];
  /** Patterns that must all match: what two tiers' patterns have in common is written `a&b`. */
  readonly all: readonly Glob[] | undefined;
}

const ANY = "**";

/** Joins patterns that must all match. Policies cannot write it: it comes from two lists that were met. */
const ALL_OF = "&";

export function compileGlob(pattern: string): Glob {
  if (pattern.includes(ALL_OF)) {
    const all = pattern.split(ALL_OF).map(compileGlob);
    return { pattern, exact: undefined, prefix: [], isPath: false, segments: [], all };
  }
  const isPath = pattern.includes("/");
  const segments = pattern === "*" ? [ANY] : splitSegments(pattern, isPath);
  const wild = segments.findIndex((segment) => segment.includes("*"));
  return {
    pattern,
    exact: wild < 0 ? pattern : undefined,
    prefix: wild < 0 ? segments : segments.slice(0, wild),
    isPath,
    segments,
    all: undefined,
  };
}

export function splitSegments(text: string, isPath: boolean): string[] {
  return isPath ? text.split("/") : text.split(/[./]/);
}

export function matchesGlob(glob: Glob, text: string): boolean {
  if (glob.exact !== undefined) return glob.exact === text;
  if (glob.all !== undefined) return glob.all.every((one) => matchesGlob(one, text));
  return matchSequence(glob.segments, splitSegments(text, glob.isPath), isAny, matchesSegment);
}

function isAny(segment: string): boolean {
  return segment === ANY;
}

function matchesSegment(pattern: string, segment: string): boolean {
  if (!pattern.includes("*")) return pattern === segment;
  return matchSequence(pattern, segment, isStar, isSame);
}

function isStar(character: string): boolean {
  return character === "*";
}

function isSame(one: string, other: string): boolean {
  return one === other;
}

interface Sequence {
  readonly length: number;
  readonly [place: number]: string;
}

/** Whether a name without segments matches: `*` stands for any characters. */
export function matchesWildcard(pattern: string, text: string): boolean {
  return matchesSegment(pattern, text);
}

/** Greedy matching of a sequence with wildcards: only the last wildcard ever has to take more. */
function matchSequence(
  pattern: Sequence,
  text: Sequence,
  isWild: (part: string) => boolean,
  matches: (part: string, piece: string) => boolean,
): boolean {
  let at = 0;
  let place = 0;
  let wildAt = -1;
  let wildPlace = 0;
  while (place < text.length) {
    if (at < pattern.length && isWild(pattern[at] as string)) {
      wildAt = at++;
      wildPlace = place;
    } else if (at < pattern.length && matches(pattern[at] as string, text[place] as string)) {
      at++;
      place++;
    } else if (wildAt >= 0) {
      at = wildAt + 1;
      place = ++wildPlace;
    } else return false;
  }
  while (at < pattern.length && isWild(pattern[at] as string)) at++;
  return at === pattern.length;
}

/** Many globs asked at once: exact ones by one look-up, the others one after the other. */
export interface GlobSet {
  readonly exact: ReadonlySet<string>;
  readonly wild: readonly Glob[];
}

export function compileGlobs(patterns: readonly string[]): GlobSet {
  const globs = patterns.map(compileGlob);
  return {
    exact: new Set(globs.flatMap((glob) => (glob.exact === undefined ? [] : [glob.exact]))),
    wild: globs.filter((glob) => glob.exact === undefined),
  };
}

/** The pattern that matches, or undefined. */
export function findGlob(set: GlobSet, text: string): string | undefined {
  if (set.exact.has(text)) return text;
  for (const glob of set.wild) if (matchesGlob(glob, text)) return glob.pattern;
  return undefined;
}

/** Names remembered by one set: beyond it all are forgotten. */
const REMEMBERED_MAX = 1_000;

/** Whether a pattern matches, for texts that come again and again such as names of arguments. */
export function rememberGlobs(set: GlobSet): (text: string) => boolean {
  const remembered = new Map<string, boolean>();
  return (text) => {
    const known = remembered.get(text);
    if (known !== undefined) return known;
    const matches = findGlob(set, text) !== undefined;
    if (remembered.size >= REMEMBERED_MAX) remembered.clear();
    remembered.set(text, matches);
    return matches;
  };
}
