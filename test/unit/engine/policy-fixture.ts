import type { PolicySettings } from "../../../src/domain/policy/section-fields.ts";
import type { LimitPolicy } from "../../../src/engine/limits/effective-limits.ts";
import type { PolicySet } from "../../../src/engine/policy/policy-set.ts";
import { createPolicySet, NO_DOCUMENTS } from "../../../src/engine/policy/resolve-policy.ts";

/** What is on without any file. */
export function builtInLimits(): LimitPolicy {
  return createPolicySet(NO_DOCUMENTS).base.limits;
}

/** A policy whose limits and settings are these for every tenant; all else is built in. */
export function policySetOf(limits: LimitPolicy, settings: Partial<PolicySettings> = {}): PolicySet {
  const set = createPolicySet(NO_DOCUMENTS);
  return { ...set, base: { ...set.base, limits, settings: { ...set.base.settings, ...settings } } };
}

/** Every section as it is without any file. */
export function builtInSettings(): PolicySettings {
  return createPolicySet(NO_DOCUMENTS).base.settings;
}
