import { type Principal, principalKey } from "../../domain/execution.ts";
import { type LevelName, levelsOf } from "../../domain/quotas/levels.ts";
import type { RowSet } from "../rows/generations.ts";
import { levelKey } from "./level-counts.ts";

// Storage in use now, as principals reported it last. A level's is the sum of what the principals below it reported.

/** Most principals that a figure is kept of; those beyond are not bounded by `storage_gb`. */
export const MAX_STORAGE_ROWS = 100_000;

export interface StorageRow {
  readonly principal: Principal;
  bytes: bigint;
}

export class StorageTable {
  readonly entries: (StorageRow | undefined)[] = [];
  readonly #byPrincipal = new Map<string, number>();
  readonly #sums = new Map<string, bigint>();
  readonly #free: number[] = [];

  /** Replaces what the principal reported before. */
  set(principal: Principal, bytes: bigint, rows: RowSet): void {
    const key = principalKey(principal);
    const known = this.#byPrincipal.get(key);
    const entry = known === undefined ? undefined : this.entries[known];
    const change = bytes - (entry?.bytes ?? 0n);
    if (change === 0n) return;
    if (known !== undefined) {
      rows.touch(known);
      if (bytes === 0n) this.#remove(known, key);
      else (entry as StorageRow).bytes = bytes;
    } else {
      if (this.#byPrincipal.size >= MAX_STORAGE_ROWS) return;
      const row = this.#free.pop() ?? this.entries.length;
      rows.touch(row);
      this.entries[row] = { principal, bytes };
      this.#byPrincipal.set(key, row);
    }
    this.#addSums(principal, change);
  }

  restore(row: number, entry: StorageRow): void {
    while (this.entries.length < row) this.#free.push(this.entries.push(undefined) - 1);
    const place = this.#free.lastIndexOf(row);
    if (place >= 0) this.#free.splice(place, 1);
    this.entries[row] = entry;
    this.#byPrincipal.set(principalKey(entry.principal), row);
    this.#addSums(entry.principal, entry.bytes);
  }

  of(tenant: string, level: LevelName): bigint {
    return this.#sums.get(levelKey(tenant, level)) ?? 0n;
  }

  #remove(row: number, key: string): void {
    this.entries[row] = undefined;
    this.#byPrincipal.delete(key);
    this.#free.push(row);
  }

  #addSums(principal: Principal, change: bigint): void {
    for (const level of levelsOf(principal, false)) {
      const key = levelKey(principal.tenant, level);
      const sum = (this.#sums.get(key) ?? 0n) + change;
      if (sum === 0n) this.#sums.delete(key);
      else this.#sums.set(key, sum);
    }
  }
}
