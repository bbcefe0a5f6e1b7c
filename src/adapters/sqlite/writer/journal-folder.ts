// Brings the rows of the journal into the tables and takes the journal away behind it, the oldest row first. A key that a later
// row replaces is left to that row. One small piece at a time, in the gaps between cuts; a kill at any point is harmless: what
// is left of the journal says the same again.

import type Database from "better-sqlite3";
import { imageProves, JOURNAL_COLUMNS, JOURNALED_TABLES, proveJournalRow } from "../file/journal.ts";
import type { LiveCuts } from "../file/live-cuts.ts";
import type { CutWriter } from "./cut-writer.ts";

/** Bytes of records after which the journal is folded: a key that changes with every cut is then replaced in dozens of them. */
const FOLD_BYTES = 16 * 1024 * 1024;

/** Part of the file's cap that the journal may take. */
const CAP_FRACTION = 1 / 16;

/** Time of one piece without its COMMIT, ms. */
const PIECE_MS = 1;

/**
 * Of so many foldings one, the first of a run among them, puts every key of the journal, also those that newer cuts replace: should
 * the journal be lost, tables are not further behind than that.
 */
const THOROUGH_EVERY = 8;

/** Nothing is known of any table. */
const NO_KEYS = Array.from({ length: JOURNALED_TABLES }, () => new Set<number>());

interface FoldedRow {
  readonly table: number;
  readonly key: number;
  readonly image: Buffer | undefined;
}

export class JournalFolder {
  readonly #writer: CutWriter;
  readonly #foldBytes: number;
  readonly #find: Database.Statement<[number], unknown[]>;
  readonly #delete: Database.Statement<[number]>;
  /** What is replaced, as this folding sees it; undefined while nothing is being folded. */
  #cuts: LiveCuts | undefined;
  #upTo = 0;
  /** Rows that are to be put, and behind those of each cut its number. */
  #steps: Iterator<FoldedRow | number, undefined> | undefined;
  #foldings = 0;
  /** `CutWriter.journaledBytes` up to the cut that was folded last, and up to `#upTo`. */
  #foldedBytes = 0;
  #foldingBytes = 0;
  #isDamaged = false;

  constructor(database: Database.Database, writer: CutWriter, fileMaxBytes: number) {
    this.#writer = writer;
    this.#foldBytes = Math.min(FOLD_BYTES, fileMaxBytes * CAP_FRACTION);
    this.#find = database
      .prepare<[number], unknown[]>(`SELECT ${JOURNAL_COLUMNS} FROM journal WHERE number = ?`)
      .raw();
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
    return isAllDue || this.#cuts !== undefined || this.#unfoldedBytes >= this.#foldBytes;
  }

  /**
   * One piece of what is due.
   * @throws SqliteError; SQLITE_CORRUPT when a row of the journal does not prove: then nothing is folded any more
   */
  doPiece(): void {
    const cuts = this.#cuts ?? this.#begin();
    this.#steps ??= this.#walk(cuts);
    const steps = this.#steps;
    try {
      this.#writer.fold(() => this.#fold(steps));
    } catch (thrown) {
      // What was taken from the steps is not in the tables: from the oldest cut again, which puts the same.
      this.#steps = undefined;
      throw thrown;
    }
    this.#drop(cuts);
  }

  /** All of it in one transaction that needs hardly any new page: for a file at its cap. @throws as `doPiece` */
  foldAtOnce(): void {
    const cuts = this.#begin();
    const steps = [...this.#walk(cuts)];
    this.#writer.fold(() => {
      this.#delete.run(this.#upTo);
      for (const step of steps) if (typeof step !== "number") this.#put(step);
      return this.#upTo;
    });
    this.#drop(cuts);
  }

  #begin(): LiveCuts {
    const { journal, journaledBytes, liveCuts } = this.#writer;
    this.#upTo = journal.last;
    this.#foldingBytes = journaledBytes;
    this.#steps = undefined;
    this.#cuts = this.#foldings % THOROUGH_EVERY === 0 ? liveCuts.copy() : liveCuts;
    this.#foldings += 1;
    return this.#cuts;
  }

  /** After what was folded is in the file. */
  #drop(cuts: LiveCuts): void {
    const { journal, liveCuts } = this.#writer;
    liveCuts.drop(journal.folded);
    if (cuts !== liveCuts) cuts.drop(journal.folded);
    if (journal.folded !== this.#upTo) return;
    this.#cuts = undefined;
    this.#steps = undefined;
    this.#foldedBytes = this.#foldingBytes;
  }

  /** Answers up to which cut the journal is no longer needed. */
  #fold(steps: Iterator<FoldedRow | number, undefined>): number {
    const until = performance.now() + PIECE_MS;
    let { folded } = this.#writer.journal;
    do {
      const step = steps.next().value;
      // The last cut of the journal is not among those that are known: nothing may be taken away then.
      if (step === undefined) throw this.#damaged(this.#upTo);
      if (typeof step === "number") {
        // The oldest first: each row names the one before it, and the cut row the one before the first.
        this.#delete.run(step);
        folded = step;
      } else this.#put(step);
    } while (folded !== this.#upTo && performance.now() < until);
    return folded;
  }

  #put({ table, key, image }: FoldedRow): void {
    this.#writer.tables.write(table, key, image);
  }

  *#walk(cuts: LiveCuts): Generator<FoldedRow | number, undefined> {
    for (const number of cuts.numbers.filter((one) => one <= this.#upTo)) {
      if (cuts.isLive(number)) yield* this.#lastWords(cuts, number);
      yield number;
    }
  }

  /** What a cut says that no later one replaces. */
  *#lastWords(cuts: LiveCuts, number: number): Generator<FoldedRow> {
    const row = proveJournalRow(this.#find.get(number) ?? [], NO_KEYS);
    if (row?.number !== number) throw this.#damaged(number);
    for (const [table, records] of row.latest.entries()) {
      for (const [key, record] of records) {
        // Asked for each: while a large row is put piece by piece, cuts replace what it says.
        if (!cuts.isLast(number, table, key)) continue;
        if (!imageProves(record)) throw this.#damaged(number);
        yield { table, key, image: record.image };
      }
    }
  }

  #damaged(number: number): Error {
    this.#isDamaged = true;
    return Object.assign(new Error(`cut ${number} of the journal does not prove`), {
      code: "SQLITE_CORRUPT",
    });
  }
}
