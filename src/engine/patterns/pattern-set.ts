// Many patterns searched in one pass over a text. Compiling and warming a group takes about 14 ms, so it is done group by
// group, each in a turn of its own, by whoever holds the set: see `compileNext`.
import { type RE2JS, RE2Set } from "re2js";
import { WeakValues } from "../memos/weak-values.ts";
import {
  compilePattern,
  findPatternIssue,
  isPatternIssue,
  PATTERN_FLAGS,
  type PatternIssue,
  type PatternSource,
} from "./check-pattern.ts";

/** Patterns compiled in one turn. */
export const PATTERN_GROUP_SIZE = 30;
/** Bytes of states that one group may remember; beyond it states are made anew. */
const GROUP_MEMORY_BYTES = 4_194_304;
/** Spans kept of one pattern in one text: enough to redact and to show. */
export const PATTERN_MAX_SPANS = 1_000;

/** A stretch of a text, in UTF-16 units: from `start` to before `end`. */
export interface TextSpan {
  readonly start: number;
  readonly end: number;
}

interface Group {
  readonly ids: readonly string[];
  readonly set: RE2Set;
}

export interface PatternSet {
  readonly sources: readonly PatternSource[];
  readonly groups: readonly Group[];
  /** Patterns that were left out, once their group was compiled. */
  readonly issues: readonly PatternIssue[];
}

interface MutableSet extends PatternSet {
  readonly groups: Group[];
  readonly issues: PatternIssue[];
  /** Patterns that were found in a text, one by one: most never are, and compiled they take several kilobytes each. */
  readonly compiled: Map<string, RE2JS>;
  next: number;
}

const sets = new WeakValues<MutableSet>();

/** Nothing is compiled yet, unless a set of the same patterns is in use. */
export function createPatternSet(sources: readonly PatternSource[]): PatternSet {
  const text = JSON.stringify(sources.map(({ id, pattern }) => [id, pattern]));
  const known = sets.get(text);
  if (known !== undefined) return known;
  const set: MutableSet = { sources, groups: [], issues: [], compiled: new Map(), next: 0 };
  sets.set(text, set);
  return set;
}

/** Compiles and warms the next group; whether more are left. Patterns with an issue are left out and listed. */
export function compileNext(set: PatternSet): boolean {
  const mutable = set as MutableSet;
  const sources = set.sources.slice(mutable.next, mutable.next + PATTERN_GROUP_SIZE);
  mutable.next += sources.length;
  const group = new RE2Set(RE2Set.UNANCHORED, PATTERN_FLAGS, GROUP_MEMORY_BYTES);
  const ids: string[] = [];
  for (const source of sources) {
    const issue = findPatternIssue(source);
    if (issue !== undefined) mutable.issues.push(issue);
    else {
      group.add(source.pattern);
      ids.push(source.id);
    }
  }
  if (ids.length > 0) {
    group.compile();
    group.match(WARMING_TEXT);
    mutable.groups.push({ ids, set: group });
  }
  return isCompiling(set);
}

/** Holds the characters that texts are mostly made of, so that the first states exist before the first request. */
const WARMING_TEXT =
  'The quick brown fox jumps over the lazy dog; {"id": 1234567890, "name": "A-Z_a.z@example.com"} (é, 中, я)\n';

export function isCompiling(set: PatternSet): boolean {
  return (set as MutableSet).next < set.sources.length;
}

/** Ids of the patterns that are found in `text`, in the order of the set. Compiles first what is not compiled yet. */
export function matchPatterns(set: PatternSet, text: string): readonly string[] {
  while (isCompiling(set)) compileNext(set);
  const found: string[] = [];
  for (const group of set.groups)
    for (const index of group.set.match(text).sort((left, right) => left - right))
      found.push(group.ids[index] as string);
  return found;
}

/** Where the pattern `id` is found, without overlaps, first to last, at most PATTERN_MAX_SPANS. */
export function findPatternSpans(set: PatternSet, id: string, text: string): readonly TextSpan[] {
  while (isCompiling(set)) compileNext(set);
  const matcher = compiledAlone(set as MutableSet, id)?.matcher(text);
  const spans: TextSpan[] = [];
  while (spans.length < PATTERN_MAX_SPANS && matcher?.find() === true)
    if (matcher.end() > matcher.start()) spans.push({ start: matcher.start(), end: matcher.end() });
  return spans;
}

function compiledAlone({ compiled, sources }: MutableSet, id: string): RE2JS | undefined {
  const known = compiled.get(id);
  if (known !== undefined) return known;
  const source = sources.find((one) => one.id === id);
  const made = source && compilePattern(source);
  if (made === undefined || isPatternIssue(made)) return undefined;
  compiled.set(id, made);
  return made;
}
