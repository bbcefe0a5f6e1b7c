import type { Adjustment } from "../../domain/quotas/adjustment.ts";
import { RECORD_PUT } from "../../ports/cut-store.ts";
import type { CutBuffer } from "../rows/cut-buffer.ts";
import { bigintAsText, deleteRow, tableNumber } from "../rows/generations.ts";
import type { World } from "../world.ts";

const ADJUSTMENTS = tableNumber("adjustments");

export function encodeAdjustment(world: World, row: number, out: CutBuffer): void {
  const entry = world.adjustments.entries[row];
  if (entry === undefined) return deleteRow(out, ADJUSTMENTS, row);
  out.text(RECORD_PUT, ADJUSTMENTS, row, JSON.stringify(entry, bigintAsText));
}

export type StoredAdjustment = Omit<Adjustment, "value"> & { readonly value: string };

export function restoreAdjustment(world: World, row: number, stored: StoredAdjustment): void {
  world.adjustments.restore(row, { ...stored, value: BigInt(stored.value) });
}
