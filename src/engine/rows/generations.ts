import { APPENDED_ROW_MAX_BYTES } from "../../ports/appended-row.ts";
import {
  APPEND_TABLES,
  type AppendTable,
  RECORD_APPEND,
  RECORD_DELETE,
  STATE_TABLES,
  type StateTable,
} from "../../ports/cut-store.ts";
import type { IntColumn } from "../executions/table/columns.ts";
import { CutBuffer, FIRST_BYTES, packedRecords } from "./cut-buffer.ts";
import { AppendedRows } from "./generation/appended-rows.ts";
import { SparseStamps } from "./generation/sparse-stamps.ts";

// Which rows changed, and how they become a cut. A *generation* is the set of rows changed since the last cut began. A row
// of the generation being cut that is about to change again is encoded first (copy on write), so a cut is one consistent
// image although it is encoded in slices.

/** Writes the image of the row under `key`, or its deletion when the key is free. */
export type EncodeRow = (key: number, out: CutBuffer) => void;

/** Where the marks of a table's changed rows are: in an array over all keys, in a column beside what they mark, or in a table of their own. */
export type Marks = "by key" | "sparse" | IntColumn;

/** The rows of one state table that changed. `touch` must come before the change. */
export class RowSet {
  readonly #owner: Generations;
  readonly #encode: EncodeRow;
  /** Generation in which a row was last marked and not yet encoded, at `key * stride + place`; 0 = clean. */
  #stamps: Int32Array;
  readonly #stride: number;
  readonly #place: number;
  readonly #sparse: SparseStamps | undefined;
  #open = new Int32Array(256);
  #openCount = 0;
  #cutting = new Int32Array(256);
  #cuttingCount = 0;
  #cursor = 0;

  constructor(owner: Generations, encode: EncodeRow, marks: Marks) {
    const column = typeof marks === "string" ? undefined : marks;
    this.#owner = owner;
    this.#encode = encode;
    this.#sparse = marks === "sparse" ? new SparseStamps() : undefined;
    this.#stamps = column?.view ?? new Int32Array(1024);
    this.#stride = column?.stride ?? 1;
    this.#place = column?.place ?? 0;
  }

  get openCount(): number {
    return this.#openCount;
  }

  touch(key: number): void {
    const owner = this.#owner;
    const sparse = this.#sparse;
    const place = key * this.#stride + this.#place;
    if (sparse !== undefined || place < this.#stamps.length) {
      const stamp = sparse === undefined ? (this.#stamps[place] as number) : sparse.get(key);
      if (stamp === owner.open) return;
      if (stamp !== 0) this.#encodeNow(key);
    } else {
      this.#growStamps(place);
    }
    if (sparse === undefined) this.#stamps[place] = owner.open;
    else sparse.set(key, owner.open);
    if (this.#openCount === this.#open.length) this.#open = grown(this.#open);
    this.#open[this.#openCount++] = key;
    owner.dirty = true;
  }

  beginCut(): void {
    const list = this.#cutting;
    this.#cutting = this.#open;
    this.#cuttingCount = this.#openCount;
    this.#open = list;
    this.#openCount = 0;
    this.#cursor = 0;
  }

  /** Encodes at most `maxRows` rows; answers how many are left of `maxRows`. */
  encode(maxRows: number): number {
    let budget = maxRows;
    while (budget > 0 && this.#cursor < this.#cuttingCount) {
      const key = this.#cutting[this.#cursor++] as number;
      const stamp = this.#sparse?.get(key) ?? this.#stamps[key * this.#stride + this.#place];
      if (stamp !== this.#owner.cutting) continue;
      this.#encodeNow(key);
      budget--;
    }
    return budget;
  }

  get encoded(): boolean {
    return this.#cursor >= this.#cuttingCount;
  }

  /** The keys of the cut in flight: what to mark again when it fails. */
  *cutKeys(): Generator<number> {
    for (let at = 0; at < this.#cuttingCount; at++) yield this.#cutting[at] as number;
  }

  endCut(): void {
    this.#cuttingCount = 0;
    this.#cursor = 0;
  }

  #encodeNow(key: number): void {
    if (this.#sparse === undefined) this.#stamps[key * this.#stride + this.#place] = 0;
    else this.#sparse.set(key, 0);
    this.#encode(key, this.#owner.buffer);
  }

  #growStamps(place: number): void {
    const stamps = new Int32Array(Math.max(this.#stamps.length * 2, place + 1));
    stamps.set(this.#stamps);
    this.#stamps = stamps;
  }
}

export class Generations {
  /** Number of the generation that collects changes; starts at 1 and grows by 1 with every cut. */
  open = 1;
  /** Number of the generation being encoded; 0 when none is. */
  cutting = 0;
  /** Something changed in the open generation. */
  dirty = false;
  buffer = new CutBuffer();
  /** Bytes of appended rows that are in no durable cut yet: bounded by `max_unsaved`. */
  unsavedAppendBytes = 0;
  #sets: RowSet[] = [];
  readonly #appends = new AppendedRows();
  #cutAppends: CutBuffer[] = [];
  #cutAppendsCopied = 0;
  /** Records of appended rows of cuts that failed, in order. */
  #carried: Uint8Array[] = [];
  #cutAppendBytes = 0;
  readonly #spare: ArrayBuffer[] = [];
  readonly lastSequences: { [T in AppendTable]: number };

  constructor() {
    this.lastSequences = Object.fromEntries(APPEND_TABLES.map((table) => [table, 0])) as {
      [T in AppendTable]: number;
    };
  }

  rowSet(encode: EncodeRow, marks: Marks = "by key"): RowSet {
    const set = new RowSet(this, encode, marks);
    this.#sets.push(set);
    return set;
  }

  /** Adds a row to an append table; answers its sequence. */
  append(
    table: AppendTable,
    row: { at_ms: number; tenant: string; subject: string; kind: string; body: unknown },
  ): number {
    const sequence = ++this.lastSequences[table];
    const whole = JSON.stringify(row, bigintAsText);
    // One row that no store takes would fail every cut after it.
    const text = isTooLong(whole) ? JSON.stringify({ ...row, body: { too_long: true } }) : whole;
    this.#appends.add(APPEND_TABLES.indexOf(table), sequence, text);
    this.unsavedAppendBytes += text.length;
    this.dirty = true;
    return sequence;
  }

  /** Rows changed in the open generation. */
  get openRows(): number {
    let rows = this.#appends.rowCount;
    for (const set of this.#sets) rows += set.openCount;
    return rows;
  }

  /** Closes the open generation and starts to encode it. Only one cut is in flight at a time. */
  beginCut(): void {
    const bytes = (this.openRows - this.#appends.rowCount) * ROW_BYTES + this.#appends.byteLength;
    this.cutting = this.open;
    this.open = this.open + 1;
    this.dirty = false;
    this.buffer = new CutBuffer(this.#takeSpare(bytes));
    for (const set of this.#sets) set.beginCut();
    this.#cutAppends = this.#appends.take();
    this.#cutAppendsCopied = 0;
    this.#cutAppendBytes = this.unsavedAppendBytes;
    for (const record of this.#carried) this.buffer.copy(record, 1);
  }

  /** A buffer with room for what is expected: to copy one that has grown to 8 MiB takes longer than a slice may. */
  #takeSpare(expectedBytes: number): ArrayBuffer | undefined {
    const spare = this.#spare.pop();
    if (expectedBytes <= FIRST_BYTES || (spare?.byteLength ?? 0) >= expectedBytes) return spare;
    return new ArrayBuffer((expectedBytes + 7) & ~7);
  }

  /** Encodes at most `maxRows` rows of the cut; true when all are encoded. */
  encode(maxRows: number): boolean {
    let budget = maxRows;
    for (const set of this.#sets) {
      if (set.encoded) continue;
      budget = set.encode(budget);
      if (!set.encoded) return false;
    }
    for (; budget > 0 && this.#cutAppendsCopied < this.#cutAppends.length; budget -= ROWS_PER_PIECE) {
      const piece = this.#cutAppends[this.#cutAppendsCopied++] as CutBuffer;
      this.buffer.copy(piece.u8.subarray(0, piece.length), piece.rowCount);
      this.#appends.release(piece);
    }
    return this.#cutAppendsCopied === this.#cutAppends.length;
  }

  /** The cut is in the file. Its buffer is used again for the next one. */
  cutDurable(records: ArrayBuffer): void {
    for (const set of this.#sets) set.endCut();
    this.unsavedAppendBytes -= this.#cutAppendBytes;
    this.#carried = [];
    this.cutting = 0;
    if (this.#spare.length < 2 && records.byteLength <= 8 << 20) this.#spare.push(records);
  }

  /** The cut is not in the file: its rows merge into the open generation, its appends keep their place before later ones. */
  cutFailed(records: ArrayBuffer, byteLength: number): void {
    this.cutting = 0;
    for (const set of this.#sets) {
      for (const key of set.cutKeys()) set.touch(key);
      set.endCut();
    }
    const carried: Uint8Array[] = [];
    for (const record of packedRecords(records, byteLength)) {
      if (record.operation === RECORD_APPEND)
        carried.push(new Uint8Array(records.slice(record.start, record.start + record.size)));
    }
    this.#carried = carried;
    this.dirty = true;
  }
}

/** Bytes of one row in a cut with its header: more than the numbers of an execution take. */
const ROW_BYTES = 160;

/** Copying one piece of appended rows takes about as long as encoding so many rows. */
const ROWS_PER_PIECE = 32;

const encoder = new TextEncoder();

function isTooLong(text: string): boolean {
  return text.length * 3 > APPENDED_ROW_MAX_BYTES && encoder.encode(text).byteLength > APPENDED_ROW_MAX_BYTES;
}

export function tableNumber(table: StateTable): number {
  return STATE_TABLES.indexOf(table);
}

export function deleteRow(out: CutBuffer, table: number, key: number): void {
  out.begin(RECORD_DELETE, table, key, 0);
  out.end();
}

/** JSON has no 64-bit integers: they travel as text. */
export function bigintAsText(_key: string, value: unknown): unknown {
  return typeof value === "bigint" ? value.toString() : value;
}

function grown(list: Int32Array<ArrayBuffer>): Int32Array<ArrayBuffer> {
  const larger = new Int32Array(list.length * 2);
  larger.set(list);
  return larger;
}
