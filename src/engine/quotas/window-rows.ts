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
  const view = expandWords(image, WINDOW_WORDS);
  for (let unit = 0; unit < SPENT_STRIDE; unit++)
    world.windows.spent[row * SPENT_STRIDE + unit] = view.getBigInt64(unit * 8, true);
  // What was held is laid on again by the reservations themselves, so that both always agree.
  const flagsAt = (SPENT_STRIDE + HELD_STRIDE) * 8;
  world.windows.mark(row, view.getInt32(flagsAt, true));
  world.windows.told[row] = view.getInt32(flagsAt + 4, true);
}
