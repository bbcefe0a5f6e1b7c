// What a pattern of an operator may be: RE2, which matches in linear time, and small, since its size is the factor in
// front of that line. Judged when a policy is read, so that a bad one never reaches a request.
import { RE2JS, RE2JSException, RE2JSSyntaxException } from "re2js";

export interface PatternSource {
  /** Of the rule or setting that the pattern belongs to; unique in its set. */
  readonly id: string;
  /** RE2 syntax; searched anywhere in a text. */
  readonly pattern: string;
}

export interface PatternIssue {
  readonly id: string;
  /** UTF-16 units of the pattern before the place. */
  readonly position: number;
  readonly message: string;
}

/** Longer ones are lists, which belong into several patterns. */
export const PATTERN_MAX_LENGTH = 4_096;
/** Instructions of one compiled pattern; a counted repetition costs its count. The time per character grows with them. */
export const PATTERN_MAX_INSTRUCTIONS = 1_000;

/** Ignores case unless the pattern starts with `(?-i)`, which switches the flag off again. */
export const PATTERN_FLAGS = RE2JS.CASE_INSENSITIVE;

/** Patterns that were found good: a document that changes keeps most of them, and they are judged again with it. */
const good = new Set<string>();
let goodCharacters = 0;
/** Then all of them are forgotten. */
const GOOD_MAX_CHARACTERS = 1_048_576;

/** What is wrong with a pattern. */
export function findPatternIssue(source: PatternSource): PatternIssue | undefined {
  const { pattern } = source;
  if (good.has(pattern)) return undefined;
  const result = compilePattern(source);
  if (isPatternIssue(result)) return result;
  goodCharacters += pattern.length;
  if (goodCharacters > GOOD_MAX_CHARACTERS) {
    good.clear();
    goodCharacters = pattern.length;
  }
  good.add(pattern);
  return undefined;
}

/** A pattern that can be searched, or why not. */
export function compilePattern(source: PatternSource): RE2JS | PatternIssue {
  const { pattern } = source;
  if (pattern === "") return issueOf(source, 0, "is empty");
  if (pattern.length > PATTERN_MAX_LENGTH)
    return issueOf(source, PATTERN_MAX_LENGTH, `is longer than ${PATTERN_MAX_LENGTH} characters`);
  let compiled: RE2JS;
  try {
    compiled = RE2JS.compile(pattern, PATTERN_FLAGS);
  } catch (error) {
    if (!(error instanceof RE2JSException)) throw error;
    return placeOf(source, error);
  }
  const size = compiled.programSize();
  if (size > PATTERN_MAX_INSTRUCTIONS)
    return issueOf(source, 0, `compiles to ${size} instructions, allowed are ${PATTERN_MAX_INSTRUCTIONS}`);
  // Not by `test`: it builds an automaton for each pattern, where texts are searched by that of a whole set.
  if (compiled.matcher("").find())
    return issueOf(source, 0, "matches the empty text, so it would find everything");
  return compiled;
}

export function isPatternIssue(result: RE2JS | PatternIssue): result is PatternIssue {
  return !(result instanceof RE2JS);
}

function issueOf({ id }: PatternSource, position: number, what: string): PatternIssue {
  return { id, position, message: `pattern ${id} ${what}` };
}

function placeOf(source: PatternSource, error: RE2JSException): PatternIssue {
  if (!(error instanceof RE2JSSyntaxException)) return issueOf(source, 0, error.message);
  const fragment = error.getPattern() ?? "";
  const found = source.pattern.indexOf(fragment);
  // What is missing is missing at the end.
  const position = found === -1 ? source.pattern.length : found;
  return issueOf(source, position, `is no RE2: ${error.getDescription()} at character ${position}`);
}
