import type { IntColumn } from "./columns.ts";

/**
 * A value of every row that few rows have for themselves: rows keep its number, in a line that is read anyway, and thousands of
 * rows name one entry of a short list, which stays in the cache. Zero = none.
 */
export class SharedColumn<T extends object> {
  readonly #numbers: IntColumn;
  readonly #values: (T | undefined)[] = [undefined];
  /** Rows that name each value. */
  readonly #rows: number[] = [0];
  readonly #known = new Map<T, number>();
  readonly #free: number[] = [];

  constructor(numbers: IntColumn) {
    this.#numbers = numbers;
  }

  /** Values that any row names. */
  get size(): number {
    return this.#known.size;
  }

  get(index: number): T | undefined {
    return this.#values[this.#numbers.get(index)];
  }

  set(index: number, value: T | undefined): void {
    const before = this.#numbers.get(index);
    const number = value === undefined ? 0 : this.#numberOf(value);
    if (number === before) return;
    if (number !== 0) (this.#rows[number] as number)++;
    this.#numbers.set(index, number);
    if (before !== 0) this.#leave(before);
  }

  /** Every value that any row names. */
  values(): Iterable<T> {
    return this.#known.keys();
  }

  #numberOf(value: T): number {
    const known = this.#known.get(value);
    if (known !== undefined) return known;
    const number = this.#free.pop() ?? this.#values.length;
    this.#values[number] = value;
    this.#rows[number] = 0;
    this.#known.set(value, number);
    return number;
  }

  #leave(number: number): void {
    const left = (this.#rows[number] as number) - 1;
    this.#rows[number] = left;
    if (left > 0) return;
    this.#known.delete(this.#values[number] as T);
    this.#values[number] = undefined;
    this.#free.push(number);
  }
}
