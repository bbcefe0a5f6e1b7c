// Brings the rows of the journal into the tables, each key once however often it changed, and takes the journal away behind
// it. One small piece at a time, in the gaps between cuts; a kill at any point is harmless: what is left of the journal says
// the same again.

import type Database from "better-sqlite3";
import {
  imageProves,
  JOURNAL_COLUMNS,
  JOURNALED_TABLES,
  type JournalRecord,
  proveJournalRow,
} from "../file/journal.ts";
import type { CutWriter } from "./cut-writer.ts";

/** Bytes of records after which the journal is folded: a key that changes with every cut is then written once in dozens. */
const FOLD_BYTES = 16 * 1024 * 1024;

/** Part of the file's cap that the journal may take. */
const CAP_FRACTION = 1 / 16;

/** Time of one piece without its COMMIT, ms. */
const PIECE_MS = 1;

/** Rows of the journal that are taken away at once. */
const DELETED_ROWS = 8;

interface FoldedRow extends JournalRecord {
  readonly table: number;
  readonly key: number;
}

export class JournalFolder {
  readonly #writer: CutWriter;
  readonly #foldBytes: number;
  readonly #newest: Database.Statement<[number], unknown[]>;
  readonly #oldest: Database.Statement<[number, number], number | null>;
  readonly #delete: Database.Statement<[number]>;
  /** What is still to be put into the tables of the cuts up to `#upTo`; undefined while nothing is being folded. */
  #rows: Iterator<FoldedRow | "read", undefined> | undefined;
  #upTo = 0;
  /** `CutWriter.journaledBytes` up to the cut that was folded last, and up to `#upTo`. */
  #foldedBytes = 0;
  #foldingBytes = 0;
  #isDamaged = false;

  constructor(database: Database.Database, writer: CutWriter, fileMaxBytes: number) {
    this.#writer = writer;
    this.#foldBytes = Math.min(FOLD_BYTES, fileMaxBytes * CAP_FRACTION);
    this.#newest = database
      .prepare<[number], unknown[]>(
        `SELECT ${JOURNAL_COLUMNS} FROM journal WHERE number <= ? ORDER BY number DESC LIMIT 1`,
      )
      .raw();
    this.#oldest = database
      .prepare<[number, number], number | null>(
        "SELECT max(number) FROM (SELECT number FROM journal WHERE number <= ? ORDER BY number LIMIT ?)",
      )
      .pluck();
    this.#delete = database.prepare<[number]>("DELETE FROM journal WHERE number <= ?");
  }

  /** Cuts come faster than one piece after each of them folds. */
  get isBehind(): boolean {
    return this.#unfoldedBytes >= 2 * this.#foldBytes;
  }

  get #unfoldedBytes(): number {
    return this.#writer.journaledBytes - this.#foldedBytes;
  }

  /** @param isAllDue whether a journal that is still short is to be folded too */
  isDue(isAllDue: boolean): boolean {
    const { journal } = this.#writer;
    if (this.#isDamaged || journal.folded === journal.last) return false;
    return isAllDue || this.#rows !== undefined || this.#unfoldedBytes >= this.#foldBytes;
  }

  /**
   * One piece of what is due.
   * @throws SqliteError; SQLITE_CORRUPT when a row of the journal does not prove: then nothing is folded any more
   */
  doPiece(): void {
    if (this.#rows === undefined) this.#begin();
    try {
      this.#writer.fold(() => this.#fold());
    } catch (thrown) {
      // What was taken from `#rows` is not in the tables: from the start again, which puts the same.
      this.#rows = undefined;
      throw thrown;
    }
    if (this.#writer.journal.folded === this.#upTo) this.#end();
  }

  /** All of it in one transaction that needs hardly any new page: for a file at its cap. @throws as `doPiece` */
  foldAtOnce(): void {
    this.#rows = undefined;
    this.#begin();
    const rows = [...this.#unfolded(this.#upTo)].filter((row) => row !== "read");
    this.#writer.fold(() => {
      this.#delete.run(this.#upTo);
      for (const { table, key, image } of rows) this.#writer.tables.write(table, key, image);
      return this.#upTo;
    });
    this.#end();
  }

  #end(): void {
    this.#rows = undefined;
    this.#foldedBytes = this.#foldingBytes;
  }

  #begin(): void {
    const { journal, journaledBytes } = this.#writer;
    this.#upTo = journal.last;
    this.#foldingBytes = journaledBytes;
    this.#rows = this.#unfolded(journal.last);
  }

  /** Answers up to which cut the journal is no longer needed. */
  #fold(): number {
    const until = performance.now() + PIECE_MS;
    do {
      const row = this.#rows?.next().value;
      if (row === undefined) return this.#takeAway();
      if (row !== "read") this.#writer.tables.write(row.table, row.key, row.image);
    } while (performance.now() < until);
    return this.#writer.journal.folded;
  }

  /** The oldest first: each row names the one before it, and the cut row the one before the first. */
  #takeAway(): number {
    const upTo = this.#oldest.get(this.#upTo, DELETED_ROWS) ?? this.#upTo;
    this.#delete.run(upTo);
    return upTo;
  }

  /**
   * The last word on each key, from the newest row of the journal to the oldest. `read`: a row of the journal was read, which
   * takes as long as putting dozens, also where later ones have replaced all it holds.
   */
  *#unfolded(upTo: number): Generator<FoldedRow | "read", undefined> {
    const seen = Array.from({ length: JOURNALED_TABLES }, () => new Set<number>());
    const { folded } = this.#writer.journal;
    for (let number = upTo; number > folded; ) {
      const row = proveJournalRow(this.#newest.get(number) ?? [], seen);
      if (row?.number !== number) throw this.#damaged(number);
      for (const [table, records] of row.latest.entries()) {
        for (const [key, record] of records) {
          if (!imageProves(record)) throw this.#damaged(number);
          yield { table, key, ...record };
          seen[table]?.add(key);
        }
      }
      number = row.previous;
      yield "read";
    }
  }

  #damaged(number: number): Error {
    this.#isDamaged = true;
    return Object.assign(new Error(`cut ${number} of the journal does not prove`), {
      code: "SQLITE_CORRUPT",
    });
  }
}
