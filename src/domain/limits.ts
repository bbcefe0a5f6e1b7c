// The limits of an execution: one table entry each. Formulas, texts and order are those of docs/limits.md.
// A new limit is one entry here, one formula in engine/limits, one field of the proto and one case file.

export const VIOLATION_TYPES = [
  "step_limit",
  "token_limit",
  "wall_time_limit",
  "memory_limit",
  "concurrency_limit",
  "rate_limit",
  "network_violation",
  "discovered_step_limit",
  "discovery_depth_limit",
  "cost_threshold",
  "idle_timeout",
  "same_step_loop",
  "request_limit",
  "tool_call_limit",
  "modification_limit",
  "custom_limit",
] as const;
export type ViolationType = (typeof VIOLATION_TYPES)[number];

export const CATEGORIES = ["timeout", "quota_exceeded", "llm_error", "policy_violation"] as const;
export type Category = (typeof CATEGORIES)[number];

/** What reported usage that crosses a limit does: ends the run, stops it for a person, or refuses the next intent. */
export type OnExceed = "halt" | "pause" | "block";
export type EnforcementMode = "enforce" | "shadow";

/** The unit in which a limit is written, counted and printed. */
export type LimitUnit = "count" | "milliseconds" | "seconds" | "nanoUsd" | "bytes";

interface LimitDefinition {
  readonly violationType: ViolationType;
  readonly unit: LimitUnit;
  /** Whether it warns before it refuses: at a percentage, only when it is reached, or never. */
  readonly warns: "percent" | "at_limit" | "never";
  /** The default of its `on_exceed`. */
  readonly onExceed: OnExceed;
}

/** In the order in which findings of equal verdict are listed. */
export const LIMITS = {
  max_wall_time_ms: {
    violationType: "wall_time_limit",
    unit: "milliseconds",
    warns: "percent",
    onExceed: "halt",
  },
  max_working_time_ms: {
    violationType: "wall_time_limit",
    unit: "milliseconds",
    warns: "percent",
    onExceed: "halt",
  },
  max_steps: { violationType: "step_limit", unit: "count", warns: "percent", onExceed: "halt" },
  max_tokens: { violationType: "token_limit", unit: "count", warns: "percent", onExceed: "halt" },
  max_input_tokens: { violationType: "token_limit", unit: "count", warns: "percent", onExceed: "halt" },
  max_output_tokens: { violationType: "token_limit", unit: "count", warns: "percent", onExceed: "halt" },
  max_memory_mb: { violationType: "memory_limit", unit: "bytes", warns: "percent", onExceed: "block" },
  max_cost_usd: { violationType: "cost_threshold", unit: "nanoUsd", warns: "percent", onExceed: "halt" },
  cost_alert_threshold_usd: {
    violationType: "cost_threshold",
    unit: "nanoUsd",
    warns: "percent",
    onExceed: "pause",
  },
  max_discovery_depth: {
    violationType: "discovery_depth_limit",
    unit: "count",
    warns: "never",
    onExceed: "block",
  },
  max_discovered_steps: {
    violationType: "discovered_step_limit",
    unit: "count",
    warns: "percent",
    onExceed: "block",
  },
  idle_timeout_seconds: {
    violationType: "idle_timeout",
    unit: "seconds",
    warns: "percent",
    onExceed: "halt",
  },
  max_same_step_repetitions: {
    violationType: "same_step_loop",
    unit: "count",
    warns: "at_limit",
    onExceed: "block",
  },
  max_requests: { violationType: "request_limit", unit: "count", warns: "percent", onExceed: "halt" },
  max_tool_calls: { violationType: "tool_call_limit", unit: "count", warns: "percent", onExceed: "halt" },
  max_modifications_per_session: {
    violationType: "modification_limit",
    unit: "count",
    warns: "percent",
    onExceed: "block",
  },
} as const satisfies Record<string, LimitDefinition>;

export type LimitKey = keyof typeof LIMITS;
export const LIMIT_KEYS = Object.keys(LIMITS) as readonly LimitKey[];

/** The window of `max_modifications_per_session`: a sliding hour. */
export const MODIFICATION_WINDOW_MS = 3_600_000;
/** Instants of modifications kept of one session: with as many within the hour every limit counts as reached. */
export const MAX_MODIFICATIONS = 1_000;

/** `max_concurrent_executions`, by the level of the principal that is counted. */
export type ConcurrencyLevel = "tenant" | "user" | "agent";
export const CONCURRENCY_LEVELS = ["tenant", "user", "agent"] as const satisfies readonly ConcurrencyLevel[];

export type LongRunningPreset = "standard" | "extended" | "unlimited" | "disabled";

/**
 * Values that a registration, a carve, an approval or an operator names. In the unit of the key (`bytes` for
 * max_memory_mb, nano-USD for money). Absent keys say nothing.
 */
export interface LimitOverrides {
  readonly values: { readonly [K in LimitKey]?: bigint };
  readonly custom: { readonly [name: string]: bigint };
  /** Active executions by level of the principal, judged at registration. */
  readonly concurrency?: { readonly [L in ConcurrencyLevel]?: bigint } | undefined;
  readonly preset?: LongRunningPreset | undefined;
  readonly onExceed?: { readonly [K in LimitKey]?: OnExceed } | undefined;
}

export const NO_OVERRIDES: LimitOverrides = Object.freeze({
  values: Object.freeze({}),
  custom: Object.freeze({}),
});

/** Nothing is asked for. */
export function isEmptyOverrides(overrides: LimitOverrides): boolean {
  return (
    overrides.preset === undefined &&
    overrides.onExceed === undefined &&
    overrides.concurrency === undefined &&
    Object.keys(overrides.values).length === 0 &&
    Object.keys(overrides.custom).length === 0
  );
}

export const TIERS = ["default", "baseline", "tenant", "session", "adjusted"] as const;
/** Where a value comes from: nobody said one, tier 1, 2 or 3, or an approval or an operator for this execution alone. */
export type Tier = (typeof TIERS)[number];

export interface EffectiveLimit {
  readonly value: bigint;
  readonly mode: EnforcementMode;
  readonly onExceed: OnExceed;
  readonly tier: Tier;
  /** Document and line that decided it; absent for the built-in baseline. */
  readonly document?: string | undefined;
  readonly line?: number | undefined;
  /** The loosest value that any tier may choose; absent = unbounded. */
  readonly ceiling?: bigint | undefined;
}

/** How reported usage is read and priced. */
export interface UsageRules {
  /** How far `occurred_at` may move a charge back, ms. */
  readonly lateToleranceMs: number;
  /** Undefined: `fallback` where there is a price book, else `tokens_only`. */
  readonly unknownPrice: "deny" | "tokens_only" | "fallback" | undefined;
  readonly costSource: "price_book" | "reported" | "max";
  /** Names of custom counters that may be reported. */
  readonly customCounters: readonly string[];
}

/** Everything that bounds one execution, shared by all executions with the same policy, labels and requests. */
export interface EffectiveLimits extends UsageRules {
  readonly byKey: { readonly [K in LimitKey]?: EffectiveLimit };
  readonly custom: { readonly [name: string]: EffectiveLimit };
  readonly concurrency: { readonly [L in ConcurrencyLevel]?: EffectiveLimit };
  /** Percent of a limit from which answers warn. */
  readonly warningThreshold: number;
  readonly timeoutGraceMs: number;
  readonly emitWarningEvents: boolean;
  readonly emitBlockEvents: boolean;
  /** Steps that loop detection looks back. */
  readonly loopWindow: number;
  readonly loopEscalation: "block" | "warn_first";
  /** Step names that loop detection leaves alone. */
  readonly loopExempt: readonly string[];
  readonly onStepTimeout: "notify" | "halt";
  /** Most of what remains that one hold may take: 0 < fraction ≤ 1. */
  readonly holdMaxFraction: number;
  readonly carveMode: "cap" | "floor";
}

export function categoryOf(type: ViolationType): Category {
  if (type === "wall_time_limit") return "timeout";
  if (type === "rate_limit") return "llm_error";
  if (type === "network_violation") return "policy_violation";
  return "quota_exceeded";
}

/** Whether asking again later can succeed without anybody changing a limit. */
export function isRetryable(type: ViolationType): boolean {
  return type === "rate_limit" || type === "concurrency_limit";
}
