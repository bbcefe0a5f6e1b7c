import { type Amount, formatUsd, percentOf } from "../../domain/amounts.ts";
import type { Finding } from "../../domain/decision.ts";
import { PERIOD_WORDS, type QuotaUnit } from "../../domain/quotas/quota-units.ts";
import { HOUR_MS } from "../../domain/time.ts";
import type { GaugeQuota, WindowQuota } from "./compile-quotas.ts";
import { BYTES_PER_GIB, MIB_MILLIS_PER_GIB_HOUR } from "./quota-settings.ts";
import type { QuotaSource } from "./written-bounds.ts";

// Findings about quotas, in the words of docs/quotas.md: `Hourly request quota exceeded: 1001 > 1000`.

export interface QuotaFacts {
  readonly quota: WindowQuota;
  /** The left side of the comparison. */
  readonly current: bigint;
  /** The part of `current` that is only held. */
  readonly held: bigint;
  /** Until the window ends; undefined when waiting changes nothing. */
  readonly retryAfterMs: number | undefined;
}

export function quotaFinding({ quota, current, held, retryAfterMs }: QuotaFacts): Finding {
  const { unit, period, limit } = quota;
  const numbers = `${formatQuota(unit.unit, current)} > ${formatQuota(unit.unit, limit)}`;
  const note = held > 0n ? ` (held ${formatQuota(unit.unit, held)})` : "";
  return {
    verdict: "BLOCK",
    kind: "QUOTA",
    reason: unit.reason,
    message: `${PERIOD_WORDS[period]} ${unit.noun} exceeded: ${numbers}${note}`,
    category: "quota_exceeded",
    ...amounts(unit.unit, current, limit),
    ...(current > limit ? { overrun: toQuotaAmount(unit.unit, current - limit) } : {}),
    ...(held > 0n ? { held: toQuotaAmount(unit.unit, held) } : {}),
    ...aboutQuota(quota),
    severity: quota.severity,
    retryable: retryAfterMs !== undefined,
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
  };
}

/** A level of use that was passed: `Critical: cost_day at 95.0% of quota`. */
export function alertFinding(quota: WindowQuota, used: bigint, percent: number): Finding {
  const { unit, period, limit, principal } = quota;
  const tenths = limit === 0n ? 0n : (used * 1000n) / limit;
  const word = percent >= 90 ? "Critical" : "Warning";
  const share = `${tenths / 10n}.${tenths % 10n}%`;
  return {
    verdict: "WARN",
    kind: "QUOTA",
    reason: "QUOTA_NEAR",
    message: `${word}: ${unit.metric}_${period} at ${share} of quota (${principal})`,
    ...amounts(unit.unit, used, limit),
    ...aboutQuota(quota),
    severity: percent >= 90 ? "high" : "medium",
  };
}

/** `Concurrent request quota exceeded: 51 > 50`, `Storage quota exceeded: 10.5 > 10`. */
export function gaugeFinding(quota: GaugeQuota, current: bigint): Finding {
  const { key, limit, principal, setting, shadow } = quota;
  const unit = key === "storage_gb" ? "bytes" : "count";
  const words = GAUGES[key];
  return {
    verdict: key === "concurrent_requests" ? "THROTTLE" : "BLOCK",
    kind: "QUOTA",
    reason: words.reason,
    message: `${words.noun} exceeded: ${formatGauge(key, current)} > ${formatGauge(key, limit)}`,
    category: "quota_exceeded",
    ...amounts(unit, current, limit),
    severity: key === "storage_gb" ? "high" : "medium",
    sourceId: words.id,
    principal,
    setting,
    ...decidedBy(quota),
    // Places are given back at any time; how much is stored changes with the next report.
    retryable: true,
    ...(key === "concurrent_requests" ? { retryAfterMs: SLOT_RETRY_MS } : {}),
    ...(shadow ? { shadow } : {}),
  };
}

/** Nobody knows when a slot becomes free: soon enough to be asked again, seldom enough not to be a loop. */
const SLOT_RETRY_MS = 1_000;

const GAUGES = {
  concurrent_requests: {
    id: "quota_concurrent_requests",
    noun: "Concurrent request quota",
    reason: "QUOTA_CONCURRENT_REQUESTS",
  },
  concurrent_executions: {
    id: "quota_concurrent_executions",
    noun: "Concurrent execution quota",
    reason: "QUOTA_CONCURRENT_EXECUTIONS",
  },
  storage_gb: { id: "quota_storage_gb", noun: "Storage quota", reason: "QUOTA_STORAGE" },
} as const;

function aboutQuota(quota: WindowQuota) {
  const { id, principal, setting, shadow } = quota;
  return { sourceId: id, principal, setting, ...decidedBy(quota), ...(shadow ? { shadow } : {}) };
}

function decidedBy({ source }: { readonly source: QuotaSource }) {
  const decided = source();
  if (decided === undefined) return {};
  const { tier, document, line } = decided;
  return { tier, ...(document === undefined ? {} : { document, line }) };
}

function amounts(unit: QuotaUnit["unit"], current: bigint, limit: bigint) {
  const percent = percentOf(current, limit);
  return {
    current: toQuotaAmount(unit, current),
    limit: toQuotaAmount(unit, limit),
    remaining: toQuotaAmount(unit, limit > current ? limit - current : 0n),
    ...(percent === undefined ? {} : { percent }),
  };
}

function toQuotaAmount(unit: QuotaUnit["unit"], value: bigint): Amount {
  if (unit === "nanoUsd" || unit === "cpuMillis" || unit === "bytes") return { kind: unit, value };
  return { kind: "count", value };
}

/** In the unit of the policy key. */
export function formatQuota(unit: QuotaUnit["unit"], value: bigint): string {
  if (unit === "nanoUsd") return formatUsd(value);
  if (unit === "cpuMillis") return formatThousandths(value, BigInt(HOUR_MS));
  if (unit === "memoryTime") return formatThousandths(value, BigInt(MIB_MILLIS_PER_GIB_HOUR));
  return value.toString();
}

function formatGauge(key: GaugeQuota["key"], value: bigint): string {
  return key === "storage_gb" ? formatThousandths(value, BigInt(BYTES_PER_GIB)) : value.toString();
}

/** At most three decimals, rounded up, so that what is above a limit never looks equal to it. */
function formatThousandths(value: bigint, per: bigint): string {
  const thousandths = (value * 1000n + per - 1n) / per;
  const fraction = (thousandths % 1000n).toString().padStart(3, "0").replace(/0+$/, "");
  return `${thousandths / 1000n}${fraction === "" ? "" : `.${fraction}`}`;
}
