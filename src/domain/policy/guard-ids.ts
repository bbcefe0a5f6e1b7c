// The guards of tool calls by name, and the two keys that every one of them has.

/** In the order of their numbers in the guide. */
export const GUARD_IDS = [
  "schema_strictness",
  "sensitive_data",
  "network_policy",
  "side_effect",
  "concurrency",
  "timeout_budget",
  "output_size",
  "retry_safety",
  "provenance",
  "plan_shape",
  "saturation",
  "tool_budget",
  "precondition",
  "unresolved_reference",
  "grounding",
] as const;
export type GuardId = (typeof GUARD_IDS)[number];

/** Strictest last. `off` is off everywhere; `warn` never refuses and never repairs. */
export const GUARD_LEVELS = ["off", "warn", "block"] as const;
export type GuardLevel = (typeof GUARD_LEVELS)[number];
