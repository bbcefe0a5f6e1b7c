import type { Finding, Obligation } from "../../domain/decision.ts";
import type { TierPart } from "../../domain/policy/field.ts";
import type { AccessSettings } from "../../domain/policy/rule-fields.ts";
import type { RequestFacts } from "../expressions/request-facts.ts";
import { createMemo } from "../memos/memo.ts";
import { finish, type Steps } from "../steps.ts";
import { type AccessRule, compileAccessRule } from "./access-rule.ts";
import { AccessQuestion, matchRule } from "./match-rule.ts";
import { addRule, createRuleIndex, type RuleIndex, visitRules } from "./rule-index.ts";

// Who may do what. Within one tier a deny overrides every allow, and where no rule matches the default holds; every tier must
// allow, so a tenant's allow rule never opens what the baseline denies.

const compiled = createMemo<AccessSettings, RuleIndex>();

/** Compiled once per section: all tenants of one baseline share its rules. */
export function compileAccess(settings: AccessSettings): RuleIndex {
  return compiled.get(settings) ?? finish(compileAccessInSteps(settings));
}

export function* compileAccessInSteps(settings: AccessSettings): Steps<RuleIndex> {
  const known = compiled.get(settings);
  if (known !== undefined) return known;
  const made = createRuleIndex(settings.rules.length);
  for (const [order, rule] of settings.rules.entries()) {
    addRule(made, compileAccessRule(rule, order));
    yield;
  }
  compiled.set(settings, made);
  return made;
}

export interface AccessAnswer {
  /** What denies, and where `tellsAllows` is asked what allows, one per tier. */
  readonly findings: readonly Finding[];
  /** Of the rules that allowed; empty when any tier denies. */
  readonly obligations: readonly Obligation[];
}

export interface AccessFacts {
  readonly tiers: readonly TierPart<AccessSettings>[];
  readonly request: RequestFacts;
  readonly wallMs: number;
  readonly tellsAllows: boolean;
  /** True where the platform only tries out everything; a tier whose own document says so is tried out alone. */
  readonly isShadow: boolean;
}

export function judgeAccess({ tiers, request, wallMs, tellsAllows, isShadow }: AccessFacts): AccessAnswer {
  const question = new AccessQuestion(request, wallMs);
  const findings: Finding[] = [];
  const obligations: Obligation[] = [];
  let denied = false;
  for (const tier of tiers) {
    const answer = decideTier(tier.value, question);
    const isTried = isShadow || tier.mode === "shadow";
    if (answer.verdict === "BLOCK" && !isTried) denied = true;
    if (answer.verdict === "ALLOW") addObligations(answer.allows, obligations);
    if (answer.verdict === "BLOCK" || tellsAllows) findings.push(findingOf(answer, tier, isTried));
  }
  return { findings, obligations: denied ? [] : obligations };
}

interface TierAnswer {
  readonly verdict: "BLOCK" | "ALLOW";
  readonly reason: Finding["reason"];
  readonly rule: AccessRule | undefined;
  /** Every rule that allows, first to last. */
  readonly allows: readonly AccessRule[];
}

function decideTier(settings: AccessSettings, question: AccessQuestion): TierAnswer {
  let denies: AccessRule | undefined;
  let failed = false;
  const allows = new Set<AccessRule>();
  visitRules(compileAccess(settings), question, (rule) => {
    // A later deny cannot change the answer; an allow that was seen need not be tried again.
    if (rule.effect === "deny" ? denies !== undefined && denies.order <= rule.order : allows.has(rule))
      return;
    const match = matchRule(rule, question);
    if (match === "no" || (match === "failed" && rule.effect === "allow")) return;
    if (rule.effect === "allow") allows.add(rule);
    else {
      denies = rule;
      failed = match === "failed";
    }
  });
  if (denies !== undefined)
    return {
      verdict: "BLOCK",
      reason: failed ? "ACCESS_RULE_FAILED" : "DENY_RULE_MATCHED",
      rule: denies,
      allows: [],
    };
  const sorted = [...allows].toSorted((one, other) => one.order - other.order);
  if (sorted.length > 0)
    return { verdict: "ALLOW", reason: "ALLOW_RULE_MATCHED", rule: sorted[0], allows: sorted };
  if (settings.default === "deny")
    return { verdict: "BLOCK", reason: "DEFAULT_DENY", rule: undefined, allows: [] };
  return { verdict: "ALLOW", reason: "DEFAULT_ALLOW", rule: undefined, allows: [] };
}

function findingOf(answer: TierAnswer, tier: TierPart<AccessSettings>, isShadow: boolean): Finding {
  return {
    verdict: answer.verdict,
    kind: "ACCESS",
    reason: answer.reason,
    message: messageOf(answer, tier),
    sourceId: answer.rule?.id,
    tier: tier.tier,
    document: tier.document,
    line: tier.line,
    ...(isShadow ? { shadow: true } : {}),
  };
}

function messageOf({ reason, rule }: TierAnswer, { tier }: TierPart<AccessSettings>): string {
  if (rule === undefined)
    return reason === "DEFAULT_DENY"
      ? `no access rule of the ${tier} allows this, and its default is deny`
      : `no access rule of the ${tier} denies this, and its default is allow`;
  if (reason === "ACCESS_RULE_FAILED")
    return `access rule ${rule.id} denies: its condition could not be evaluated`;
  return `access rule ${rule.id} ${rule.effect === "deny" ? "denies" : "allows"} this`;
}

function addObligations(rules: readonly AccessRule[], found: Obligation[]): void {
  for (const { id, obligations } of rules) {
    if (obligations === undefined) continue;
    const { maxTokens } = obligations;
    if (maxTokens !== undefined) found.push({ type: "max_tokens", ruleId: id, maxTokens });
    for (const type of ["redact", "log", "notify"] as const)
      if (obligations[type]) found.push({ type, ruleId: id });
  }
}
