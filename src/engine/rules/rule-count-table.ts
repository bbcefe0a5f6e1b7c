import { takeFreeRow } from "../executions/table/free-rows.ts";
import type { SlidingSum } from "./sliding-sum.ts";

/** What is counted of one rule for one tenant: instants of its firings, or a sum over its window. */
export interface RuleCount {
  readonly row: number;
  readonly tenant: string;
  readonly ruleId: string;
  /** Wall clock, ms, oldest first: as many as `throttle_after`, within the window. Undefined where it does not throttle. */
  firings: readonly number[] | undefined;
  /** Window of the firings, ms. */
  firingsWindowMs: number;
  /** Of a rule of type `quota`. Money in nano-USD. */
  sum: SlidingSum | undefined;
}

/** Counts of rules by tenant and rule; rows are used again when their window is over. */
export class RuleCountTable {
  readonly entries: (RuleCount | undefined)[] = [];
  readonly #byKey = new Map<string, number>();
  readonly #free: number[] = [];

  get size(): number {
    return this.#byKey.size;
  }

  find(tenant: string, ruleId: string): RuleCount | undefined {
    const row = this.#byKey.get(keyOf(tenant, ruleId));
    return row === undefined ? undefined : this.entries[row];
  }

  /** Place of the next new row: mark it as changed before `insert`. */
  allocate(): number {
    return takeFreeRow(this.#free, this.entries);
  }

  insert(entry: RuleCount): void {
    while (this.entries.length < entry.row) {
      this.#free.push(this.entries.length);
      this.entries.push(undefined);
    }
    this.entries[entry.row] = entry;
    this.#byKey.set(keyOf(entry.tenant, entry.ruleId), entry.row);
  }

  remove(row: number): void {
    const entry = this.entries[row];
    if (entry === undefined) return;
    this.#byKey.delete(keyOf(entry.tenant, entry.ruleId));
    this.entries[row] = undefined;
    this.#free.push(row);
  }
}

function keyOf(tenant: string, ruleId: string): string {
  return `${tenant}\n${ruleId}`;
}
