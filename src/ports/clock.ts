import type { Now } from "../domain/time.ts";

export interface Clock {
  /** The present instant. Never throws. */
  now(): Now;
  /** Names this boot of the machine: monotonic times of the same boot can be compared. */
  readonly bootId: string;
}
