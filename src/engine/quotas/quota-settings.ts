import { MAX_COUNTER } from "../../domain/amounts.ts";
import type { PolicySettings } from "../../domain/policy/section-fields.ts";
import { HOUR_MS } from "../../domain/time.ts";
import type { WrittenAdjust } from "../adjustments/adjusting-quota.ts";

// `quotas` as policies write it, in the engine's units: CPU time in milliseconds, memory-time in MiB-milliseconds, storage
// in bytes.

export type QuotaSettings = PolicySettings["quotas"];
export type QuotaEntry = QuotaSettings[string];

/** One quota as it is written: `{value, mode, auto_adjust …}`. */
export interface WrittenQuota {
  readonly value: bigint | number;
  readonly mode: "enforce" | "shadow" | "off";
  readonly auto_adjust: WrittenAdjust;
}

/** What a number of the policy is in the engine's unit, by key. Rounded down: nothing above what is written passes. */
export function quotaAmount(key: string, value: bigint | number): bigint {
  if (typeof value === "bigint") return value;
  const scaled = Math.floor(value * (SCALES[key] ?? 1));
  return scaled >= Number(MAX_COUNTER) ? MAX_COUNTER : BigInt(scaled);
}

export const MIB_MILLIS_PER_GIB_HOUR = 1024 * HOUR_MS;
export const BYTES_PER_GIB = 2 ** 30;

const SCALES: { readonly [key: string]: number } = {
  cpu_hours: HOUR_MS,
  memory_gb_hours: MIB_MILLIS_PER_GIB_HOUR,
  storage_gb: BYTES_PER_GIB,
};
