import { formatUsd } from "../../domain/amounts.ts";
import type { Evidence, Finding } from "../../domain/decision.ts";
import type { Content } from "../../domain/intent.ts";
import type { ReasonCode } from "../../domain/reasons.ts";
import { evaluateExpression } from "../expressions/expression.ts";
import { variablesOf } from "../expressions/request-environment.ts";
import type { RequestFacts } from "../expressions/request-facts.ts";
import { matchPatterns } from "../patterns/pattern-set.ts";
import { hintsOf, type TextHints } from "../texts/text-hints.ts";
import type { CompiledRules, Rule } from "./compile-rules.ts";
import { namedRulesFor } from "./named-rules.ts";
import type { RuleCount } from "./rule-count-table.ts";
import { isInScope } from "./rule-scope.ts";
import { sumAt, timeToLeave } from "./sliding-sum.ts";
import { findInText } from "./text-matches.ts";

// Which rules fire on a request, and what that answers: one finding for each that does. Changes nothing; firings are counted
// when the call is one that counts (count-firings.ts).

export interface RuleQuestion {
  readonly rules: CompiledRules;
  readonly request: RequestFacts;
  /** The texts that come along. */
  readonly texts: readonly Content[];
  /** What was counted of a rule for the tenant of the request. */
  readonly countOf: (rule: Rule) => RuleCount | undefined;
  /** Keyed hash of a text found. */
  readonly hash: (text: string) => string;
  readonly wallMs: number;
}

/** In the order of the document within each type: texts, cost, counters, expressions. */
export function judgeRules(question: RuleQuestion): Finding[] {
  const { rules, request } = question;
  const fired: Finding[] = [];
  for (const content of question.texts) judgeText(question, content, fired);
  if (request.costNanoUsd > rules.costAlert)
    for (const rule of rules.cost) if (isInScope(rule.scope, request)) judgeCost(question, rule, fired);
  for (const rule of rules.quota) if (isInScope(rule.scope, request)) judgeCounter(question, rule, fired);
  const expressions = namedRulesFor(rules.named, request);
  if (expressions.length > 0) judgeExpressions(question, expressions, fired);
  return fired;
}

/**
 * What the rules on texts alone say; all else is judged once per call, whatever texts it brings. `hints`: of the one text,
 * where they are known.
 */
export function judgeTexts(question: RuleQuestion, hints?: TextHints): Finding[] {
  const fired: Finding[] = [];
  for (const content of question.texts) judgeText(question, content, fired, hints);
  return fired;
}

/** The rules on texts that look at one going this way. */
export function textRulesFor(
  { rules, request }: RuleQuestion,
  direction: Content["direction"],
): readonly Rule[] {
  return rules.text.filter(
    ({ scope }) => (scope.direction === "both" || scope.direction === direction) && isInScope(scope, request),
  );
}

/** What a rule answers to a text in which something was found. */
export function fireOnText(
  question: RuleQuestion,
  rule: Rule,
  direction: Content["direction"],
  evidence: readonly Evidence[],
): Finding[] {
  const fired: Finding[] = [];
  const found = [...new Set(evidence.map(({ kind }) => kind))].join(", ");
  fire(question, rule, `found in the ${direction}: ${found}`, fired, { evidence });
  return fired;
}

function judgeText(question: RuleQuestion, content: Content, fired: Finding[], known?: TextHints): void {
  const { rules, hash } = question;
  if (rules.text.length === 0) return;
  const hints = known ?? hintsOf(content.text);
  const matched = new Set(
    rules.patterns.sources.length === 0 ? [] : matchPatterns(rules.patterns, content.text),
  );
  for (const rule of textRulesFor(question, content.direction)) {
    const evidence = findInText(rules.patterns, rule.id, matched, content.text, hash, hints);
    if (evidence.length === 0) continue;
    fired.push(...fireOnText(question, rule, content.direction, evidence));
  }
}

function judgeCost(question: RuleQuestion, rule: Rule, fired: Finding[]): void {
  const { costNanoUsd } = question.request;
  const threshold = rule.threshold ?? 0n;
  if (costNanoUsd <= threshold) return;
  fire(question, rule, `${formatUsd(costNanoUsd)} > ${formatUsd(threshold)} USD in one request`, fired, {
    unit: "cost",
    current: { kind: "nanoUsd", value: costNanoUsd },
    limit: { kind: "nanoUsd", value: threshold },
  });
}

function judgeCounter(question: RuleQuestion, rule: Rule, fired: Finding[]): void {
  const { request, wallMs } = question;
  const sum = question.countOf(rule)?.sum;
  const counted = sum === undefined ? 0n : sumAt(sum, wallMs);
  const current = counted + addedBy(request, rule);
  const threshold = rule.threshold ?? 0n;
  if (current <= threshold) return;
  const isMoney = rule.counter === "cost_usd";
  const format = (amount: bigint) => (isMoney ? formatUsd(amount) : String(amount));
  const seconds = (rule.windowMs ?? 0) / 1000;
  const kind = isMoney ? "nanoUsd" : "count";
  fire(
    question,
    rule,
    `${rule.counter} ${format(current)} > ${format(threshold)} within ${seconds} s`,
    fired,
    {
      unit: COUNTER_UNITS[rule.counter ?? "requests"],
      current: { kind, value: current },
      limit: { kind, value: threshold },
      retryAfterMs: sum === undefined ? undefined : timeToLeave(sum, current - threshold, wallMs),
    },
  );
}

const COUNTER_UNITS = {
  requests: "requests",
  tokens: "tokens",
  cost_usd: "cost",
  violations: "firings",
  refusals: "firings",
} as const;

/** What the request itself would add to a counter. */
function addedBy(request: RequestFacts, { counter }: Rule): bigint {
  if (counter === "requests") return request.requests;
  if (counter === "tokens") return request.inputTokens + request.outputTokens;
  return counter === "cost_usd" ? request.costNanoUsd : 0n;
}

function judgeExpressions(question: RuleQuestion, rules: readonly Rule[], fired: Finding[]): void {
  const { request } = question;
  const variables = variablesOf(request);
  for (const rule of rules) {
    if (!isInScope(rule.scope, request)) continue;
    // A rule whose expression does not compile never got into a policy; if one did, it counts as fired.
    const holds = rule.expression === undefined ? undefined : evaluateExpression(rule.expression, variables);
    if (holds === false) continue;
    if (holds === true) fire(question, rule, "its expression is true of the request", fired, {});
    else fire(question, rule, "its expression could not be evaluated", fired, { reason: "RULE_FAILED" });
  }
}

const REASONS: { readonly [T in Rule["type"]]: ReasonCode } = {
  content: "CONTENT_RULE_MATCHED",
  security: "SECURITY_RULE_MATCHED",
  prompt: "PROMPT_RULE_MATCHED",
  cost: "COST_RULE_EXCEEDED",
  quota: "QUOTA_RULE_EXCEEDED",
  policy: "POLICY_RULE_MATCHED",
};

function fire(
  question: RuleQuestion,
  rule: Rule,
  what: string,
  fired: Finding[],
  facts: Partial<Finding>,
): void {
  const { retryAfterMs, ...others } = facts;
  const answer = answerOf(question, rule);
  const helps = answer.verdict !== "WARN" && answer.verdict !== "ALLOW" && answer.verdict !== "PAUSE";
  const finding: Finding = {
    verdict: answer.verdict,
    kind: "RULE",
    reason: REASONS[rule.type],
    message: `${rule.name}: ${what}${answer.text}`,
    sourceId: rule.id,
    setting: `rules.${rule.id}`,
    ruleType: rule.type,
    severity: rule.severity,
    ...others,
    retryAfterMs: answer.retryAfterMs ?? (helps ? retryAfterMs : undefined),
    ruleConfig: rule.config,
    ...(rule.isShadow ? { shadow: true } : {}),
  };
  fired.push(finding);
}

interface Answer {
  readonly verdict: Finding["verdict"];
  readonly text: string;
  readonly retryAfterMs?: number | undefined;
}

const VERDICTS = { audit: "ALLOW", warn: "WARN", escalate: "PAUSE", block: "BLOCK" } as const;

function answerOf(question: RuleQuestion, rule: Rule): Answer {
  if (rule.action !== "throttle") return { verdict: VERDICTS[rule.action], text: "" };
  const { throttleAfter, windowMs } = rule;
  if (throttleAfter === undefined || windowMs === undefined) return { verdict: "WARN", text: "" };
  const since = question.wallMs - windowMs;
  const before = (question.countOf(rule)?.firings ?? []).filter((at) => at > since);
  const recent = before.slice(Math.max(0, before.length - (throttleAfter - 1)));
  const count = recent.length + 1;
  const text = ` (${count} of ${throttleAfter} times within ${windowMs / 1000} s)`;
  if (count < throttleAfter) return { verdict: "WARN", text };
  // The firing in hand counts too: with `throttle_after: 1` it is the oldest itself.
  const oldest = recent[0] ?? question.wallMs;
  return { verdict: "THROTTLE", text, retryAfterMs: Math.max(1, oldest - since) };
}
