import type { GuardId } from "../../domain/policy/guard-ids.ts";
import type { Guard } from "./guard.ts";

// All guards in the order in which they run. One of them is one file and one entry here.

/** Places of the checks that are no guards but run inside the chain, where they see the repaired arguments. */
export type ChainPlace = GuardId | "access" | "content_rules";

/** Before a call: cheap and decisive first. */
export const BEFORE_ORDER: readonly ChainPlace[] = [
  "schema_strictness",
  "unresolved_reference",
  "sensitive_data",
  "network_policy",
  "side_effect",
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

/** After a call. Slots are released and attempts booked before any of them. */
export const AFTER_ORDER: readonly ChainPlace[] = [
  "tool_budget",
  "retry_safety",
  "timeout_budget",
  "output_size",
  "sensitive_data",
  "content_rules",
  "precondition",
  "saturation",
  "grounding",
  "provenance",
];

/** By id; a guard that is not here judges nothing. */
export const GUARDS: ReadonlyMap<GuardId, Guard> = new Map<GuardId, Guard>([]);
