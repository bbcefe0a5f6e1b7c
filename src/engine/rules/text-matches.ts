import type { Evidence } from "../../domain/decision.ts";
import { findPatternSpans, type PatternSet } from "../patterns/pattern-set.ts";
import { utf8Length } from "../texts/content-stream.ts";
import type { TextHints } from "../texts/text-hints.ts";
import type { TextMatch } from "../texts/text-match.ts";
import { findDetector } from "./detectors.ts";

/** Entries of evidence that one finding carries. */
const MAX_EVIDENCE = 100;

/** What a text rule finds, redacted: kind, place in bytes of UTF-8 and a keyed hash. `matched` are the ids whose pattern is found at all. */
export function findInText(
  patterns: PatternSet,
  ruleId: string,
  matched: ReadonlySet<string>,
  text: string,
  hash: (text: string) => string,
  hints?: TextHints,
): readonly Evidence[] {
  const matches: readonly TextMatch[] = matched.has(ruleId)
    ? findPatternSpans(patterns, ruleId, text).map((span) => ({ ...span, kind: ruleId }))
    : (findDetector(ruleId)?.find(text, hints) ?? []);
  return evidenceOf(matches.slice(0, MAX_EVIDENCE), text, hash);
}

function evidenceOf(matches: readonly TextMatch[], text: string, hash: (text: string) => string): Evidence[] {
  let bytes = 0;
  let at = 0;
  return matches.map(({ kind, start, end }) => {
    bytes += utf8Length(text, at, start);
    at = start;
    return {
      kind,
      offset: bytes,
      length: utf8Length(text, start, end),
      digest: hash(text.slice(start, end)),
    };
  });
}
