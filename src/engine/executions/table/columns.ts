// The numbers of an execution lie side by side in one row of bytes: a report touches an execution and its ancestors at
// random among 100,000, and what it costs are the cache lines that it has to fetch. What every report reads and writes
// shares one line with the dirty stamp; the counters take the next two; the rest comes last (docs/decisions/0012).

export const NO_INDEX = -1;

/** Bytes of one row: four cache lines. */
export const ROW_BYTES = 256;
/** Counters begin here, after the first line. */
export const COUNTERS_AT = 64;

/**
 * Bytes before the first row. The memory of a large buffer begins 16 bytes behind a page: C libraries keep its size there. Without
 * these every row would begin inside a line and take one more of them (docs/decisions/0026).
 */
const ROWS_AT = 48;

/** Room for so many rows. */
export function createRows(capacity: number): ArrayBuffer {
  return new ArrayBuffer(ROWS_AT + capacity * ROW_BYTES);
}

/** The 64-bit integers of all rows. */
export function bigIntsOf(rows: ArrayBuffer): BigInt64Array {
  return new BigInt64Array(rows, ROWS_AT);
}

/** The bytes of all rows. */
export function bytesOf(rows: ArrayBuffer): Uint8Array {
  return new Uint8Array(rows, ROWS_AT);
}

const STRIDE_8 = ROW_BYTES / 8;
const STRIDE_4 = ROW_BYTES / 4;

/** Where the counters of an execution begin, in 64-bit words; they follow one another in the order of SPENT. */
export function counterPlace(index: number): number {
  return index * STRIDE_8 + COUNTERS_AT / 8;
}

/** A 64-bit float of every row, at a distance of `offset` bytes from its start. */
export class DoubleColumn {
  readonly #view: Float64Array;
  readonly #place: number;

  constructor(rows: ArrayBuffer, offset: number) {
    this.#view = new Float64Array(rows, ROWS_AT);
    this.#place = offset / 8;
  }

  get(index: number): number {
    return this.#view[index * STRIDE_8 + this.#place] as number;
  }

  set(index: number, value: number): void {
    this.#view[index * STRIDE_8 + this.#place] = value;
  }
}

/** A 32-bit integer of every row: of `view` at `index * stride + place`. */
export class IntColumn {
  readonly view: Int32Array;
  readonly stride = STRIDE_4;
  readonly place: number;

  constructor(rows: ArrayBuffer, offset: number) {
    this.view = new Int32Array(rows, ROWS_AT);
    this.place = offset / 4;
  }

  get(index: number): number {
    return this.view[index * STRIDE_4 + this.place] as number;
  }

  set(index: number, value: number): void {
    this.view[index * STRIDE_4 + this.place] = value;
  }
}

/** A byte of every row. */
export class ByteColumn {
  readonly #view: Uint8Array;
  readonly #place: number;

  constructor(rows: ArrayBuffer, offset: number) {
    this.#view = bytesOf(rows);
    this.#place = offset;
  }

  get(index: number): number {
    return this.#view[index * ROW_BYTES + this.#place] as number;
  }

  set(index: number, value: number): void {
    this.#view[index * ROW_BYTES + this.#place] = value;
  }
}
