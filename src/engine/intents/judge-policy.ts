import { type Finding, NO_FINDINGS, type Obligation } from "../../domain/decision.ts";
import type { Principal } from "../../domain/execution.ts";
import type { Content, Operation } from "../../domain/intent.ts";
import type { Now } from "../../domain/time.ts";
import { judgeAccess } from "../access/judge-access.ts";
import type { RequestFacts } from "../expressions/request-facts.ts";
import { judgeFeatures } from "../features/judge-features.ts";
import { exceededFinding, limitFacts } from "../limits/limit-finding.ts";
import { judgeOperation } from "../operations/judge-operation.ts";
import type { EffectivePolicy } from "../policy/effective-policy.ts";
import { sourceOf } from "../policy/policy-source.ts";
import { missingLabels, resolvePolicy } from "../policy/resolve-policy.ts";
import { judgeRules, type RuleQuestion } from "../rules/judge-rules.ts";
import { namesSome } from "../rules/named-rules.ts";
import type { World } from "../world.ts";
import { changesSomething, concernsOf, hasAccess, type PolicyAsk } from "./concerns.ts";
import { judgeIntentTarget } from "./intent-target.ts";

// What policies say about one request: access, operations and attributes before the limits, rules after them. Changes nothing. A
// request that none of it concerns costs one look-up and a few comparisons.

/** Whose request it is and what holds for it. */
export interface PolicySubject {
  readonly policy: EffectivePolicy;
  readonly principal: Principal;
  readonly session: string;
  /** Those of the execution and those that the request adds. */
  readonly labels: { readonly [name: string]: string };
}

export interface PolicyJudgement {
  /** Of the policy itself, access, operations, attributes and risk. */
  readonly first: readonly Finding[];
  /** Of rules, and of the network guard, which stands behind them. */
  readonly rules: readonly Finding[];
  readonly obligations: readonly Obligation[];
}

/** Judges access, the operation and rules. Remembers the name of an operation, for whoever asks what there is. */
export function judgePolicy(
  world: World,
  subject: PolicySubject,
  ask: PolicyAsk,
  costNanoUsd: bigint,
  now: Now,
): PolicyJudgement {
  const { policy } = subject;
  const refused = refuseTenant(subject);
  if (refused !== undefined) return { first: [refused], rules: [], obligations: NO_OBLIGATIONS };
  const request = requestFacts(subject, ask, costNanoUsd);
  const isShadow = policy.mode === "shadow";
  const first: Finding[] = [];
  let obligations: readonly Obligation[] = NO_OBLIGATIONS;
  if (hasAccess(concernsOf(policy))) {
    const tellsAllows = ask.detail === "FULL";
    const tiers = policy.settings.access;
    const answer = judgeAccess({ tiers, request, wallMs: now.wallMs, tellsAllows, isShadow });
    first.push(...answer.findings);
    obligations = answer.obligations;
    first.push(...tokenFindings(obligations, request));
  }
  const { operation } = ask.intent;
  if (operation !== undefined) {
    world.seenOperations.note(subject.principal.tenant, operation.name);
    first.push(...operationFindings(world, subject, ask, operation));
  }
  first.push(...featureFindings(subject, ask));
  const { content } = ask.intent;
  const rules = findRuleFindings(world, subject, request, content, now);
  const target = judgeIntentTarget(policy, ask);
  if (target !== undefined) rules.push(target);
  return { first, rules, obligations };
}

/**
 * What is said of an operation. A tenant whose document is only tried out is held to what the platform says, and told what
 * its own document would have said beyond that.
 */
function operationFindings(
  world: World,
  { policy, principal, labels }: PolicySubject,
  { allowChanges }: PolicyAsk,
  operation: Operation,
): Finding[] {
  const { tenant } = principal;
  const judgeBy = (by: EffectivePolicy, isShadow: boolean) =>
    judgeOperation({
      operation,
      allowChanges,
      tenant,
      operations: by.settings.operations,
      attributes: by.settings.attributes,
      sourceOf: (path) => sourceOf(by, path),
      isShadow,
    });
  if (policy.mode === "shadow" || !isTriedOut(policy)) return judgeBy(policy, policy.mode === "shadow");
  const enforced = judgeBy(resolvePolicy(world.policy.set, NO_TENANT, labels), false);
  const known = new Set(enforced.map(({ setting }) => setting));
  return [...enforced, ...judgeBy(policy, true).filter(({ setting }) => !known.has(setting))];
}

/** What the tenant's settings say; in shadow where its document is only tried out. */
function featureFindings({ policy, principal }: PolicySubject, { intent }: PolicyAsk): Finding[] {
  return judgeFeatures({
    intent,
    settings: policy.settings.settings,
    tenant: principal.tenant,
    sourceOf: (path) => sourceOf(policy, path),
    isShadow: policy.mode === "shadow" || isTriedOut(policy),
  });
}

/** Names no tenant: what the platform alone says. */
const NO_TENANT = "";

/** Whether a tenant's own document says `mode: shadow`. */
function isTriedOut({ sides }: EffectivePolicy): boolean {
  return sides.written.some(({ part }) => part.tier === "tenant" && part.mode === "shadow");
}

const NO_OBLIGATIONS: readonly Obligation[] = Object.freeze([]);
const NO_TEXTS: readonly Content[] = Object.freeze([]);

/** What is found where no policy concerns a request. */
export const NOTHING_FOUND: PolicyJudgement = Object.freeze({
  first: NO_FINDINGS,
  rules: NO_FINDINGS,
  obligations: NO_OBLIGATIONS,
});

function findRuleFindings(
  world: World,
  { policy, principal }: PolicySubject,
  request: RequestFacts,
  content: Content | undefined,
  now: Now,
): Finding[] {
  return judgeRules(ruleQuestion(world, { policy, principal }, request, content, now));
}

function ruleQuestion(
  world: World,
  { policy, principal }: Pick<PolicySubject, "policy" | "principal">,
  request: RequestFacts,
  content: Content | undefined,
  now: Now,
): RuleQuestion {
  return {
    rules: concernsOf(policy).rules,
    request,
    texts: content === undefined ? NO_TEXTS : [content],
    countOf: ({ id }) => world.ruleCounts.find(principal.tenant, id),
    hash: world.keyedHash,
    wallMs: now.wallMs,
  };
}

/** What the rules on texts are asked about a text that comes with a request. */
export function textQuestion(
  world: World,
  subject: PolicySubject,
  ask: PolicyAsk,
  content: Content,
  now: Now,
): RuleQuestion {
  return ruleQuestion(world, subject, requestFacts(subject, ask, 0n), content, now);
}

/** What labels and rules say of an execution that is about to be registered. */
export function judgeRegistration(world: World, subject: PolicySubject, now: Now): PolicyJudgement {
  const { policy } = subject;
  const refused = refuseTenant(subject);
  if (refused !== undefined) return { ...NOTHING_FOUND, first: [refused] };
  const label = missingLabel(subject);
  const first = label === undefined ? NO_FINDINGS : [label];
  const { rules: compiled } = concernsOf(policy);
  if (!compiled.judgesAll && !namesSome(compiled.named, REGISTRATION.intent))
    return { ...NOTHING_FOUND, first };
  const request = requestFacts(subject, REGISTRATION, 0n);
  const rules = findRuleFindings(world, subject, request, undefined, now);
  return { ...NOTHING_FOUND, first, rules };
}

const REGISTRATION: PolicyAsk = Object.freeze({
  kind: "registration",
  intent: { entersDepth: false, custom: {}, weight: 0n, toolCalls: 0n, modifications: 0n },
  allowChanges: false,
  scopes: [],
  sourceIp: undefined,
  detail: "MINIMAL",
});

/** A label that must be there and is not; with `missing_label: strictest` every override that names it applies instead. */
export function missingLabel({ policy, labels }: PolicySubject): Finding | undefined {
  if (policy.settings.missing_label !== "block") return undefined;
  const missing = missingLabels(policy, labels);
  if (missing.length === 0) return undefined;
  const { tier, document, line } = sourceOf(policy, ["required_labels"]);
  return {
    verdict: "BLOCK",
    kind: "STATE",
    reason: "LABEL_MISSING",
    message: `label ${missing.join(", ")} is required and missing`,
    sourceId: "required_labels",
    tier,
    document,
    line,
    ...(policy.mode === "shadow" ? { shadow: true } : {}),
  };
}

/** A tenant whose policy nobody can tell is refused, whatever it asks. */
function refuseTenant({ policy, principal }: PolicySubject): Finding | undefined {
  if (policy.isInvalid) {
    const message = `the policy of tenant ${principal.tenant} is invalid and no earlier version is known`;
    return { verdict: "BLOCK", kind: "STATE", reason: "POLICY_INVALID", message };
  }
  if (!policy.isUnknown) return undefined;
  const { tier, document, line } = sourceOf(policy, ["unknown_tenant"]);
  const message = `no policy document is known of tenant ${principal.tenant}`;
  return { verdict: "BLOCK", kind: "STATE", reason: "TENANT_UNKNOWN", message, tier, document, line };
}

/** What an access rule allows of tokens is a limit of this request alone. */
function tokenFindings(obligations: readonly Obligation[], request: RequestFacts): Finding[] {
  const wanted = request.inputTokens + request.outputTokens;
  return obligations.flatMap((one) => {
    if (one.type !== "max_tokens" || wanted <= BigInt(one.maxTokens)) return [];
    const limit = {
      value: BigInt(one.maxTokens),
      mode: "enforce",
      onExceed: "block",
      tier: "session",
    } as const;
    const facts = limitFacts("max_tokens", limit, wanted, 0n, "");
    return [
      { ...exceededFinding(facts), executionId: undefined, setting: `access.${one.ruleId}.max_tokens` },
    ];
  });
}

/** A request as rules see it. */
function requestFacts(
  { principal, session, labels, policy }: PolicySubject,
  { kind = "intent", intent, allowChanges, scopes, sourceIp }: PolicyAsk,
  costNanoUsd: bigint,
): RequestFacts {
  return {
    kind,
    principal,
    session,
    labels,
    scopes,
    sourceIp,
    allowChanges,
    route: intent.route,
    provider: intent.provider,
    model: intent.model,
    tool: intent.tool,
    feature: intent.feature,
    integration: intent.integration,
    operation: intent.operation,
    mutating: changesSomething(policy, intent),
    stepName: intent.step?.name,
    networkTarget: intent.networkTarget?.text,
    inputTokens: intent.tokens?.input ?? 0n,
    outputTokens: intent.tokens?.output ?? 0n,
    costNanoUsd,
    requests: intent.weight,
    toolCalls: intent.toolCalls,
  };
}
