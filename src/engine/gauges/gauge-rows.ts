import { RECORD_PUT } from "../../ports/cut-store.ts";
import type { CutBuffer } from "../rows/cut-buffer.ts";
import { bigintAsText, deleteRow, tableNumber } from "../rows/generations.ts";
import type { World } from "../world.ts";
import type { StorageRow } from "./storage-table.ts";

const STORAGE = tableNumber("storage_gauges");

export function encodeStorage(world: World, row: number, out: CutBuffer): void {
  const entry = world.storage.entries[row];
  if (entry === undefined) return deleteRow(out, STORAGE, row);
  out.text(RECORD_PUT, STORAGE, row, JSON.stringify(entry, bigintAsText));
}

export type StoredStorage = Omit<StorageRow, "bytes"> & { readonly bytes: string };

export function restoreStorage(world: World, row: number, stored: StoredStorage): void {
  world.storage.restore(row, { principal: stored.principal, bytes: BigInt(stored.bytes) });
}
