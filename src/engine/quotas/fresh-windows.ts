import type { Now } from "../../domain/time.ts";
import { RECORD_PUT } from "../../ports/cut-store.ts";
import type { CutBuffer } from "../rows/cut-buffer.ts";
import { deleteRow, tableNumber } from "../rows/generations.ts";
import type { World } from "../world.ts";

// After a file was lost and another one begun, nobody knows what was used of the windows that had begun: unless the operator
// says otherwise they count as used up until they end (`fresh_windows: spent`).

/** Of the table of facts: the instant before which windows count as used up, and the one before which they are uncertain. */
const FRESH_WINDOWS = 0;
const UNCERTAIN_WINDOWS = 1;
const FACTS = tableNumber("facts");

/** Call once, on a file that was begun because an earlier one had to be set aside. */
export function spendBegunWindows(world: World, now: Now): void {
  world.rows.facts.touch(FRESH_WINDOWS);
  // What begins at this very instant began before anything could be used.
  world.windows.spentBeforeMs = now.wallMs;
}

/**
 * Windows that had begun by `wallMs` and are not in the file are uncertain once somebody uses them: their rows may be among
 * what was lost. 0: none are any more.
 */
export function doubtBegunWindows(world: World, wallMs: number): void {
  world.rows.facts.touch(UNCERTAIN_WINDOWS);
  world.windows.uncertainBeforeMs = wallMs;
}

export function encodeFact(world: World, row: number, out: CutBuffer): void {
  const { spentBeforeMs, uncertainBeforeMs } = world.windows;
  if (row === FRESH_WINDOWS && spentBeforeMs !== 0)
    return out.text(RECORD_PUT, FACTS, row, JSON.stringify({ spentBeforeMs }));
  if (row === UNCERTAIN_WINDOWS && uncertainBeforeMs !== 0)
    return out.text(RECORD_PUT, FACTS, row, JSON.stringify({ uncertainBeforeMs }));
  deleteRow(out, FACTS, row);
}

export function restoreFact(
  world: World,
  row: number,
  fact: { readonly spentBeforeMs?: number; readonly uncertainBeforeMs?: number },
): void {
  if (row === FRESH_WINDOWS) world.windows.spentBeforeMs = fact.spentBeforeMs ?? 0;
  if (row === UNCERTAIN_WINDOWS) world.windows.uncertainBeforeMs = fact.uncertainBeforeMs ?? 0;
}
