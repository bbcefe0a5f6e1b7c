// Writes cuts: one transaction each, then the mark. Only when both are done is a cut durable (reliability.md, "Order of
// words"). What a failed transaction changed in the proofs is taken back, so that memory and file agree again.

import type Database from "better-sqlite3";
import { parseAppended } from "../../../ports/appended-row.ts";
import { MalformedRecords, RecordReader } from "../../../ports/cut-records.ts";
import { APPEND_TABLES, RECORD_APPEND, RECORD_DELETE, STATE_TABLES } from "../../../ports/cut-store.ts";
import { type AppendWriter, prepareAppends } from "../file/append-row.ts";
import { ProofPacker, prepareCutRow } from "../file/cut-row.ts";
import type { Mark, MarkFile } from "../file/mark-file.ts";
import { ElementHash, RowSealer } from "../file/row-proof.ts";
import { ProofJournal, type TableProof } from "../file/set-hash.ts";
import { failureCode } from "../sqlite-failure.ts";
import type { OpenedFile } from "../start/open-file.ts";
import type { WriteRequest } from "../worker-messages.ts";
import type { FileWatch } from "./file-watch.ts";

export interface Timings {
  readonly commitMs: number;
  readonly markMs: number;
}

export class CutWriter {
  readonly #database: Database.Database;
  readonly #mark: MarkFile;
  readonly #watch: FileWatch;
  readonly #storeId: string;
  readonly #puts: readonly Database.Statement[];
  readonly #deletes: readonly Database.Statement[];
  readonly #appends: readonly AppendWriter[];
  readonly #writeCutRow: ReturnType<typeof prepareCutRow>;
  readonly #sealer = new RowSealer();
  readonly #element: ElementHash;
  readonly #proofs: readonly TableProof[];
  readonly #journal: ProofJournal;
  readonly #packer: ProofPacker;
  readonly #begin: Database.Statement;
  readonly #commit: Database.Statement;
  readonly #forgetLoss: Database.Statement;
  #hasLoss = true;
  #lastSequences: readonly number[];
  #lastInFile: number;
  #acknowledged: Mark | undefined;

  constructor(file: OpenedFile, watch: FileWatch) {
    const { database } = file;
    this.#database = database;
    this.#mark = file.mark;
    this.#watch = watch;
    this.#storeId = file.storeId;
    this.#puts = STATE_TABLES.map((table) =>
      database.prepare(`INSERT OR REPLACE INTO ${table} VALUES (?, ?)`),
    );
    this.#deletes = STATE_TABLES.map((table) => database.prepare(`DELETE FROM ${table} WHERE key = ?`));
    this.#appends = prepareAppends(database);
    this.#writeCutRow = prepareCutRow(database);
    this.#element = new ElementHash(file.hashKey);
    this.#proofs = file.proofs;
    this.#journal = new ProofJournal(file.proofs);
    this.#packer = new ProofPacker(file.foreignProofs);
    this.#begin = database.prepare("BEGIN IMMEDIATE");
    this.#commit = database.prepare("COMMIT");
    this.#forgetLoss = database.prepare("DELETE FROM loss");
    this.#lastSequences = file.lastSequences;
    this.#lastInFile = file.loaded.lastCut;
    this.#acknowledged = file.mark.found.mark;
  }

  /**
   * Durable when it returns.
   * @throws SqliteError and system errors: nothing of the cut is in the file, or all of it without a mark
   * @throws MalformedRecords, RangeError: a mistake of whoever made the cut; nothing of it is in the file
   */
  write(cut: WriteRequest): Timings {
    if (cut.number <= this.#lastInFile) {
      throw new RangeError(
        `cut ${cut.number} is not above cut ${this.#lastInFile}, the last one in the file`,
      );
    }
    const commitMs = this.#commitCut(cut);
    this.#lastInFile = cut.number;
    const change = this.#watch.findChange();
    if (change !== undefined) throw Object.assign(new Error(change), { code: "GONE" });
    const started = performance.now();
    const { number, bootId, monoMs, wallMs } = cut;
    const mark: Mark = { storeId: this.#storeId, cut: number, bootId, monoMs, wallMs, suspect: false };
    this.#mark.write(mark);
    this.#acknowledged = mark;
    return { commitMs, markMs: performance.now() - started };
  }

  /** Asks the next start to look at the whole file: SQLite told of damage that no proof of ours covers (indexes, free list). */
  noteDamage(): void {
    const last = this.#acknowledged;
    if (last === undefined || last.storeId !== this.#storeId || last.suspect) return;
    this.#acknowledged = { ...last, suspect: true };
    this.#mark.write(this.#acknowledged);
  }

  #commitCut(cut: WriteRequest): number {
    this.#begin.run();
    try {
      const sequences = this.#apply(cut);
      this.#writeCutRow(cut, this.#packer.pack(this.#proofs, sequences));
      if (this.#hasLoss) this.#forgetLoss.run();
      const started = performance.now();
      this.#commit.run();
      const commitMs = performance.now() - started;
      this.#journal.accept();
      this.#lastSequences = sequences;
      this.#hasLoss = false;
      return commitMs;
    } catch (thrown) {
      this.#journal.rollBack();
      if (this.#database.inTransaction) this.#rollBack();
      throw thrown;
    }
  }

  #rollBack(): void {
    try {
      this.#database.exec("ROLLBACK");
    } catch (thrown) {
      // SQLite rolls back by itself on a full disk or an I/O error; then there is nothing left to roll back.
      if (failureCode(thrown) !== "SQLITE_ERROR") throw thrown;
    }
  }

  /** Applies all records in order; the answer is the highest sequence of each append table afterwards. */
  #apply(cut: WriteRequest): number[] {
    const sequences = [...this.#lastSequences];
    const reader = new RecordReader(cut.records, cut.byteLength);
    while (reader.next()) {
      const { operation, table, key } = reader;
      if (operation === RECORD_APPEND) {
        const append = this.#appends[table];
        if (append === undefined)
          throw new MalformedRecords(`append table ${table} of ${APPEND_TABLES.length}`);
        append(parseAppended(key, reader.image()));
        sequences[table] = Math.max(sequences[table] ?? 0, key);
      } else if (operation === RECORD_DELETE) this.#delete(table, key);
      else this.#put(table, key, reader.image());
    }
    return sequences;
  }

  #put(table: number, key: number, image: Uint8Array): void {
    const statement = this.#puts[table];
    if (statement === undefined) throw new MalformedRecords(`table ${table} of ${STATE_TABLES.length}`);
    statement.run(bindable(key), this.#sealer.seal(table, key, image));
    this.#element.compute(table, key, this.#sealer.proof.crc, this.#sealer.proof.second);
    this.#journal.replace(table, key, this.#element.low, this.#element.high);
  }

  #delete(table: number, key: number): void {
    const statement = this.#deletes[table];
    if (statement === undefined) throw new MalformedRecords(`table ${table} of ${STATE_TABLES.length}`);
    statement.run(bindable(key));
    this.#journal.replace(table, key, 0, 0);
  }
}

/** The driver binds numbers above 2^31 as floating point; small ones cost less as they are. */
function bindable(key: number): number | bigint {
  return key <= 0x7fffffff ? key : BigInt(key);
}
