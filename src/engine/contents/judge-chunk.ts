import { type Evidence, type Finding, isAllowed } from "../../domain/decision.ts";
import type { Content } from "../../domain/intent.ts";
import { findPatternSpans, matchPatterns } from "../patterns/pattern-set.ts";
import type { Rule } from "../rules/compile-rules.ts";
import { findDetector } from "../rules/detectors.ts";
import { fireOnText, type RuleQuestion, textRulesFor } from "../rules/judge-rules.ts";
import {
  type ContentStream,
  HOLD_BACK_MAX_BYTES,
  pushChunk,
  type StreamMatch,
} from "../texts/content-stream.ts";
import type { TextMatch } from "../texts/text-match.ts";

/** Entries of evidence that one finding carries. */
const MAX_EVIDENCE = 100;

/** The next chunk: what the rules find in it together with the end of what came before, and what may be shown. */
export function judgeChunk(
  stream: ContentStream,
  question: RuleQuestion,
  { text, direction }: Content,
  isLast: boolean,
): { readonly stream: ContentStream; readonly findings: readonly Finding[] } {
  const rules = textRulesFor(question, direction);
  const stops = new Set(rules.filter((rule) => refuses(question, rule, direction)).map(({ id }) => id));
  const step = pushChunk(stream, text, {
    isLast,
    holdBackBytes: stops.size === 0 ? 0 : HOLD_BACK_MAX_BYTES,
    find: (window) => findAll(question, rules, window),
    stops: ({ kind }) => stops.has(kind),
  });
  const findings = rules.flatMap((rule) => {
    const evidence = evidenceOf(step.matches, rule);
    return evidence.length === 0 ? [] : fireOnText(question, rule, direction, evidence);
  });
  return { stream: step.stream, findings };
}

/** Whether a match of this rule keeps the text from being shown. */
function refuses(question: RuleQuestion, rule: Rule, direction: Content["direction"]): boolean {
  const [finding] = fireOnText(question, rule, direction, []);
  return finding !== undefined && finding.shadow !== true && !isAllowed(finding.verdict);
}

/** Matches of all rules, each of the kind of its rule. */
function findAll(question: RuleQuestion, rules: readonly Rule[], text: string): readonly TextMatch[] {
  const { patterns } = question.rules;
  const matched = new Set(patterns.sources.length === 0 ? [] : matchPatterns(patterns, text));
  return rules.flatMap(({ id }): TextMatch[] => {
    const found = matched.has(id)
      ? findPatternSpans(patterns, id, text)
      : (findDetector(id)?.find(text) ?? []);
    return found.map(({ start, end }) => ({ kind: id, start, end }));
  });
}

/** Places in bytes of the whole text; the text itself is gone by the time they are told. */
function evidenceOf(matches: readonly StreamMatch[], { id }: Rule): Evidence[] {
  return matches
    .filter(({ kind }) => kind === id)
    .slice(0, MAX_EVIDENCE)
    .map(({ kind, start, end }) => ({ kind, offset: start, length: end - start }));
}
