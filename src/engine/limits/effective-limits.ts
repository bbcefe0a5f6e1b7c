import {
  CONCURRENCY_LEVELS,
  type ConcurrencyLevel,
  type EffectiveLimit,
  type EffectiveLimits,
  LIMIT_KEYS,
  LIMITS,
  type LimitKey,
  type LimitOverrides,
  type LongRunningPreset,
  NO_OVERRIDES,
  type OnExceed,
  type Tier,
} from "../../domain/limits.ts";
import type { World } from "../world.ts";
import { MODIFICATION_DEFAULT, PRESETS } from "./presets.ts";

// From the policy and what a registration asks for to the values that bound one execution. A value of a later tier can
// only tighten: for every limit here the smaller number is the stricter one.

/** What the platform and the tenant say about executions. */
export interface LimitPolicy {
  readonly byKey: { readonly [K in LimitKey]?: EffectiveLimit };
  readonly custom: { readonly [name: string]: EffectiveLimit };
  readonly concurrency: EffectiveLimits["concurrency"];
  readonly warningThreshold: number;
  readonly timeoutGraceMs: number;
  readonly emitWarningEvents: boolean;
  readonly emitBlockEvents: boolean;
  readonly loopWindow: number;
  readonly loopEscalation: "block" | "warn_first";
  readonly loopExempt: readonly string[];
  readonly onStepTimeout: "notify" | "halt";
  readonly holdMaxFraction: number;
  readonly carveMode: "cap" | "floor";
  /** How far `occurred_at` may move a charge back, ms. */
  readonly lateToleranceMs: number;
  readonly unregistered: "block" | "allow" | "register";
  readonly unknownPrice: "deny" | "tokens_only" | "fallback" | undefined;
  readonly costSource: "price_book" | "reported" | "max";
  readonly approvalTimeoutMs: number;
  readonly onApprovalTimeout: "halt" | "reject";
  /** Names of custom counters that may be reported. */
  readonly customCounters: readonly string[];
}

const STEPS_DEFAULT = 100n;
const TOKENS_DEFAULT = 100_000n;
const WALL_TIME_DEFAULT_MS = 300_000n;

/** What is on without any policy: docs/limits.md, "Defaults". */
export function builtInLimits(): LimitPolicy {
  return {
    byKey: {
      max_steps: unbounded(STEPS_DEFAULT, "max_steps"),
      max_tokens: unbounded(TOKENS_DEFAULT, "max_tokens"),
      max_wall_time_ms: unbounded(WALL_TIME_DEFAULT_MS, "max_wall_time_ms"),
      max_modifications_per_session: {
        ...unbounded(MODIFICATION_DEFAULT, "max_modifications_per_session"),
        ceiling: MODIFICATION_DEFAULT,
      },
      ...presetLimits("standard"),
    },
    custom: {},
    concurrency: {},
    warningThreshold: 80,
    timeoutGraceMs: 1_000,
    emitWarningEvents: true,
    emitBlockEvents: true,
    loopWindow: 20,
    loopEscalation: "block",
    loopExempt: [],
    onStepTimeout: "notify",
    holdMaxFraction: 1,
    carveMode: "cap",
    lateToleranceMs: 300_000,
    unregistered: "block",
    unknownPrice: undefined,
    costSource: "price_book",
    approvalTimeoutMs: 3_600_000,
    onApprovalTimeout: "halt",
    customCounters: [],
  };
}

function unbounded(value: bigint, key: LimitKey): EffectiveLimit {
  return { value, mode: "enforce", onExceed: LIMITS[key].onExceed, tier: "default" };
}

function presetLimits(preset: LongRunningPreset): { [K in LimitKey]?: EffectiveLimit } {
  const result: { [K in LimitKey]?: EffectiveLimit } = {};
  for (const [key, value] of Object.entries(PRESETS[preset]) as [LimitKey, bigint][])
    result[key] = unbounded(value, key);
  return result;
}

/**
 * The values in force for one execution: the policy's, tightened by what the registration asks for, replaced by what an
 * approval or an operator set (which only the ceilings bound).
 */
export function resolveLimits(
  policy: LimitPolicy,
  requested: LimitOverrides,
  adjusted: LimitOverrides,
): EffectiveLimits {
  const byKey: { [K in LimitKey]?: EffectiveLimit } = {};
  const preset = requested.preset === undefined ? {} : PRESETS[requested.preset];
  for (const key of LIMIT_KEYS) {
    const limit = resolveOne(
      key,
      policy.byKey[key],
      smaller(requested.values[key], preset[key]),
      adjusted.values[key],
    );
    const action = requested.onExceed?.[key];
    if (limit !== undefined)
      byKey[key] = action === undefined ? limit : { ...limit, onExceed: stricter(limit.onExceed, action) };
  }
  const custom: { [name: string]: EffectiveLimit } = {};
  for (const name of new Set(
    [policy.custom, requested.custom, adjusted.custom].flatMap((one) => Object.keys(one)),
  )) {
    const limit = resolveCustom(policy.custom[name], requested.custom[name], adjusted.custom[name]);
    if (limit !== undefined) custom[name] = limit;
  }
  const repetitions = byKey.max_same_step_repetitions?.value ?? 0n;
  return {
    byKey,
    custom,
    concurrency: tightenConcurrency(policy.concurrency, requested.concurrency),
    warningThreshold: policy.warningThreshold,
    timeoutGraceMs: policy.timeoutGraceMs,
    emitWarningEvents: policy.emitWarningEvents,
    emitBlockEvents: policy.emitBlockEvents,
    // Below four whole repeats of a cycle of period four, such a cycle could never be found.
    loopWindow: Math.max(policy.loopWindow, 4 * (Math.min(Number(repetitions), MAX_LOOP_LIMIT) + 1)),
    loopEscalation: policy.loopEscalation,
    loopExempt: policy.loopExempt,
    onStepTimeout: policy.onStepTimeout,
    holdMaxFraction: policy.holdMaxFraction,
    carveMode: policy.carveMode,
  };
}

function tightenConcurrency(
  policy: EffectiveLimits["concurrency"],
  requested: LimitOverrides["concurrency"],
): EffectiveLimits["concurrency"] {
  if (requested === undefined) return policy;
  const concurrency: { [L in ConcurrencyLevel]?: EffectiveLimit } = {};
  for (const level of CONCURRENCY_LEVELS) {
    const limit = tighten(policy[level], requested[level], "block");
    if (limit !== undefined) concurrency[level] = limit;
  }
  return concurrency;
}

/** Largest number of repetitions that widens the loop window: 256 × 4 steps are remembered at most. */
export const MAX_LOOP_LIMIT = 255;

/** Most sets of effective limits that are kept to be shared; more are computed for their execution alone. */
const MAX_SHARED_LIMITS = 10_000;

/** The limits of a registration without adjustments: equal requests share one value, as long as the policy stays. */
export function sharedLimits(
  world: Pick<World, "policy" | "sharedLimits">,
  requested: LimitOverrides,
): EffectiveLimits {
  const { policy, sharedLimits: memo } = world;
  if (memo.generation !== policy.generation) {
    memo.generation = policy.generation;
    memo.byRequest.clear();
  }
  const key = requested === NO_OVERRIDES ? "" : requestKey(requested);
  const known = memo.byRequest.get(key);
  if (known !== undefined) return known;
  const limits = resolveLimits(policy.limits, requested, NO_OVERRIDES);
  if (memo.byRequest.size < MAX_SHARED_LIMITS) memo.byRequest.set(key, limits);
  return limits;
}

function requestKey(requested: LimitOverrides): string {
  let key = requested.preset ?? "";
  for (const limit of LIMIT_KEYS) {
    const value = requested.values[limit];
    const action = requested.onExceed?.[limit];
    if (value !== undefined || action !== undefined) key += `|${limit}=${value ?? ""}${action ?? ""}`;
  }
  for (const name of Object.keys(requested.custom).toSorted())
    key += `|custom.${JSON.stringify(name)}=${requested.custom[name]}`;
  for (const level of CONCURRENCY_LEVELS) {
    const value = requested.concurrency?.[level];
    if (value !== undefined) key += `|max_concurrent_executions.${level}=${value}`;
  }
  return key;
}

function resolveOne(
  key: LimitKey,
  policy: EffectiveLimit | undefined,
  requested: bigint | undefined,
  adjusted: bigint | undefined,
): EffectiveLimit | undefined {
  if (adjusted === undefined) return tighten(policy, requested, LIMITS[key].onExceed);
  const ceiling = policy?.ceiling;
  const value = ceiling !== undefined && adjusted > ceiling ? ceiling : adjusted;
  return { ...(policy ?? unbounded(value, key)), value, tier: "adjusted" };
}

function resolveCustom(
  policy: EffectiveLimit | undefined,
  requested: bigint | undefined,
  adjusted: bigint | undefined,
): EffectiveLimit | undefined {
  if (adjusted === undefined) return tighten(policy, requested, "block");
  const ceiling = policy?.ceiling;
  const value = ceiling !== undefined && adjusted > ceiling ? ceiling : adjusted;
  return { mode: "enforce", onExceed: "block", ...policy, value, tier: "adjusted" };
}

function tighten(
  policy: EffectiveLimit | undefined,
  requested: bigint | undefined,
  onExceed: OnExceed,
): EffectiveLimit | undefined {
  if (requested === undefined) return policy;
  if (policy === undefined) return { value: requested, mode: "enforce", onExceed, tier: "session" };
  return requested < policy.value ? { ...policy, value: requested, tier: "session" satisfies Tier } : policy;
}

const STRICTNESS: { readonly [A in OnExceed]: number } = { halt: 2, pause: 1, block: 0 };

function stricter(left: OnExceed, right: OnExceed): OnExceed {
  return STRICTNESS[left] >= STRICTNESS[right] ? left : right;
}

function smaller(left: bigint | undefined, right: bigint | undefined): bigint | undefined {
  if (left === undefined) return right;
  return right === undefined || left < right ? left : right;
}
