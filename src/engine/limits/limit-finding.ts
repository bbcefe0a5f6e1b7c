import { type Amount, BYTES_PER_MIB, formatUsd, percentOf } from "../../domain/amounts.ts";
import type { Finding, Verdict } from "../../domain/decision.ts";
import {
  categoryOf,
  type EffectiveLimit,
  isRetryable,
  LIMITS,
  type LimitKey,
  type LimitUnit,
  type ViolationType,
} from "../../domain/limits.ts";
import type { ReasonCode } from "../../domain/reasons.ts";

// Findings about limits, in the words of docs/limits.md: `step_limit exceeded: 6 / 5 (120%)`, `step_limit at 80%: 8 / 10`.

export interface LimitFacts {
  readonly key: LimitKey | `custom.${string}` | `max_concurrent_executions.${string}`;
  readonly violationType: ViolationType;
  readonly unit: LimitUnit;
  readonly limit: EffectiveLimit;
  /** The left side of the comparison. */
  readonly current: bigint;
  /** The part of `current` that is only held. */
  readonly held: bigint;
  /** Whose limit it is. */
  readonly executionId: string;
}

export function limitFacts(
  key: LimitKey,
  limit: EffectiveLimit,
  current: bigint,
  held: bigint,
  executionId: string,
): LimitFacts {
  const { violationType, unit } = LIMITS[key];
  return { key, violationType, unit, limit, current, held, executionId };
}

export function exceededFinding(facts: LimitFacts, verdict: Verdict = "BLOCK"): Finding {
  const percent = percentOf(facts.current, facts.limit.value);
  const held = facts.held > 0n ? ` (held ${formatAmount(facts.unit, facts.held)})` : "";
  const numbers = `${formatAmount(facts.unit, facts.current)} / ${formatAmount(facts.unit, facts.limit.value)}`;
  const message = `${facts.violationType} exceeded: ${numbers}${percent === undefined ? "" : ` (${percent}%)`}${held}`;
  const overrun = facts.current > facts.limit.value ? facts.current - facts.limit.value : undefined;
  return {
    ...common(facts, percent),
    verdict,
    reason: facts.violationType.toUpperCase() as ReasonCode,
    message,
    ...(overrun === undefined ? {} : { overrun: toAmount(facts.unit, overrun) }),
  };
}

export function nearFinding(facts: LimitFacts): Finding {
  const percent = percentOf(facts.current, facts.limit.value) ?? 0;
  const numbers = `${formatAmount(facts.unit, facts.current)} / ${formatAmount(facts.unit, facts.limit.value)}`;
  return {
    ...common(facts, percent),
    verdict: "WARN",
    reason: `${facts.violationType.toUpperCase()}_NEAR` as ReasonCode,
    message: `${facts.violationType} at ${percent}%: ${numbers}`,
  };
}

function common(facts: LimitFacts, percent: number | undefined) {
  const { violationType, unit, limit, current } = facts;
  return {
    kind: "LIMIT" as const,
    violationType,
    category: categoryOf(violationType),
    retryable: isRetryable(violationType),
    fatal: false,
    tier: limit.tier,
    sourceId: facts.key,
    current: toAmount(unit, current),
    limit: amountOfLimit(unit, limit),
    remaining: limit.value > current ? toAmount(unit, limit.value - current) : NOTHING[unit],
    executionId: facts.executionId,
    ...(facts.held > 0n ? { held: toAmount(unit, facts.held) } : {}),
    ...(percent === undefined ? {} : { percent }),
    ...(limit.document === undefined ? {} : { document: limit.document, line: limit.line }),
    ...(limit.mode === "shadow" ? { shadow: true } : {}),
  };
}

const amounts = new WeakMap<EffectiveLimit, Amount>();

/** One value for all findings about a limit: a hundred thousand of them may be kept at once. */
function amountOfLimit(unit: LimitUnit, limit: EffectiveLimit): Amount {
  let amount = amounts.get(limit);
  if (amount === undefined) {
    amount = toAmount(unit, limit.value);
    amounts.set(limit, amount);
  }
  return amount;
}

export function toAmount(unit: LimitUnit, value: bigint): Amount {
  if (unit === "nanoUsd") return { kind: "nanoUsd", value };
  if (unit === "milliseconds") return { kind: "durationMs", value: Number(value) };
  if (unit === "seconds") return { kind: "durationMs", value: Number(value) * 1000 };
  return { kind: unit === "bytes" ? "bytes" : "count", value };
}

/** In the unit of the policy key; MB means MiB, rounded up so that what is above a limit never looks equal to it. */
export function formatAmount(unit: LimitUnit, value: bigint): string {
  if (unit === "nanoUsd") return formatUsd(value);
  if (unit === "bytes") return ((value + BYTES_PER_MIB - 1n) / BYTES_PER_MIB).toString();
  return value.toString();
}

/** What remains of a limit that is used up. */
const NOTHING: { readonly [U in LimitUnit]: Amount } = {
  count: toAmount("count", 0n),
  milliseconds: toAmount("milliseconds", 0n),
  seconds: toAmount("seconds", 0n),
  nanoUsd: toAmount("nanoUsd", 0n),
  bytes: toAmount("bytes", 0n),
};
