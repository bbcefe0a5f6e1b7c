import { MAX_AMOUNT, MAX_COUNTER } from "../../domain/amounts.ts";
import { MAX_CUSTOM_COUNTERS, MAX_LABELS } from "../../domain/execution.ts";
import { LIMIT_KEYS } from "../../domain/limits.ts";
import { HOLD_TTL_MAX_MS, HOLD_TTL_MIN_MS } from "../../domain/reservation.ts";
import { DAY_MS } from "../../domain/time.ts";
import {
  type Carve,
  type ConcurrencyLimits,
  type Limits,
  LongRunningPresetSchema,
  OnExceedSchema,
} from "../../gen/tollgate/enforcement/v1/limits_pb.ts";
import {
  DetailLevelSchema,
  type Principal,
  WaitModeSchema,
} from "../../gen/tollgate/enforcement/v1/request_pb.ts";
import type { TokenUsage } from "../../gen/tollgate/enforcement/v1/usage_pb.ts";
import {
  amount,
  duration,
  enumValue,
  every,
  list,
  map,
  message,
  optionalId,
  type Rule,
  requiredId,
  satisfies,
  text,
} from "./rules.ts";

// The bounds that proto/ states in its comments, as far as several requests share them.

/** Longest time that a limit can name. */
const MAX_LIMIT_MS = 365 * DAY_MS;
/** Scopes of one request. */
const MAX_SCOPES = 64;
/** Characters of an address as text, IPv6 with an embedded IPv4 one. */
const MAX_ADDRESS_LENGTH = 45;

export const wait = enumValue(WaitModeSchema);
export const detail = enumValue(DetailLevelSchema);

export const principal = message<Principal>({
  tenant: optionalId,
  team: optionalId,
  user: optionalId,
  apiKeyId: optionalId,
  agent: optionalId,
});

export const labels: Rule<{ readonly [name: string]: string }> = map(MAX_LABELS, requiredId);
export const scopes = list(MAX_SCOPES, requiredId);
export const sourceIp = every<string | undefined>(
  text(MAX_ADDRESS_LENGTH, 1),
  satisfies("an IPv4 or IPv6 address", (value) => value === undefined || /^[0-9a-fA-F:.]+$/.test(value)),
);

const usageAmount = amount(MAX_AMOUNT);
const limitAmount = amount(MAX_COUNTER);

export const tokens: Rule<TokenUsage | undefined> = every(
  message<TokenUsage>({
    input: usageAmount,
    output: usageAmount,
    cacheRead: usageAmount,
    cacheWrite: usageAmount,
    cacheWriteLong: usageAmount,
    reasoning: usageAmount,
    audioIn: usageAmount,
    audioOut: usageAmount,
  }),
  satisfies("parts must not be larger than their whole", (value) => {
    if (value === undefined) return true;
    const parts =
      (value.cacheRead ?? 0n) +
      (value.cacheWrite ?? 0n) +
      (value.cacheWriteLong ?? 0n) +
      (value.audioIn ?? 0n);
    return (
      parts <= (value.input ?? 0n) && (value.reasoning ?? 0n) + (value.audioOut ?? 0n) <= (value.output ?? 0n)
    );
  }),
);

export const estimateAmount = usageAmount;
export const customAmounts = map(MAX_CUSTOM_COUNTERS, usageAmount as Rule<bigint>);

const limitTime = duration(0, MAX_LIMIT_MS);
const limitKeys: ReadonlySet<string> = new Set(LIMIT_KEYS);
const onExceed: Rule<{ readonly [key: string]: number }> = every(
  map(LIMIT_KEYS.length, enumValue(OnExceedSchema) as Rule<number>),
  satisfies("names of limits, for example `max_steps`", (values) =>
    Object.keys(values).every((key) => limitKeys.has(key)),
  ),
);

export const limits = message<Limits>({
  maxWallTime: limitTime,
  maxWorkingTime: limitTime,
  maxSteps: limitAmount,
  maxTokens: limitAmount,
  maxInputTokens: limitAmount,
  maxOutputTokens: limitAmount,
  maxMemoryBytes: limitAmount,
  maxRequests: limitAmount,
  maxToolCalls: limitAmount,
  maxModificationsPerSession: limitAmount,
  custom: map(MAX_CUSTOM_COUNTERS, limitAmount as Rule<bigint>),
  maxConcurrentExecutions: message<ConcurrencyLimits>({
    tenant: limitAmount,
    user: limitAmount,
    agent: limitAmount,
  }),
  maxDiscoveredSteps: limitAmount,
  maxDiscoveryDepth: limitAmount,
  costAlertThresholdNanoUsd: limitAmount,
  maxCostNanoUsd: limitAmount,
  idleTimeout: limitTime,
  maxSameStepRepetitions: limitAmount,
  longRunning: enumValue(LongRunningPresetSchema),
  onExceed,
});

export const carve = message<Carve>({
  steps: limitAmount,
  tokens: limitAmount,
  costNanoUsd: limitAmount,
  toolCalls: limitAmount,
});

/** Time to live of a hold. */
export const timeToLive = duration(HOLD_TTL_MIN_MS, HOLD_TTL_MAX_MS);
/** A step's timeout: above 0, at most a day. */
export const stepTimeout = duration(1, DAY_MS);
