import type { Ask } from "./intent.ts";

/** Shortest and longest time to live of a hold, and the one it has when the request names none. */
export const HOLD_TTL_MIN_MS = 1_000;
export const HOLD_TTL_MAX_MS = 3_600_000;
export const HOLD_TTL_DEFAULT_MS = 60_000;
/** Resolved reservations remembered of one execution, so that a repeated settlement counts once. */
export const MAX_RESERVATIONS = 10_000;
/** How long resolved reservations are remembered after their execution has ended. */
export const RESERVATION_MEMORY_MS = 3_600_000;

export type ReservationState = "held" | "settled" | "released" | "expired";

export interface HoldRequest extends Ask {
  readonly reservationId: string;
  readonly ttlMs: number;
  /** Step timeout; absent = none. */
  readonly timeoutMs?: number | undefined;
}

/** A hold as `GetExecution` shows it. Times in ms. */
export interface HoldView {
  readonly reservationId: string;
  readonly elapsedMs: number;
  readonly remainingMs: number;
  readonly timeoutMs: number | undefined;
  readonly timedOut: boolean;
  /** In the order of HELD. */
  readonly amounts: BigInt64Array;
}
