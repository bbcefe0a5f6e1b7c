import type { Now } from "../../domain/time.ts";
import { RECORD_PUT } from "../../ports/cut-store.ts";
import type { CutBuffer } from "../rows/cut-buffer.ts";
import { deleteRow, tableNumber } from "../rows/generations.ts";
import type { World } from "../world.ts";

// After a file was lost and another one begun, nobody knows what was used of the windows that had begun: unless the operator
// says otherwise they count as used up until they end (`fresh_windows: spent`).

/** Of the table of facts: the instant before which windows count as used up. */
const FRESH_WINDOWS = 0;
const FACTS = tableNumber("facts");

/** Call once, on a file that was begun because an earlier one had to be set aside. */
export function spendBegunWindows(world: World, now: Now): void {
  world.rows.facts.touch(FRESH_WINDOWS);
  // What begins at this very instant began before anything could be used.
  world.windows.spentBeforeMs = now.wallMs;
}

export function encodeFact(world: World, row: number, out: CutBuffer): void {
  const { spentBeforeMs } = world.windows;
  if (row !== FRESH_WINDOWS || spentBeforeMs === 0) return deleteRow(out, FACTS, row);
  out.text(RECORD_PUT, FACTS, row, JSON.stringify({ spentBeforeMs }));
}

export function restoreFact(
  world: World,
  row: number,
  { spentBeforeMs }: { readonly spentBeforeMs: number },
): void {
  if (row === FRESH_WINDOWS) world.windows.spentBeforeMs = spentBeforeMs;
}
