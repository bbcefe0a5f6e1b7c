import type { RowSet } from "../rows/generations.ts";

// The buckets of rates: one instant each (gcra.ts), under a key. A bucket whose instant has passed is full, as one that was
// never there: so full ones are forgotten whenever room is needed, and nothing is loosened by it.

/** Of a bucket: it is in no row. */
export const NO_ROW = -1;
/** Most buckets: each takes about 200 bytes with its key. */
export const MAX_BUCKETS = 100_000;
/** Most rows that are looked at to find one that can be forgotten. */
const SEARCH_ROWS = 1_000;

export class RateTable {
  /** By row: ms of the monotonic clock. */
  instants = new Float64Array(64);
  readonly keys: (string | undefined)[] = [];
  readonly #byKey = new Map<string, number>();
  readonly #free: number[] = [];
  #cursor = 0;

  get size(): number {
    return this.#byKey.size;
  }

  /** NO_ROW = never used: the bucket is full. */
  find(key: string): number {
    return this.#byKey.get(key) ?? NO_ROW;
  }

  /** The row of a bucket, a new one if need be; NO_ROW when there are as many as may be and none of them is full. */
  open(key: string, monoMs: number, rows: RowSet, texts: RowSet): number {
    const known = this.#byKey.get(key);
    if (known !== undefined) return known;
    if (this.#byKey.size >= MAX_BUCKETS && this.forgetFull(monoMs, SEARCH_ROWS, rows, texts) === 0)
      return NO_ROW;
    const row = this.#free.pop() ?? this.keys.length;
    rows.touch(row);
    texts.touch(row);
    this.#put(row, key, 0);
    return row;
  }

  restore(row: number, key: string, instantMs: number): void {
    while (this.keys.length < row) this.#free.push(this.keys.push(undefined) - 1);
    const place = this.#free.lastIndexOf(row);
    if (place >= 0) this.#free.splice(place, 1);
    this.#put(row, key, instantMs);
  }

  /** Forgets full buckets among the next `max` rows; answers how many. */
  forgetFull(monoMs: number, max: number, rows: RowSet, texts: RowSet): number {
    let forgotten = 0;
    for (let seen = 0; seen < Math.min(max, this.keys.length); seen++) {
      this.#cursor = (this.#cursor + 1) % this.keys.length;
      const row = this.#cursor;
      const key = this.keys[row];
      if (key === undefined || (this.instants[row] as number) > monoMs) continue;
      rows.touch(row);
      texts.touch(row);
      this.#byKey.delete(key);
      this.keys[row] = undefined;
      this.#free.push(row);
      forgotten++;
    }
    return forgotten;
  }

  #put(row: number, key: string, instantMs: number): void {
    if (row >= this.instants.length) {
      const larger = new Float64Array(Math.max(row + 1, this.instants.length * 2));
      larger.set(this.instants);
      this.instants = larger;
    }
    this.keys[row] = key;
    this.instants[row] = instantMs;
    this.#byKey.set(key, row);
  }
}
