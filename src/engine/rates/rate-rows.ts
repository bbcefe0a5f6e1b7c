import { RECORD_PUT } from "../../ports/cut-store.ts";
import type { CutBuffer } from "../rows/cut-buffer.ts";
import { deleteRow, tableNumber } from "../rows/generations.ts";
import { imageOf, type RowPlace } from "../rows/loaded-rows.ts";
import { type Shift, viewOf } from "../rows/read-image.ts";
import type { World } from "../world.ts";

// Buckets of rates: the instant in one table, the key in another, so that a request that takes writes eight bytes.

const RATES = tableNumber("rate_buckets");
const RATE_TEXTS = tableNumber("rate_bucket_texts");

export function encodeRate(world: World, row: number, out: CutBuffer): void {
  const { rates } = world;
  if (rates.keys[row] === undefined) return deleteRow(out, RATES, row);
  out.begin(RECORD_PUT, RATES, row, 8);
  out.writeF64(rates.instants[row] as number);
  out.end();
}

export function encodeRateText(world: World, row: number, out: CutBuffer): void {
  const key = world.rates.keys[row];
  if (key === undefined) return deleteRow(out, RATE_TEXTS, row);
  out.text(RECORD_PUT, RATE_TEXTS, row, key);
}

/** A bucket fills while the daemon is away, as it would have. */
export function restoreRate(
  world: World,
  row: number,
  key: string,
  image: RowPlace | undefined,
  shift: Shift,
): void {
  const instantMs = image === undefined ? 0 : viewOf(imageOf(image)).getFloat64(0, true) + shift.monoMs;
  world.rates.restore(row, key, instantMs);
}
