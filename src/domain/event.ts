import type { Finding } from "./decision.ts";

export const EVENT_TYPES = [
  "HALT",
  "PAUSE",
  "RESUME",
  "WARNING",
  "BLOCK",
  "LIMITS_CHANGED",
  "QUOTA_EXHAUSTED",
  "QUOTA_ALERT",
  "RESERVATION_EXPIRED",
  "STEP_TIMEOUT",
  "APPROVAL_OPENED",
  "APPROVAL_ANSWERED",
  "STORE_FAILING",
  "DATA_LOSS",
  "COMPLETED",
] as const;
export type EventType = (typeof EVENT_TYPES)[number];

/** Something pushed to the watchers of one execution. Numbers grow by 1 per execution, from 1. */
export interface ExecutionEvent {
  readonly number: number;
  readonly type: EventType;
  /** Wall clock, ms. */
  readonly atMs: number;
  readonly message: string;
  readonly finding?: Finding | undefined;
  readonly reservationId?: string | undefined;
  readonly approvalId?: string | undefined;
  readonly elapsedMs?: number | undefined;
  readonly limitMs?: number | undefined;
  /** End of the window of a quota that is used up, wall clock. */
  readonly windowEndsAtMs?: number | undefined;
  /** The level of a quota that was passed: 75 or 90. */
  readonly levelPercent?: number | undefined;
}
