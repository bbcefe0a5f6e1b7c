// Reads all state rows and proves them: each row by its trailer, each table by its set hash. What the journal says of a key
// goes before what its table holds.

import type Database from "better-sqlite3";
import { type RowChunk, STATE_TABLES, type StateTable } from "../../../ports/cut-store.ts";
import type { StoredProof } from "../file/cut-row.ts";
import { imageProves, type JournalRecord, type JournalSpan } from "../file/journal.ts";
import type { LiveCuts } from "../file/live-cuts.ts";
import { ElementHash, RowProof, TRAILER_BYTES } from "../file/row-proof.ts";
import { TableProof } from "../file/set-hash.ts";
import { PackedRows } from "./packed-rows.ts";
import { readJournal } from "./read-journal.ts";
import { readPages, type TakeRow } from "./read-pages.ts";
import { readRows } from "./read-rows.ts";

export interface DamagedRow {
  readonly table: StateTable;
  readonly key: number;
}

export interface LoadedTables {
  /** Of what the tables themselves hold, without the journal. */
  readonly proofs: readonly TableProof[];
  readonly damaged: readonly DamagedRow[];
  readonly unproved: readonly StateTable[];
  /** Tables of which SQLite could not read everything. A subset of `unproved`. */
  readonly unreadable: readonly StateTable[];
  readonly liveCuts: LiveCuts;
}

/** `strict` stops at the first page that cannot be read; `salvage` goes round it, row by row. */
export type ReadMode = "strict" | "salvage";

/** What the cut row says of the tables. */
interface Stored {
  readonly proofs: readonly StoredProof[];
  readonly journal: JournalSpan;
}

/**
 * @param stored undefined when the cut row does not prove: then no table does.
 * @param handOver gets the rows that prove, as they are read.
 * @throws SqliteError in `strict` mode when a table cannot be read to its end.
 */
export function loadTables(
  database: Database.Database,
  hashKey: Uint8Array,
  stored: Stored | undefined,
  mode: ReadMode,
  handOver: (chunk: RowChunk) => void,
): LoadedTables {
  const { latest, lost, liveCuts } = readJournal(database, stored?.journal, mode);
  const prover = new RowProver(hashKey, latest, new PackedRows(handOver));
  const unproved = new Set<StateTable>(lost);
  const unreadable: StateTable[] = [];
  const proofs = STATE_TABLES.map((table, index) => {
    const proof = new TableProof();
    const take: TakeRow = (key, image, from, size) => prover.take(index, key, image, from, size, proof);
    if (!loadTable(database, table, mode, take)) unreadable.push(table);
    if (!proves(proof, stored?.proofs[index])) unproved.add(table);
    prover.takeJournal(index);
    return proof;
  });
  for (const table of prover.unnamed) unproved.add(table);
  prover.rows.finish();
  return { proofs, damaged: prover.damaged, unproved: [...unproved], unreadable, liveCuts };
}

/** False when not everything could be read. */
function loadTable(database: Database.Database, table: StateTable, mode: ReadMode, take: TakeRow): boolean {
  if (mode === "salvage") return readRows(database, table, take);
  readPages(database, table, take);
  return true;
}

/** The elements of damaged rows, taken from their trailers, are in the sum too: so the other rows of the table still prove. */
function proves(proof: TableProof, stored: StoredProof | undefined): boolean {
  if (stored === undefined) return false;
  return proof.low === stored.low && proof.high === stored.high && proof.rowCount === stored.rowCount;
}

class RowProver {
  readonly rows: PackedRows;
  readonly damaged: DamagedRow[] = [];
  /** Tables with a damaged row whose key no row of ours ever had. */
  readonly unnamed = new Set<StateTable>();
  readonly #proof = new RowProof();
  readonly #element: ElementHash;
  readonly #journal: readonly ReadonlyMap<number, JournalRecord>[];

  constructor(hashKey: Uint8Array, journal: readonly ReadonlyMap<number, JournalRecord>[], rows: PackedRows) {
    this.rows = rows;
    this.#element = new ElementHash(hashKey);
    this.#journal = journal;
  }

  /** The rows of one table that the journal speaks of, in the place of those that `take` left out. */
  takeJournal(index: number): void {
    const table = STATE_TABLES[index] ?? "executions";
    for (const [key, record] of this.#journal[index] ?? []) {
      const { image } = record;
      if (!imageProves(record)) this.damaged.push({ table, key });
      else if (image !== undefined) this.rows.place(index, key, image, 0, image.byteLength);
    }
  }

  /** `stored` holds an image with its trailer from `from` on, `size` bytes in all; undefined when the column is no blob. */
  take(
    index: number,
    key: number,
    stored: Buffer | undefined,
    from: number,
    size: number,
    proof: TableProof,
  ): void {
    const table = STATE_TABLES[index] ?? "executions";
    if (!Number.isSafeInteger(key) || key < 0) {
      this.unnamed.add(table);
      return;
    }
    const isReplaced = this.#journal[index]?.has(key) === true;
    const length = size - TRAILER_BYTES;
    if (stored === undefined || length < 0) {
      this.#include(index, key, 0, 0, proof);
      if (!isReplaced) this.damaged.push({ table, key });
      return;
    }
    const crc = stored.readUInt32LE(from + length);
    const second = stored.readUInt32LE(from + length + 4);
    if (isReplaced) return this.#include(index, key, crc, second, proof);
    this.rows.place(index, key, stored, from, length);
    this.#proof.compute(index, key, this.rows.memory, this.rows.imageStart, length);
    this.#include(index, key, crc, second, proof);
    if (this.#proof.crc === crc && this.#proof.second === second) return;
    this.rows.drop();
    this.damaged.push({ table, key });
  }

  #include(index: number, key: number, crc: number, second: number, proof: TableProof): void {
    this.#element.compute(index, key, crc, second);
    proof.replace(key, this.#element.low, this.#element.high);
  }
}
