import type { Generations } from "../engine/rows/generations.ts";
import type { Clock } from "../ports/clock.ts";

/**
 * Time after which a slice ends, ms: with the step that is under way then, and a collection of young objects within it, it stays below
 * the millisecond that a slice may take. A cut of 500 rows takes as long.
 */
const SLICE_MS = 0.3;
/** Rows between two looks at the clock: 0.2 ms also when they are texts, at 6 µs a row. */
const STEP_ROWS = 32;

/** Encodes rows of the cut that has begun until all are encoded or the slice is over; true when all are. */
export function encodeSlice(generations: Generations, clock: Pick<Clock, "now">): boolean {
  const untilMs = clock.now().monoMs + SLICE_MS;
  while (!generations.encode(STEP_ROWS)) {
    if (clock.now().monoMs >= untilMs) return false;
  }
  return true;
}
