import type { Adjustment, AdjustmentCause } from "../../domain/quotas/adjustment.ts";
import type { Level } from "../../domain/quotas/levels.ts";
import type { RowSet } from "../rows/generations.ts";
import type { RateDemand } from "./follow-rates.ts";

/** Most adjustments of all tenants together: each takes about 300 bytes. */
export const MAX_ADJUSTMENTS = 10_000;

/** Most values that follow their load at once. */
const MAX_DUE = 100_000;
const NO_NAMES: readonly string[] = Object.freeze([]);

export class AdjustmentTable {
  readonly entries: (Adjustment | undefined)[] = [];
  /** Grows with every change: values that were compiled under another number are compiled again. */
  version = 0;
  /** The first one to end ends here, wall clock. */
  firstEndMs = Number.POSITIVE_INFINITY;
  readonly #byKey = new Map<string, number>();
  readonly #free: number[] = [];
  readonly #due = new Map<string, number>();
  readonly #demand = new Map<string, RateDemand>();

  /** When a value that follows its load is looked at next; from `firstMs` on if it never was. */
  dueAt(key: string, firstMs: number): number {
    const known = this.#due.get(key);
    if (known !== undefined) return known;
    this.setDue(key, firstMs);
    return firstMs;
  }

  /** What was wanted of a rate that follows its load. Not in the file: evidence since the last look. */
  demandOf(key: string): RateDemand {
    let demand = this.#demand.get(key);
    if (demand === undefined) {
      if (this.#demand.size >= MAX_DUE) this.#demand.clear();
      demand = { second: -1, counts: [] };
      this.#demand.set(key, demand);
    }
    return demand;
  }

  setDue(key: string, atMs: number): void {
    // Principals nobody uses any more are forgotten with all others: each then waits once more.
    if (this.#due.size >= MAX_DUE) this.#due.clear();
    this.#due.set(key, atMs);
  }

  get size(): number {
    return this.#byKey.size;
  }

  /** What is in force for a value: an override before what followed the load. */
  find(tenant: string, level: Level, name: string, target: string): Adjustment | undefined {
    if (this.#byKey.size === 0) return undefined;
    const override = this.get(tenant, level, name, target, "override");
    if (override !== undefined) return override;
    const adjusted = this.get(tenant, level, name, target, "auto_adjust");
    return adjusted?.isStopped === true ? undefined : adjusted;
  }

  get(
    tenant: string,
    level: Level,
    name: string,
    target: string,
    cause: AdjustmentCause,
  ): Adjustment | undefined {
    const row = this.#byKey.get(keyOf({ tenant, level, name, target, cause }));
    return row === undefined ? undefined : this.entries[row];
  }

  /** Custom counters that adjustments of a principal are about. */
  customNames(tenant: string, level: Level, name: string): readonly string[] {
    if (this.#byKey.size === 0) return NO_NAMES;
    return this.entries.flatMap((entry) =>
      entry?.tenant === tenant &&
      entry.level === level &&
      entry.name === name &&
      entry.target.startsWith("custom.")
        ? [entry.target.split(".")[1] as string]
        : [],
    );
  }

  /** Takes the place of one with the same target and cause. */
  put(entry: Adjustment, rows: RowSet): void {
    const key = keyOf(entry);
    const row = this.#byKey.get(key) ?? this.#free.pop() ?? this.entries.length;
    rows.touch(row);
    this.restore(row, entry);
  }

  restore(row: number, entry: Adjustment): void {
    while (this.entries.length < row) this.#free.push(this.entries.push(undefined) - 1);
    const place = this.#free.lastIndexOf(row);
    if (place >= 0) this.#free.splice(place, 1);
    this.entries[row] = entry;
    this.#byKey.set(keyOf(entry), row);
    this.#changed();
  }

  remove(entry: Adjustment, rows: RowSet): boolean {
    const key = keyOf(entry);
    const row = this.#byKey.get(key);
    if (row === undefined) return false;
    rows.touch(row);
    this.entries[row] = undefined;
    this.#byKey.delete(key);
    this.#free.push(row);
    this.#changed();
    return true;
  }

  #changed(): void {
    this.version++;
    this.firstEndMs = Number.POSITIVE_INFINITY;
    for (const entry of this.entries)
      this.firstEndMs = Math.min(this.firstEndMs, entry?.untilMs ?? Number.POSITIVE_INFINITY);
  }
}

function keyOf(entry: Pick<Adjustment, "tenant" | "level" | "name" | "target" | "cause">): string {
  return [entry.tenant, entry.level, entry.name, entry.target, entry.cause].join("\n");
}
