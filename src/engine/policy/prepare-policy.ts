import { compileAccessInSteps } from "../access/judge-access.ts";
import { compileNext, isCompiling } from "../patterns/pattern-set.ts";
import { compileRulesInSteps } from "../rules/compile-rules.ts";
import type { Steps } from "../steps.ts";
import type { EffectivePolicy } from "./effective-policy.ts";
import type { Labels } from "./label-match.ts";
import type { PolicySet } from "./policy-set.ts";
import { findResolved, resolvePolicyInSteps } from "./resolve-policy.ts";

// What is too long for the turn of a decision is done before it: a tenant is read, resolved and compiled when it is first seen,
// while its request waits outside, and again before a swap for everybody who runs.

const prepared = new WeakSet<EffectivePolicy>();

/** Whether the next decision for a tenant and some labels finds everything made. */
export function isPrepared(set: PolicySet, tenant: string, labels: Labels): boolean {
  const policy = findResolved(set, tenant, labels);
  return policy !== undefined && prepared.has(policy);
}

/** Whether decisions under a policy find everything made. */
export function isReady(policy: EffectivePolicy): boolean {
  return prepared.has(policy);
}

/** Makes everything that decisions for a tenant and some labels need. One group of patterns is a step of about 14 ms. */
export function* preparePolicy(set: PolicySet, tenant: string, labels: Labels): Steps<void> {
  const policy = yield* resolvePolicyInSteps(set, tenant, labels);
  if (prepared.has(policy)) return;
  yield;
  for (const { value } of policy.settings.access) yield* compileAccessInSteps(value);
  const { patterns } = yield* compileRulesInSteps(policy.settings.rules);
  while (isCompiling(patterns)) {
    yield;
    compileNext(patterns);
  }
  prepared.add(policy);
}
