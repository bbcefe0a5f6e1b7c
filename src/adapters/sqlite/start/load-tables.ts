// Reads all state rows and proves them: each row by its trailer, each table by its set hash.

import type Database from "better-sqlite3";
import { type StateTable, STATE_TABLES } from "../../../ports/cut-store.ts";
import type { StoredProof } from "../file/cut-row.ts";
import { ElementHash, RowSealer, TRAILER_BYTES } from "../file/row-proof.ts";
import { TableProof } from "../file/set-hash.ts";
import { PackedRows } from "./packed-rows.ts";
import { type RawRow, readRows } from "./read-rows.ts";

export interface DamagedRow {
  readonly table: StateTable;
  readonly key: number;
}

export interface LoadedTables {
  readonly rows: PackedRows;
  readonly proofs: readonly TableProof[];
  readonly damaged: readonly DamagedRow[];
  readonly unproved: readonly StateTable[];
  /** Tables of which SQLite could not read everything. A subset of `unproved`. */
  readonly unreadable: readonly StateTable[];
}

/** `strict` stops at the first page that cannot be read; `salvage` goes round it, row by row. */
export type ReadMode = "strict" | "salvage";

/**
 * @param stored what the cut row says of each table; undefined when it does not prove: then no table does.
 * @throws SqliteError in `strict` mode when a table cannot be read to its end.
 */
export function loadTables(
  database: Database.Database,
  hashKey: Uint8Array,
  stored: readonly StoredProof[] | undefined,
  mode: ReadMode,
): LoadedTables {
  const prover = new RowProver(hashKey);
  const unproved: StateTable[] = [];
  const unreadable: StateTable[] = [];
  const proofs = STATE_TABLES.map((table, index) => {
    const proof = new TableProof();
    if (!loadTable(database, table, mode, (row) => prover.take(index, table, row, proof))) unreadable.push(table);
    if (!proves(proof, stored?.[index])) unproved.push(table);
    return proof;
  });
  for (const table of prover.unnamed) if (!unproved.includes(table)) unproved.push(table);
  return { rows: prover.rows, proofs, damaged: prover.damaged, unproved, unreadable };
}

/** False when not everything could be read. */
function loadTable(database: Database.Database, table: StateTable, mode: ReadMode, take: (row: RawRow) => void): boolean {
  if (mode === "salvage") return readRows(database, table, take);
  for (const row of database.prepare<[], RawRow>(`SELECT key, image FROM ${table}`).raw().iterate()) take(row);
  return true;
}

/** The elements of damaged rows, taken from their trailers, are in the sum too: so the other rows of the table still prove. */
function proves(proof: TableProof, stored: StoredProof | undefined): boolean {
  if (stored === undefined) return false;
  return proof.low === stored.low && proof.high === stored.high && proof.rowCount === stored.rowCount;
}

class RowProver {
  readonly rows = new PackedRows();
  readonly damaged: DamagedRow[] = [];
  /** Tables with a damaged row whose key no row of ours ever had. */
  readonly unnamed = new Set<StateTable>();
  readonly #sealer = new RowSealer();
  readonly #element: ElementHash;

  constructor(hashKey: Uint8Array) {
    this.#element = new ElementHash(hashKey);
  }

  take(index: number, table: StateTable, [key, stored]: RawRow, proof: TableProof): void {
    if (!Number.isSafeInteger(key) || key < 0) {
      this.unnamed.add(table);
      return;
    }
    const length = stored instanceof Uint8Array ? stored.byteLength - TRAILER_BYTES : -1;
    if (!(stored instanceof Uint8Array) || length < 0) {
      this.#name(index, table, key, proof, 0, 0);
      return;
    }
    const bytes = Buffer.from(stored.buffer, stored.byteOffset, stored.byteLength);
    const image = bytes.subarray(0, length);
    const crc = bytes.readUInt32LE(length);
    const second = bytes.readUInt32LE(length + 4);
    this.#sealer.prove(index, key, image);
    if (this.#sealer.crc !== crc || this.#sealer.second !== second) {
      this.#name(index, table, key, proof, crc, second);
      return;
    }
    this.#element.compute(index, key, crc, second);
    proof.replace(key, this.#element.low, this.#element.high);
    this.rows.add(index, key, image);
  }

  #name(index: number, table: StateTable, key: number, proof: TableProof, crc: number, second: number): void {
    this.damaged.push({ table, key });
    this.#element.compute(index, key, crc, second);
    proof.replace(key, this.#element.low, this.#element.high);
  }
}

