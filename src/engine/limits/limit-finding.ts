import { type Amount, BYTES_PER_MIB, formatUsd, percentOf } from "../../domain/amounts.ts";
import type { Finding, Verdict } from "../../domain/decision.ts";
import {
  categoryOf,
  type EffectiveLimit,
  isRetryable,
  LIMITS,
  type LimitKey,
  type LimitUnit,
  VIOLATION_TYPES,
  type ViolationType,
} from "../../domain/limits.ts";
import type { ReasonCode } from "../../domain/reasons.ts";
import { createMemo } from "../memos/memo.ts";

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
  const { violationType, unit, limit, current } = facts;
  const percent = percentOf(current, limit.value);
  const words = [
    violationType,
    " exceeded: ",
    formatAmount(unit, current),
    " / ",
    formatAmount(unit, limit.value),
  ];
  if (percent !== undefined) words.push(" (", String(percent), "%)");
  if (facts.held > 0n) words.push(" (held ", formatAmount(unit, facts.held), ")");
  const overrun = current > limit.value ? toAmount(unit, current - limit.value) : undefined;
  return limitFinding(facts, verdict, REASONS[violationType], words, percent, overrun);
}

export function nearFinding(facts: LimitFacts): Finding {
  const { violationType, unit, limit, current } = facts;
  const percent = percentOf(current, limit.value) ?? 0;
  const reason = `${violationType.toUpperCase()}_NEAR` as ReasonCode;
  const words = [violationType, " at ", String(percent), "%: "];
  words.push(formatAmount(unit, current), " / ", formatAmount(unit, limit.value));
  return limitFinding(facts, "WARN", reason, words, percent, undefined);
}

const REASONS = Object.fromEntries(VIOLATION_TYPES.map((type) => [type, type.toUpperCase()])) as {
  readonly [V in ViolationType]: ReasonCode;
};

/**
 * One literal, and the message in one piece: a hundred thousand of them may be made at once and kept, and what is made of many objects
 * costs the collections many times as much.
 */
function limitFinding(
  facts: LimitFacts,
  verdict: Verdict,
  reason: ReasonCode,
  words: readonly string[],
  percent: number | undefined,
  overrun: Amount | undefined,
): Finding {
  const { violationType, unit, limit, current, held } = facts;
  return {
    verdict,
    kind: "LIMIT",
    reason,
    message: words.join(""),
    violationType,
    category: categoryOf(violationType),
    retryable: isRetryable(violationType),
    fatal: false,
    tier: limit.tier,
    sourceId: facts.key,
    document: limit.document,
    line: limit.line,
    current: toAmount(unit, current),
    limit: amountOfLimit(unit, limit),
    remaining: limit.value > current ? toAmount(unit, limit.value - current) : NOTHING[unit],
    overrun,
    held: held > 0n ? toAmount(unit, held) : undefined,
    percent,
    shadow: limit.mode === "shadow" ? true : undefined,
    executionId: facts.executionId,
  };
}

const amounts = createMemo<EffectiveLimit, Amount>();

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
