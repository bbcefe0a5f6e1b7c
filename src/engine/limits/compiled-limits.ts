import { MAX_COUNTER } from "../../domain/amounts.ts";
import { SPENT, SPENT_STRIDE } from "../../domain/counters.ts";
import type { EffectiveLimits, LimitKey } from "../../domain/limits.ts";
import { compileGlobs, type GlobSet } from "../globs/glob.ts";
import { createMemo } from "../memos/memo.ts";

// What an allowed request is compared with: one number per counter, the smallest value at which anything could have to be
// said. Below all of them there is nothing to find, so nothing is built.

/** Place of the total of tokens, behind the counters. */
export const TOTAL_TOKENS = SPENT_STRIDE;

/** The limits whose comparison is on one counter alone. */
export const COUNTER_LIMITS = [
  ["max_steps", SPENT.steps],
  ["max_tokens", TOTAL_TOKENS],
  ["max_input_tokens", SPENT.inputTokens],
  ["max_output_tokens", SPENT.outputTokens],
  ["max_cost_usd", SPENT.costNanoUsd],
  ["cost_alert_threshold_usd", SPENT.costNanoUsd],
  ["max_discovered_steps", SPENT.discoveredSteps],
  ["max_requests", SPENT.requests],
  ["max_tool_calls", SPENT.toolCalls],
] as const satisfies readonly (readonly [LimitKey, number])[];

export interface CompiledLimits {
  readonly limits: EffectiveLimits;
  /** By counter, and TOTAL_TOKENS: used + held + wanted at which a warning or a refusal begins. */
  readonly alerts: BigInt64Array;
  /** Bytes of memory in use at which something has to be said. */
  readonly memoryAlert: number;
  /** Milliseconds of wall, working and idle time at which something has to be said; Infinity = never. */
  readonly wallAlertMs: number;
  readonly workingAlertMs: number;
  readonly idleAlertMs: number;
  readonly hasCustom: boolean;
  /** Largest depth that is allowed. */
  readonly maxDepth: number;
  /** Tools and steps that loop detection leaves alone. */
  readonly loopExempt: GlobSet;
}

const compiled = createMemo<EffectiveLimits, CompiledLimits>();

/** Compiles once per set of limits: executions with the same limits share the result. */
export function compileLimits(limits: EffectiveLimits): CompiledLimits {
  const known = compiled.get(limits);
  if (known !== undefined) return known;
  const alerts = new BigInt64Array(SPENT_STRIDE + 1).fill(MAX_COUNTER);
  for (const [key, counter] of COUNTER_LIMITS) {
    const limit = limits.byKey[key];
    if (limit === undefined) continue;
    const alert = warningPoint(limit.value, limits.warningThreshold);
    if (alert < (alerts[counter] as bigint)) alerts[counter] = alert;
  }
  const result: CompiledLimits = {
    limits,
    alerts,
    memoryAlert: alertOf(limits, "max_memory_mb", 1),
    wallAlertMs: alertOf(limits, "max_wall_time_ms", 1),
    workingAlertMs: alertOf(limits, "max_working_time_ms", 1),
    idleAlertMs: alertOf(limits, "idle_timeout_seconds", 1000),
    hasCustom: Object.keys(limits.custom).length > 0,
    maxDepth: Number(limits.byKey.max_discovery_depth?.value ?? 2n ** 31n - 1n),
    loopExempt: compileGlobs(limits.loopExempt),
  };
  compiled.set(limits, result);
  return result;
}

function alertOf(limits: EffectiveLimits, key: LimitKey, scale: number): number {
  const limit = limits.byKey[key];
  return limit === undefined
    ? Number.POSITIVE_INFINITY
    : Number(warningPoint(limit.value, limits.warningThreshold)) * scale;
}

/** The smallest amount whose floor(amount × 100 / limit) is at least the threshold. */
export function warningPoint(limit: bigint, thresholdPercent: number): bigint {
  return (limit * BigInt(thresholdPercent) + 99n) / 100n;
}
