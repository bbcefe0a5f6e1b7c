import type { GuardId } from "../../domain/policy/guard-ids.ts";
import { capabilityArgument } from "./effects/capability.ts";
import { networkPolicy } from "./effects/network-policy.ts";
import { precondition } from "./effects/precondition.ts";
import { sideEffect } from "./effects/side-effect.ts";
import { concurrency } from "./flow/concurrency.ts";
import { planShape } from "./flow/plan-shape.ts";
import { retrySafety } from "./flow/retry-safety.ts";
import { timeoutBudget } from "./flow/timeout-budget.ts";
import { toolBudget } from "./flow/tool-budget.ts";
import type { Guard } from "./guard.ts";
import { grounding } from "./input/grounding.ts";
import { schemaStrictness } from "./input/schema-strictness.ts";
import { sensitiveData } from "./input/sensitive-data.ts";
import { unresolvedReference } from "./input/unresolved-reference.ts";
import { outputSize } from "./output/output-size.ts";
import { provenance } from "./output/provenance.ts";
import { saturation } from "./output/saturation.ts";

// All guards in the order in which they run. One of them is one file and one entry here.

/** Places of guards, and of what is no guard of a policy but runs inside the chain, where it sees the repaired arguments. */
export type ChainPlace = GuardId | "capability_argument" | "access" | "content_rules";

/** Before a call: cheap and decisive first. */
export const BEFORE_ORDER: readonly ChainPlace[] = [
  "schema_strictness",
  "unresolved_reference",
  "sensitive_data",
  "network_policy",
  "side_effect",
  "capability_argument",
  "access",
  "content_rules",
  "tool_budget",
  "concurrency",
  "timeout_budget",
  "plan_shape",
  "retry_safety",
  "precondition",
  "provenance",
  "grounding",
  "saturation",
];

/** After a call. Those that only keep books come first: what they remember is booked whatever the verdict. */
export const AFTER_ORDER: readonly ChainPlace[] = [
  "tool_budget",
  "retry_safety",
  "plan_shape",
  "timeout_budget",
  "output_size",
  "sensitive_data",
  "content_rules",
  "precondition",
  "saturation",
  "grounding",
  "provenance",
];

/** Where outputs are cut: secrets go first, so that no part of one is left at a cut, and so that what stands for them fits as well. */
export const CUTTING_ORDER: readonly ChainPlace[] = AFTER_ORDER.map((place) => {
  if (place === "output_size") return "sensitive_data";
  return place === "sensitive_data" ? "output_size" : place;
});

const ALL: readonly Guard[] = [
  concurrency,
  grounding,
  networkPolicy,
  outputSize,
  planShape,
  precondition,
  provenance,
  retrySafety,
  saturation,
  schemaStrictness,
  sensitiveData,
  sideEffect,
  timeoutBudget,
  toolBudget,
  unresolvedReference,
];

/** By id; a guard that is not here judges nothing. */
export const GUARDS: ReadonlyMap<GuardId, Guard> = new Map(ALL.map((guard) => [guard.id, guard]));

/** What no level, mode or shadow switches off. */
export const FIXED_GUARDS: { readonly capability_argument: Guard } = {
  capability_argument: capabilityArgument,
};
