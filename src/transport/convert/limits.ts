import { CARVE_UNITS } from "../../domain/counters.ts";
import type { Carve, CarveMode } from "../../domain/execution.ts";
import {
  CONCURRENCY_LEVELS,
  type EffectiveLimit,
  type EffectiveLimits,
  LIMIT_KEYS,
  LIMITS,
  type LimitKey,
  type LimitOverrides,
  type LimitUnit,
  type LongRunningPreset,
  NO_OVERRIDES,
  type OnExceed,
} from "../../domain/limits.ts";
import { Unit } from "../../gen/tollgate/enforcement/v1/amount_pb.ts";
import {
  type ConcurrencyLimits,
  EnforcementMode,
  type Limits,
  type Carve as WireCarve,
  CarveMode as WireCarveMode,
  type EffectiveLimit as WireEffectiveLimit,
  OnExceed as WireOnExceed,
  LongRunningPreset as WirePreset,
} from "../../gen/tollgate/enforcement/v1/limits_pb.ts";
import { fieldError } from "../validate/rules.ts";
import { limitAmount, unitOfKey } from "./amounts.ts";
import { TIER_TO_PROTO } from "./findings.ts";
import { durationFromProto } from "./times.ts";

export const PRESET_FROM_PROTO: { readonly [P in WirePreset]?: LongRunningPreset } = {
  [WirePreset.STANDARD]: "standard",
  [WirePreset.EXTENDED]: "extended",
  [WirePreset.UNLIMITED]: "unlimited",
  [WirePreset.DISABLED]: "disabled",
};

const ON_EXCEED_FROM_PROTO: { readonly [A in WireOnExceed]?: OnExceed } = {
  [WireOnExceed.HALT]: "halt",
  [WireOnExceed.PAUSE]: "pause",
  [WireOnExceed.BLOCK]: "block",
};

const ON_EXCEED_TO_PROTO: { readonly [A in OnExceed]: WireOnExceed } = {
  halt: WireOnExceed.HALT,
  pause: WireOnExceed.PAUSE,
  block: WireOnExceed.BLOCK,
};

/** Limits that are the same number under another name. */
const PLAIN_FIELDS = [
  ["max_steps", "maxSteps"],
  ["max_tokens", "maxTokens"],
  ["max_input_tokens", "maxInputTokens"],
  ["max_output_tokens", "maxOutputTokens"],
  ["max_memory_mb", "maxMemoryBytes"],
  ["max_requests", "maxRequests"],
  ["max_tool_calls", "maxToolCalls"],
  ["max_modifications_per_session", "maxModificationsPerSession"],
  ["max_discovered_steps", "maxDiscoveredSteps"],
  ["max_discovery_depth", "maxDiscoveryDepth"],
  ["cost_alert_threshold_usd", "costAlertThresholdNanoUsd"],
  ["max_cost_usd", "maxCostNanoUsd"],
  ["max_same_step_repetitions", "maxSameStepRepetitions"],
] as const satisfies readonly (readonly [LimitKey, keyof Limits])[];

/**
 * What a registration asks for. `declared` are the custom counters that the policy knows.
 * @throws TollgateError FIELD_INVALID for a custom counter that is not declared
 */
export function limitsFromProto(limits: Limits | undefined, declared: readonly string[]): LimitOverrides {
  if (limits === undefined) return NO_OVERRIDES;
  const values: { [K in LimitKey]?: bigint } = {};
  for (const [key, field] of PLAIN_FIELDS) {
    const value = limits[field];
    if (value !== undefined) values[key] = value;
  }
  if (limits.maxWallTime !== undefined)
    values.max_wall_time_ms = BigInt(durationFromProto(limits.maxWallTime));
  if (limits.maxWorkingTime !== undefined)
    values.max_working_time_ms = BigInt(durationFromProto(limits.maxWorkingTime));
  // To the second, rounded up: a requested timeout below a second must not become "at once".
  if (limits.idleTimeout !== undefined)
    values.idle_timeout_seconds = BigInt(Math.ceil(durationFromProto(limits.idleTimeout) / 1000));
  const unknown = Object.keys(limits.custom).filter((name) => !declared.includes(name));
  if (unknown.length > 0) {
    throw fieldError(
      unknown.map((name) => ({
        field: `limits.custom[${name}]`,
        description: "is not declared in custom_counters",
      })),
    );
  }
  const preset = limits.longRunning === undefined ? undefined : PRESET_FROM_PROTO[limits.longRunning];
  const onExceed = onExceedFromProto(limits.onExceed);
  const concurrency = concurrencyFromProto(limits.maxConcurrentExecutions);
  return {
    values,
    custom: limits.custom,
    ...(concurrency === undefined ? {} : { concurrency }),
    ...(preset === undefined ? {} : { preset }),
    ...(onExceed === undefined ? {} : { onExceed }),
  };
}

/** Undefined when no level is named. */
function concurrencyFromProto(limits: ConcurrencyLimits | undefined): LimitOverrides["concurrency"] {
  if (limits === undefined) return undefined;
  const named = CONCURRENCY_LEVELS.flatMap((level) =>
    limits[level] === undefined ? [] : [[level, limits[level]] as const],
  );
  return named.length === 0 ? undefined : Object.fromEntries(named);
}

function onExceedFromProto(actions: Limits["onExceed"]): { [K in LimitKey]?: OnExceed } | undefined {
  const names = Object.keys(actions);
  if (names.length === 0) return undefined;
  const result: { [K in LimitKey]?: OnExceed } = {};
  for (const name of names as LimitKey[]) {
    const action = ON_EXCEED_FROM_PROTO[actions[name] as WireOnExceed];
    if (action !== undefined) result[name] = action;
  }
  return result;
}

/** Undefined when nothing is carved. */
export function carveFromProto(carve: WireCarve | undefined): Carve | undefined {
  if (carve === undefined) return undefined;
  const { steps, tokens, costNanoUsd, toolCalls } = carve;
  return { steps, tokens, costNanoUsd, toolCalls };
}

export function carveModeFromProto(mode: WireCarveMode | undefined): CarveMode | undefined {
  if (mode === undefined) return undefined;
  return mode === WireCarveMode.FLOOR ? "floor" : "cap";
}

export function carveModeToProto(mode: CarveMode): WireCarveMode {
  return mode === "floor" ? WireCarveMode.FLOOR : WireCarveMode.CAP;
}

/** Amounts in the order of CARVE_UNITS; `total` tells which units are carved at all. */
export function carveToProto(amounts: readonly bigint[], total: readonly bigint[]): WireCarve {
  const of = (unit: (typeof CARVE_UNITS)[number]): bigint | undefined => {
    const place = CARVE_UNITS.indexOf(unit);
    return (total[place] ?? 0n) > 0n ? amounts[place] : undefined;
  };
  return {
    $typeName: "tollgate.enforcement.v1.Carve",
    steps: of("steps"),
    tokens: of("tokens"),
    costNanoUsd: of("costNanoUsd"),
    toolCalls: of("toolCalls"),
  };
}

/** Every limit in force, in the order of the checks. */
export function effectiveLimitsToProto(limits: EffectiveLimits): WireEffectiveLimit[] {
  const result: WireEffectiveLimit[] = [];
  for (const key of LIMIT_KEYS) {
    const limit = limits.byKey[key];
    if (limit !== undefined) result.push(effectiveLimitToProto(key, limit, LIMITS[key].unit));
  }
  for (const [name, limit] of Object.entries(limits.custom))
    result.push(effectiveLimitToProto(`custom.${name}`, limit, "count"));
  for (const level of CONCURRENCY_LEVELS) {
    const limit = limits.concurrency[level];
    if (limit === undefined) continue;
    result.push({
      ...effectiveLimitToProto(`max_concurrent_executions.${level}`, limit, "count"),
      onExceed: undefined,
    });
  }
  return result;
}

function effectiveLimitToProto(key: string, limit: EffectiveLimit, unit: LimitUnit): WireEffectiveLimit {
  return {
    $typeName: "tollgate.enforcement.v1.EffectiveLimit",
    key,
    value: limitAmount(unit, limit.value),
    tier: TIER_TO_PROTO[limit.tier],
    document: limit.document,
    line: limit.line,
    ceiling: limit.ceiling === undefined ? undefined : limitAmount(unit, limit.ceiling),
    unit: unitOfKey(key) ?? Unit.UNSPECIFIED,
    mode: limit.mode === "shadow" ? EnforcementMode.SHADOW : EnforcementMode.ENFORCE,
    onExceed: ON_EXCEED_TO_PROTO[limit.onExceed],
  };
}
