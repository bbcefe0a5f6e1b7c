import { RECORD_HEADER_BYTES, type RowChunk, STATE_TABLES, type StateTable } from "../../ports/cut-store.ts";

// The rows of a file by table and key, as places in the buffers they came in: at a start there are hundreds of thousands,
// and most are read once.

/** Where one image lies: `length` bytes of a chunk from `at` on, which is a multiple of 8. */
export interface RowPlace {
  readonly key: number;
  readonly chunk: ChunkMemory;
  readonly at: number;
  readonly length: number;
}

/** The memory of a chunk, seen as bytes and as words. */
export interface ChunkMemory {
  readonly bytes: Uint8Array;
  readonly words: Int32Array;
}

export class LoadedTable {
  readonly rows: RowPlace[] = [];
  #byKey: Map<number, RowPlace> | undefined;

  find(key: number): RowPlace | undefined {
    this.#byKey ??= new Map(this.rows.map((row) => [row.key, row]));
    return this.#byKey.get(key);
  }
}

export type LoadedTables = { readonly [T in StateTable]: LoadedTable };

export function noTables(): LoadedTables {
  const tables = STATE_TABLES.map((name) => [name, new LoadedTable()]);
  return Object.fromEntries(tables) as LoadedTables;
}

/** Hands over each row of a chunk. */
export function eachRow(
  { records, byteLength }: RowChunk,
  take: (table: StateTable | undefined, row: RowPlace) => void,
): void {
  const chunk = { bytes: new Uint8Array(records), words: new Int32Array(records) };
  const keys = new Float64Array(records);
  for (let start = 0; start < byteLength; ) {
    const head = chunk.words[start >> 2] as number;
    const length = chunk.words[(start >> 2) + 1] as number;
    const at = start + RECORD_HEADER_BYTES;
    take(STATE_TABLES[(head >> 8) & 0xff], { key: keys[(start >> 3) + 1] as number, chunk, at, length });
    start = (at + length + 7) & ~7;
  }
}

/** The image of a row, not copied. */
export function imageOf({ chunk, at, length }: RowPlace): Uint8Array {
  return chunk.bytes.subarray(at, at + length);
}

const decoder = new TextDecoder();

export function textAt(row: RowPlace): string {
  return decoder.decode(imageOf(row));
}

export function parseRow<T>(row: RowPlace): T {
  return JSON.parse(textAt(row)) as T;
}

/** The words of a row that `CutBuffer.beginWords` made, with their zeros. Valid until the next call. */
export function expandWords({ chunk: { words }, at }: RowPlace, count: number): ExpandedWords {
  const low = words[at >> 2] as number;
  const high = words[(at >> 2) + 1] as number;
  let from = (at >> 2) + 2;
  for (let word = 0; word < count; word++) {
    const isThere = ((word < 32 ? low : high) & (1 << (word & 31))) !== 0;
    i32[word * 2] = isThere ? (words[from] as number) : 0;
    i32[word * 2 + 1] = isThere ? (words[from + 1] as number) : 0;
    if (isThere) from += 2;
  }
  return expanded;
}

/** Words of 64 bits, as integers and as numbers; pairs of 32 bits. */
export interface ExpandedWords {
  readonly i32: Int32Array;
  readonly f64: Float64Array;
  readonly i64: BigInt64Array;
}

const MAX_WORDS = 64;
const i32 = new Int32Array(MAX_WORDS * 2);
const expanded: ExpandedWords = {
  i32,
  f64: new Float64Array(i32.buffer),
  i64: new BigInt64Array(i32.buffer),
};
