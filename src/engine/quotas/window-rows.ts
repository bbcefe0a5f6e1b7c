import { HELD_STRIDE, SPENT_STRIDE } from "../../domain/counters.ts";
import { expandWords, type RowPlace } from "../rows/loaded-rows.ts";
import { WINDOW_WORDS } from "../rows/other-images.ts";
import type { World } from "../world.ts";
import type { WindowText } from "./window-table.ts";

// Windows out of the file: the text with the custom counters, and the numbers.

export type StoredWindow = WindowText & {
  readonly custom?: {
    readonly spent: { readonly [name: string]: string };
    readonly told: readonly string[];
  };
};

export function restoreWindowText(world: World, row: number, { custom, ...text }: StoredWindow): void {
  world.windows.restore(row, text);
  if (custom === undefined) return;
  const spent = Object.fromEntries(Object.entries(custom.spent).map(([name, sum]) => [name, BigInt(sum)]));
  world.windows.custom[row] = { spent, held: {}, told: [...custom.told] };
}

export function restoreWindow(world: World, row: number, image: RowPlace): void {
  const { i32, i64 } = expandWords(image, WINDOW_WORDS);
  world.windows.spent.set(i64.subarray(0, SPENT_STRIDE), row * SPENT_STRIDE);
  // What was held is laid on again by the reservations themselves, so that both always agree.
  const flagsAt = (SPENT_STRIDE + HELD_STRIDE) * 2;
  world.windows.mark(row, i32[flagsAt] as number);
  world.windows.told[row] = i32[flagsAt + 1] as number;
}
