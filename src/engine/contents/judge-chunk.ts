import { type Evidence, type Finding, isAllowed } from "../../domain/decision.ts";
import type { Content } from "../../domain/intent.ts";
import { type Redaction, secretFindings } from "../guards/calls/redact-obligation.ts";
import { findSecretsInText } from "../guards/input/sensitive-data.ts";
import { findPatternSpans, matchPatterns } from "../patterns/pattern-set.ts";
import type { Rule } from "../rules/compile-rules.ts";
import { findDetector } from "../rules/detectors.ts";
import { fireOnText, type RuleQuestion, textRulesFor } from "../rules/judge-rules.ts";
import {
  type ContentStream,
  type FoundText,
  HOLD_BACK_MAX_BYTES,
  pushChunk,
  type StreamMatch,
  type StreamStep,
  type Treatment,
} from "../texts/content-stream.ts";

/** Entries of evidence that one finding carries. */
const MAX_EVIDENCE = 100;
/** Who finds secrets; ids of rules have no blanks. */
const SECRETS = "secrets of a text";

export interface JudgedChunk {
  /** Nothing is let out yet. */
  readonly step: StreamStep;
  readonly findings: readonly Finding[];
  /** Kinds of secrets that were found in the text so far. */
  readonly secretKinds: readonly string[];
}

/** The next chunk: what is found in it together with the end of what came before. */
export function judgeChunk(
  stream: ContentStream,
  question: RuleQuestion,
  { text, direction }: Content,
  isLast: boolean,
  redaction: Redaction | undefined,
  knownKinds: readonly string[],
): JudgedChunk {
  const rules = textRulesFor(question, direction);
  const stops = new Set(rules.filter((rule) => refuses(question, rule, direction)).map(({ id }) => id));
  const replacements = new Map<string, string | undefined>();
  const step = pushChunk(stream, text, {
    isLast,
    holdBackBytes: stops.size === 0 && redaction === undefined ? 0 : HOLD_BACK_MAX_BYTES,
    find: (window) => [
      ...findByRules(question, rules, window),
      ...findSecrets(redaction, window, replacements),
    ],
    treat: ({ finder, text: found }): Treatment => {
      if (finder !== SECRETS) return stops.has(finder) ? "stop" : "tell";
      const replacement = redaction?.acceptsRepair === true ? replacements.get(found) : undefined;
      return replacement === undefined ? "stop" : { replacement };
    },
  });
  const fired = rules.flatMap((rule) => {
    const evidence = evidenceOf(step.matches, rule.id, question.hash);
    return evidence.length === 0 ? [] : fireOnText(question, rule, direction, evidence);
  });
  const secrets = step.matches.filter(({ finder }) => finder === SECRETS);
  const secretKinds = [...new Set([...knownKinds, ...secrets.map(({ kind }) => kind)])];
  if (redaction === undefined || secretKinds.length === 0) return { step, findings: fired, secretKinds };
  const evidence = evidenceOf(step.matches, SECRETS, question.hash).map((one) => ({ path: "$", ...one }));
  const isReplaced =
    redaction.settings.redact_mode !== "block" &&
    secrets.every(({ text: found }) => replacements.get(found) !== undefined);
  return {
    step,
    findings: [...fired, ...secretFindings(secretKinds, evidence, isReplaced, redaction)],
    secretKinds,
  };
}

/** Whether a match of this rule keeps the text from being shown. */
function refuses(question: RuleQuestion, rule: Rule, direction: Content["direction"]): boolean {
  const [finding] = fireOnText(question, rule, direction, []);
  return finding !== undefined && finding.shadow !== true && !isAllowed(finding.verdict);
}

/** Matches of all rules. */
function findByRules(question: RuleQuestion, rules: readonly Rule[], text: string): readonly FoundText[] {
  const { patterns } = question.rules;
  const matched = new Set(patterns.sources.length === 0 ? [] : matchPatterns(patterns, text));
  return rules.flatMap(({ id }): FoundText[] => {
    if (matched.has(id))
      return findPatternSpans(patterns, id, text).map(({ start, end }) => ({
        kind: id,
        finder: id,
        start,
        end,
      }));
    const found = findDetector(id)?.find(text) ?? [];
    return found.map(({ kind, start, end }) => ({ kind, finder: id, start, end }));
  });
}

/** Fills in what stands for each secret found, by its text. */
function findSecrets(
  redaction: Redaction | undefined,
  text: string,
  replacements: Map<string, string | undefined>,
): readonly FoundText[] {
  if (redaction === undefined) return [];
  return findSecretsInText(text, redaction.settings, redaction.keyedHash).map(
    ({ kind, start, end, replacement }) => {
      replacements.set(text.slice(start, end), replacement);
      return { kind, finder: SECRETS, start, end };
    },
  );
}

/** Places in bytes of the whole text; the text itself is gone by the time they are told. */
function evidenceOf(
  matches: readonly StreamMatch[],
  finder: string,
  hash: RuleQuestion["hash"],
): readonly Evidence[] {
  return matches
    .filter((one) => one.finder === finder)
    .slice(0, MAX_EVIDENCE)
    .map(({ kind, start, end, text }) => ({
      kind,
      offset: start,
      length: end - start,
      digest: hash(text),
    }));
}
