import { takeFreeRow } from "../../executions/table/free-rows.ts";
import type { RowSet } from "../../rows/generations.ts";

/** Ids of tokens that are remembered, of all tenants: none lives longer than an hour. */
export const MAX_SPENT = 100_000;

/** A token that worked once and will not again. */
export interface SpentCapability {
  /** Keyed hash of tenant and id: the id itself is nobody's business. */
  readonly key: string;
  /** Wall clock, ms: afterwards the token is refused as expired anyway. */
  readonly expiresAtMs: number;
}

export class SpentTable {
  readonly entries: (SpentCapability | undefined)[] = [];
  readonly #rowByKey = new Map<string, number>();
  readonly #free: number[] = [];
  /** Expired ones are looked for when there are as many as this. */
  #sweepAt = 1_024;

  get size(): number {
    return this.#rowByKey.size;
  }

  has(key: string): boolean {
    return this.#rowByKey.has(key);
  }

  put(entry: SpentCapability, rows: RowSet, nowMs: number): void {
    if (this.size >= this.#sweepAt) this.sweep(rows, nowMs);
    if (this.#rowByKey.has(entry.key)) return;
    const row = takeFreeRow(this.#free, this.entries);
    rows.touch(row);
    this.restore(row, entry);
  }

  restore(row: number, entry: SpentCapability): void {
    while (this.entries.length < row) this.#free.push(this.entries.push(undefined) - 1);
    this.entries[row] = entry;
    this.#rowByKey.set(entry.key, row);
  }

  /** Forgets what has expired. */
  sweep(rows: RowSet, nowMs: number): void {
    for (const [row, entry] of this.entries.entries()) {
      if (entry === undefined || entry.expiresAtMs > nowMs) continue;
      rows.touch(row);
      this.entries[row] = undefined;
      this.#rowByKey.delete(entry.key);
      this.#free.push(row);
    }
    this.#sweepAt = Math.max(1_024, 2 * this.size);
  }
}
