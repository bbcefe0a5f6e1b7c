import { type RowChunk, STATE_TABLES, type StateTable } from "../../ports/cut-store.ts";
import { packedRecords } from "./cut-buffer.ts";

// The rows of a file by table and key, as places in the buffers they came in: at a start there are hundreds of thousands,
// and most are read once.

/** Where one image lies. */
export interface RowPlace {
  readonly key: number;
  readonly view: DataView;
  readonly at: number;
  readonly length: number;
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
export function eachRow(chunk: RowChunk, take: (table: StateTable | undefined, row: RowPlace) => void): void {
  const { records, byteLength } = chunk;
  const view = new DataView(records);
  for (const { table, key, bodyAt, bodyLength } of packedRecords(records, byteLength))
    take(STATE_TABLES[table], { key, view, at: bodyAt, length: bodyLength });
}

/** The image of a row, not copied. */
export function imageOf(row: RowPlace): Uint8Array {
  return new Uint8Array(row.view.buffer as ArrayBuffer, row.at, row.length);
}

const decoder = new TextDecoder();

export function textAt(row: RowPlace): string {
  return decoder.decode(imageOf(row));
}

export function parseRow<T>(row: RowPlace): T {
  return JSON.parse(textAt(row)) as T;
}

/** The words of a row that `CutBuffer.beginWords` made, with their zeros. The view is valid until the next call. */
export function expandWords(row: RowPlace, words: number): DataView {
  const { view } = row;
  const low = view.getInt32(row.at, true);
  const high = view.getInt32(row.at + 4, true);
  let at = row.at + 8;
  for (let word = 0; word < words; word++) {
    if (((word < 32 ? low : high) & (1 << (word & 31))) === 0) {
      expanded[word * 2] = 0;
      expanded[word * 2 + 1] = 0;
      continue;
    }
    expanded[word * 2] = view.getInt32(at, true);
    expanded[word * 2 + 1] = view.getInt32(at + 4, true);
    at += 8;
  }
  return expandedView;
}

const MAX_WORDS = 64;
const expanded = new Int32Array(MAX_WORDS * 2);
const expandedView = new DataView(expanded.buffer);
