import { Decimal } from "decimal.js";

// Exact integers everywhere: counts and nano-USD are bigint. Floats appear only as `ratio` of operation attributes.

/** Most that one amount of one report may be (2^48): above it a report is rejected AMOUNT_TOO_LARGE. */
export const MAX_AMOUNT = 1n << 48n;
/** Most that a counter or a limit may be (2^62): a counter stays there, so 64-bit sums can never wrap. */
export const MAX_COUNTER = 1n << 62n;
/** 1 USD in nano-USD, the unit of money on the hot path. */
export const NANO_PER_USD = 1_000_000_000n;
/** Bytes in the MB and GB of policy keys, which mean MiB and GiB. */
export const BYTES_PER_MIB = 1_048_576n;

/** Largest percentage that is exact as a number. */
const MAX_PERCENT = BigInt(Number.MAX_SAFE_INTEGER);

export type Amount =
  | { readonly kind: "count"; readonly value: bigint }
  | { readonly kind: "nanoUsd"; readonly value: bigint }
  | { readonly kind: "durationMs"; readonly value: number }
  | { readonly kind: "bytes"; readonly value: bigint }
  | { readonly kind: "cpuMillis"; readonly value: bigint }
  | { readonly kind: "ratio"; readonly value: number };

/** USD as text with 2 to 9 decimals, as findings print it: `5.00`, `5.123456789`. */
export function formatUsd(nanoUsd: bigint): string {
  const negative = nanoUsd < 0n;
  const absolute = negative ? -nanoUsd : nanoUsd;
  const whole = absolute / NANO_PER_USD;
  const fraction = (absolute % NANO_PER_USD).toString().padStart(9, "0");
  const trimmed = fraction.replace(/0{1,7}$/, "");
  return `${negative ? "-" : ""}${whole}.${trimmed}`;
}

/**
 * Decimal text in USD to nano-USD.
 * @throws RangeError when the text is no finite, non-negative number, has more than 9 decimals or is above 2^62 nano-USD
 */
export function parseUsd(text: string): bigint {
  let value: Decimal;
  try {
    value = new Decimal(text);
  } catch {
    throw new RangeError(`"${text}" is not a decimal number`);
  }
  if (!value.isFinite() || value.isNegative())
    throw new RangeError(`"${text}" must be a finite amount of at least 0`);
  const nano = value.times(1_000_000_000);
  if (!nano.isInteger()) throw new RangeError(`"${text}" has more than 9 decimals`);
  const result = BigInt(nano.toFixed(0));
  if (result > MAX_COUNTER) throw new RangeError(`"${text}" is above the largest amount of money`);
  return result;
}

/** floor(current × 100 / limit), at most 2^53 - 1; undefined for a limit of 0, which has no percentage. */
export function percentOf(current: bigint, limit: bigint): number | undefined {
  if (limit === 0n) return undefined;
  const percent = (current * 100n) / limit;
  return percent > MAX_PERCENT ? Number(MAX_PERCENT) : Number(percent);
}
