import type { Ask, Intent } from "../../domain/intent.ts";
import { compileAccess } from "../access/judge-access.ts";
import { type RuleIndex, reachesRequest } from "../access/rule-index.ts";
import { preferredModels } from "../features/judge-features.ts";
import { isMutating } from "../operations/compile-operations.ts";
import type { EffectivePolicy } from "../policy/effective-policy.ts";
import { type CompiledRules, compileRules } from "../rules/compile-rules.ts";
import { namesSome } from "../rules/named-rules.ts";

// What a policy can have to say of requests at all. Most requests are concerned by none of it, and cost a few comparisons.

export interface Concerns {
  readonly rules: CompiledRules;
  /** The access rules of every tier; a tier without any that allows by default is left out. */
  readonly access: readonly RuleIndex[];
  /** Some tier denies what no rule allows. */
  readonly deniesByDefault: boolean;
  /** The tenant insists on the models that it prefers. */
  readonly enforcesModels: boolean;
}

export function concernsOf(policy: EffectivePolicy): Concerns {
  policy.concerns ??= makeConcerns(policy);
  return policy.concerns;
}

function makeConcerns({ settings: { access, rules, settings } }: EffectivePolicy): Concerns {
  return {
    rules: compileRules(rules),
    access: access.filter(({ value }) => value.rules.length > 0).map(({ value }) => compileAccess(value)),
    deniesByDefault: access.some(({ value }) => value.default === "deny"),
    enforcesModels: preferredModels(settings) !== undefined,
  };
}

/** Whether a policy has anything to do with access. */
export function hasAccess({ access, deniesByDefault }: Concerns): boolean {
  return deniesByDefault || access.length > 0;
}

/** The rules of a policy, ready to be tried. */
export function rulesOf(policy: EffectivePolicy): CompiledRules {
  return concernsOf(policy).rules;
}

export type PolicyAsk = Pick<
  Ask,
  "intent" | "allowChanges" | "scopes" | "sourceIp" | "detail" | "kind" | "addresses"
>;

/** Whether anything of a policy but its limits can have something to say of a request. */
export function concernsRequest(
  policy: EffectivePolicy,
  { intent, detail }: PolicyAsk,
  costNanoUsd: bigint,
): boolean {
  const concerns = concernsOf(policy);
  const { rules, deniesByDefault, enforcesModels } = concerns;
  return (
    deniesByDefault ||
    rules.judgesAll ||
    costNanoUsd > rules.costAlert ||
    intent.operation !== undefined ||
    intent.networkTarget !== undefined ||
    intent.feature !== undefined ||
    intent.integration !== undefined ||
    (enforcesModels && intent.model !== undefined) ||
    (intent.content !== undefined && rules.text.length > 0) ||
    policy.isInvalid ||
    policy.isUnknown ||
    asksAccess(concerns, intent, detail) ||
    namesSome(rules.named, intent)
  );
}

/** Whether an access rule can be about a request, or is to be told of although it allows. */
function asksAccess(
  { access }: Concerns,
  { route, operation, tool }: Intent,
  detail: Ask["detail"],
): boolean {
  if (access.length === 0) return false;
  if (detail === "FULL") return true;
  for (const index of access) if (reachesRequest(index, route, operation?.name, tool)) return true;
  return false;
}

/** Whether an intent names an operation that changes something. */
export function changesSomething(policy: EffectivePolicy, { operation }: Pick<Intent, "operation">): boolean {
  return operation !== undefined && isMutating(policy.settings.operations, operation.name);
}
