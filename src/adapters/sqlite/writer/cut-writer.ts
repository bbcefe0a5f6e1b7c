// Writes cuts: one transaction each, then the mark. Only when both are done is a cut durable (reliability.md, "Order of
// words"). A cut goes into the journal; JournalFolder brings it into the tables later.

import type Database from "better-sqlite3";
import { parseAppended } from "../../../ports/appended-row.ts";
import { MalformedRecords, RecordReader } from "../../../ports/cut-records.ts";
import { APPEND_TABLES, RECORD_APPEND, RECORD_DELETE } from "../../../ports/cut-store.ts";
import { type AppendWriter, prepareAppends } from "../file/append-row.ts";
import { type CutInstant, ProofPacker, prepareCutRow } from "../file/cut-row.ts";
import { JOURNALED_TABLES, JournalPacker, type JournalSpan, prepareJournal } from "../file/journal.ts";
import type { LiveCuts } from "../file/live-cuts.ts";
import type { Mark, MarkFile } from "../file/mark-file.ts";
import { failureCode } from "../sqlite-failure.ts";
import type { OpenedFile } from "../start/open-file.ts";
import type { WriteRequest } from "../worker-messages.ts";
import type { FileWatch } from "./file-watch.ts";
import { TableWriter } from "./table-writer.ts";

export interface Timings {
  readonly commitMs: number;
  readonly markMs: number;
}

/** What the cut row says, but for the proofs of the tables. */
interface Said {
  readonly cut: CutInstant;
  readonly sequences: readonly number[];
  readonly journal: JournalSpan;
}

/** A cut of so many bytes of records changes so many rows that a journal saves nothing, and folding it would hold up other cuts. */
const PAST_JOURNAL_BYTES = 1024 * 1024;

const NO_CUT: CutInstant = { number: 0, bootId: "", monoMs: 0, wallMs: 0 };

export class CutWriter {
  readonly tables: TableWriter;
  readonly liveCuts: LiveCuts;
  readonly #database: Database.Database;
  readonly #mark: MarkFile;
  readonly #watch: FileWatch;
  readonly #storeId: string;
  readonly #appends: readonly AppendWriter[];
  readonly #packer = new JournalPacker();
  readonly #writeJournal: ReturnType<typeof prepareJournal>;
  readonly #writeCutRow: ReturnType<typeof prepareCutRow>;
  readonly #proofPacker: ProofPacker;
  readonly #begin: Database.Statement;
  readonly #commit: Database.Statement;
  readonly #forgetLoss: Database.Statement;
  #hasLoss = true;
  /** Bytes of records that went into the journal, with those found in it at the start. */
  #journaledBytes: number;
  #said: Said;
  #acknowledged: Mark | undefined;

  constructor(file: OpenedFile, watch: FileWatch) {
    const { database, cut = NO_CUT } = file;
    this.tables = new TableWriter(database, file.proofs, file.hashKey);
    this.#database = database;
    this.#mark = file.mark;
    this.#watch = watch;
    this.#storeId = file.storeId;
    this.#appends = prepareAppends(database);
    this.#writeJournal = prepareJournal(database);
    this.#writeCutRow = prepareCutRow(database);
    this.#proofPacker = new ProofPacker(file.cut?.foreign ?? new Uint8Array(0));
    this.#begin = database.prepare("BEGIN IMMEDIATE");
    this.#commit = database.prepare("COMMIT");
    this.#forgetLoss = database.prepare("DELETE FROM loss");
    const total = database.prepare<[], number>("SELECT total(length(records)) FROM journal").pluck();
    this.#journaledBytes = total.get() ?? 0;
    this.liveCuts = file.liveCuts;
    const journal = file.cut?.journal ?? { folded: 0, last: 0 };
    this.#said = { cut, sequences: file.lastSequences, journal };
    this.#acknowledged = file.mark.found.mark;
  }

  get journal(): JournalSpan {
    return this.#said.journal;
  }

  get journaledBytes(): number {
    return this.#journaledBytes;
  }

  /**
   * Durable when it returns.
   * @param into `tables`: past the journal if that is empty, or its rows would go before these
   * @throws SqliteError and system errors: nothing of the cut is in the file, or all of it without a mark
   * @throws MalformedRecords, RangeError: a mistake of whoever made the cut; nothing of it is in the file
   */
  write(cut: WriteRequest, into: "journal" | "tables" = "journal"): Timings {
    const { number, bootId, monoMs, wallMs } = cut;
    if (number <= this.#said.cut.number) {
      throw new RangeError(
        `cut ${number} is not above cut ${this.#said.cut.number}, the last one in the file`,
      );
    }
    const commitMs = this.#transact(() => {
      if (this.#hasLoss) this.#forgetLoss.run();
      return { cut: { number, bootId, monoMs, wallMs }, ...this.#apply(cut, into) };
    });
    this.#hasLoss = false;
    const change = this.#watch.findChange();
    if (change !== undefined) throw Object.assign(new Error(change), { code: "GONE" });
    const started = performance.now();
    const mark: Mark = { storeId: this.#storeId, cut: number, bootId, monoMs, wallMs, suspect: false };
    this.#mark.write(mark);
    this.#acknowledged = mark;
    return { commitMs, markMs: performance.now() - started };
  }

  /**
   * Lets `change` bring rows of the journal into the tables; it answers up to which cut that is done. Nothing is synced: the
   * journal holds the rows until the next cut has made both durable, in this order.
   * @throws SqliteError: nothing was changed
   */
  fold(change: () => number): void {
    const synchronous = Number(this.#database.pragma("synchronous", { simple: true }));
    this.#database.pragma("synchronous = NORMAL");
    try {
      this.#transact(() => {
        const folded = change();
        return { ...this.#said, journal: { ...this.#said.journal, folded } };
      });
    } finally {
      this.#database.pragma(`synchronous = ${synchronous}`);
    }
  }

  /** Asks the next start to look at the whole file: SQLite told of damage that no proof of ours covers (indexes, free list). */
  noteDamage(): void {
    const last = this.#acknowledged;
    if (last === undefined || last.storeId !== this.#storeId || last.suspect) return;
    this.#acknowledged = { ...last, suspect: true };
    this.#mark.write(this.#acknowledged);
  }

  /** Answers the time that COMMIT took, ms. */
  #transact(change: () => Said): number {
    this.#begin.run();
    try {
      const said = change();
      const { cut, sequences, journal } = said;
      this.#writeCutRow(cut, this.#proofPacker.pack(this.tables.proofs, sequences, journal));
      const started = performance.now();
      this.#commit.run();
      const commitMs = performance.now() - started;
      this.tables.accept();
      this.liveCuts.accept();
      this.#said = said;
      return commitMs;
    } catch (thrown) {
      this.tables.rollBack();
      this.liveCuts.rollBack();
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

  /** Writes all records in order. */
  #apply(cut: WriteRequest, into: "journal" | "tables"): Omit<Said, "cut"> {
    const { journal } = this.#said;
    const isPast =
      journal.folded === journal.last && (into === "tables" || cut.byteLength > PAST_JOURNAL_BYTES);
    const sequences = [...this.#said.sequences];
    const reader = new RecordReader(cut.records, cut.byteLength);
    this.#packer.open(reader.bytes);
    while (reader.next()) {
      const { operation, table, key } = reader;
      if (operation === RECORD_APPEND) {
        const append = this.#appends[table];
        if (append === undefined)
          throw new MalformedRecords(`append table ${table} of ${APPEND_TABLES.length}`);
        append(parseAppended(key, reader.image()));
        sequences[table] = Math.max(sequences[table] ?? 0, key);
      } else if (table < JOURNALED_TABLES && !isPast) {
        if (this.#packer.isEmpty) this.liveCuts.begin(cut.number);
        this.#packer.add(reader);
        this.liveCuts.note(table, key);
      } else this.tables.write(table, key, operation === RECORD_DELETE ? undefined : reader.image());
    }
    if (this.#packer.isEmpty) return { sequences, journal };
    this.#journaledBytes += this.#writeJournal(cut.number, journal.last, this.#packer);
    return { sequences, journal: { ...journal, last: cut.number } };
  }
}
