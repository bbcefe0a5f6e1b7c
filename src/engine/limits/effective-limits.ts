import {
  CONCURRENCY_LEVELS,
  type ConcurrencyLevel,
  type EffectiveLimit,
  type EffectiveLimits,
  LIMIT_KEYS,
  LIMITS,
  type LimitKey,
  type LimitOverrides,
  NO_OVERRIDES,
  type OnExceed,
  type Tier,
  type UsageRules,
} from "../../domain/limits.ts";
import { createMemo } from "../memos/memo.ts";
import { PRESETS } from "./presets.ts";

// From the policy and what a registration asks for to the values that bound one execution. A value of a later tier can
// only tighten: for every limit here the smaller number is the stricter one.

/** What the platform and the tenant say about executions. */
export interface LimitPolicy extends UsageRules {
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
  readonly unregistered: "block" | "allow" | "register";
  readonly approvalTimeoutMs: number;
  readonly onApprovalTimeout: "halt" | "reject";
}

function unbounded(value: bigint, key: LimitKey): EffectiveLimit {
  return { value, mode: "enforce", onExceed: LIMITS[key].onExceed, tier: "default" };
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
    lateToleranceMs: policy.lateToleranceMs,
    unknownPrice: policy.unknownPrice,
    costSource: policy.costSource,
    customCounters: policy.customCounters,
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

/** Most sets of effective limits of one policy that are kept to be shared; more are computed for their execution alone. */
const MAX_SHARED_LIMITS = 10_000;

const shared = createMemo<LimitPolicy, Map<string, EffectiveLimits>>();

/** The limits of a registration without adjustments: equal requests share one value, as long as the policy stays. */
export function sharedLimits(policy: LimitPolicy, requested: LimitOverrides): EffectiveLimits {
  let byRequest = shared.get(policy);
  if (byRequest === undefined) {
    byRequest = new Map();
    shared.set(policy, byRequest);
  }
  const key = requested === NO_OVERRIDES ? "" : requestKey(requested);
  const known = byRequest.get(key);
  if (known !== undefined) return known;
  const limits = resolveLimits(policy, requested, NO_OVERRIDES);
  if (byRequest.size < MAX_SHARED_LIMITS) byRequest.set(key, limits);
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
