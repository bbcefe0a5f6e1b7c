// What every reader of stored rows needs: views, amounts that JSON carried as text, and the move to this boot's clock.

/** Longest that clients may take to come back before holds and idle clocks run on. */
export const RECONNECT_GRACE_MS = 30_000;
export interface Shift {
  /** Added to stored monotonic instants: they are then instants of this boot's clock, time away included. */
  readonly monoMs: number;
  readonly awayMs: number;
  /** What the wall clock said of the time away, where it is not believed. */
  readonly disbelievedMs?: number;
}

/**
 * Puts the amounts of findings and decisions back, which JSON carries as text. Only for what the engine itself wrote: a
 * client's labels may look like anything.
 */
export function reviveAmounts<T>(value: T): T {
  if (Array.isArray(value)) return value.map(reviveAmounts) as T;
  if (value === null || typeof value !== "object") return value;
  const revived = Object.fromEntries(
    // What an operator wrote may look like an amount: a rule's `config` stays as it is.
    Object.entries(value).map(([key, field]) => [key, key === "ruleConfig" ? field : reviveAmounts(field)]),
  );
  const { kind, value: amount } = revived as { readonly kind?: unknown; readonly value?: unknown };
  const isExact = kind === "count" || kind === "nanoUsd" || kind === "bytes" || kind === "cpuMillis";
  return (isExact && typeof amount === "string" ? { ...revived, value: BigInt(amount) } : revived) as T;
}

export function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
