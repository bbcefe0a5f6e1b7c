/** Milliseconds of the monotonic clock of this boot. Used for durations, timers, rates, slots and times to live. */
export type MonoMs = number & { readonly __brand: "MonoMs" };
/** Milliseconds since 1970-01-01T00:00Z. Used for calendar windows, `occurred_at` and everything that is shown. */
export type WallMs = number & { readonly __brand: "WallMs" };

/** The one instant at which a decision is made. The engine never reads a clock: `now` arrives as an argument. */
export interface Now {
  readonly monoMs: MonoMs;
  readonly wallMs: WallMs;
}

export const HOUR_MS = 3_600_000;
export const DAY_MS = 86_400_000;

export function createNow(monoMs: number, wallMs: number): Now {
  return Object.freeze({ monoMs: monoMs as MonoMs, wallMs: wallMs as WallMs });
}
