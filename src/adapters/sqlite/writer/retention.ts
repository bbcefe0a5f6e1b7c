// Takes appended rows out of the file: those older than their table is kept, and beyond the size cap the oldest ones of
// all tables. Small batches whose size follows the time they take; ages count from the wall clock of the last cut.

import type Database from "better-sqlite3";
import { APPEND_TABLES, type AppendTable, RETENTION_DAYS } from "../../../ports/cut-store.ts";
import { pageCap } from "../file/open-database.ts";

const DAY_MS = 86_400_000;

/** A piece of housekeeping takes at most this long, ms: what a cut may have to wait. */
const PIECE_MS = 5;

/** How often ages and size are looked at, ms of the cuts' wall clock. */
const LOOK_EVERY_MS = 1_000;

/** Part of the cap from which on the oldest rows are deleted, before a cut meets the cap itself. */
const FULL_FRACTION = 0.9;

/** Part by which the cap is raised for what makes room at the cap: a DELETE needs pages too. */
const RESERVE_FRACTION = 0.05;

/** Free pages wanted by `deleteSome`, as part of the cap. */
const ROOM_FRACTION = 0.02;

const MIN_BATCH_ROWS = 8;
const MAX_BATCH_ROWS = 1_024;

/** Never deleted for size alone when younger, ms: late reports and resent settlements look there (exactly-once). */
const KEPT_AT_LEAST_MS: { readonly [T in AppendTable]: number } = {
  violations: 0,
  audit: 0,
  completed_executions: DAY_MS,
  outcomes: 0,
  resolved_approvals: 0,
};

interface Oldest {
  readonly table: AppendTable;
  readonly atMs: number;
}

export class Retention {
  readonly #database: Database.Database;
  readonly #capPages: number;
  readonly #oldest: ReadonlyMap<AppendTable, Database.Statement<[], number>>;
  readonly #delete: ReadonlyMap<AppendTable, Database.Statement>;
  #batchRows = 64;
  #wallMs = 0;
  #lookAtMs = Number.NEGATIVE_INFINITY;

  constructor(database: Database.Database, fileMaxBytes: number) {
    this.#database = database;
    this.#capPages = pageCap(database, fileMaxBytes);
    this.#setCap(this.#capPages);
    const oldest = (table: AppendTable): Database.Statement<[], number> =>
      database.prepare<[], number>(`SELECT at_ms FROM ${table} ORDER BY sequence LIMIT 1`).pluck();
    const remove = (table: AppendTable): Database.Statement =>
      database.prepare(
        `DELETE FROM ${table} WHERE at_ms < ? AND sequence IN (SELECT sequence FROM ${table} ORDER BY sequence LIMIT ?)`,
      );
    this.#oldest = new Map(APPEND_TABLES.map((table) => [table, oldest(table)]));
    this.#delete = new Map(APPEND_TABLES.map((table) => [table, remove(table)]));
  }

  noteCut(wallMs: number): void {
    this.#wallMs = wallMs;
  }

  /** One batch; true when more is due at once. @throws SqliteError */
  doPiece(): boolean {
    if (Math.abs(this.#wallMs - this.#lookAtMs) < LOOK_EVERY_MS) return false;
    const oldest = this.#findOldest();
    const tooOld = oldest.find(({ table, atMs }) => atMs < this.#wallMs - RETENTION_DAYS[table] * DAY_MS);
    if (tooOld !== undefined) {
      return this.#deleteBatch(tooOld.table, this.#wallMs - RETENTION_DAYS[tooOld.table] * DAY_MS) > 0;
    }
    if (this.#usedPages() > this.#capPages * FULL_FRACTION && this.#deleteOldest(oldest)) return true;
    this.#lookAtMs = this.#wallMs;
    return false;
  }

  isAtCap(): boolean {
    return this.#pages("page_count") >= this.#capPages - 16;
  }

  /** Deletes the oldest rows until some room is free again. @throws SqliteError */
  deleteSome(): void {
    const wanted = Math.max(16, this.#capPages * ROOM_FRACTION);
    while (this.#pages("freelist_count") < wanted && this.#deleteOldest(this.#findOldest()));
  }

  /** Lets work that makes room in the end use the reserve above the cap. */
  withReserve(work: () => void): void {
    this.#setCap(Math.ceil(this.#capPages * (1 + RESERVE_FRACTION)));
    try {
      work();
    } finally {
      this.#setCap(this.#capPages);
    }
  }

  /** Tables by the age of their oldest row, the oldest first. */
  #findOldest(): Oldest[] {
    const found: Oldest[] = [];
    for (const [table, statement] of this.#oldest) {
      const atMs = statement.get();
      if (atMs !== undefined) found.push({ table, atMs });
    }
    return found.sort((one, other) => one.atMs - other.atMs);
  }

  #deleteOldest(oldest: readonly Oldest[]): boolean {
    for (const { table } of oldest) {
      const before =
        KEPT_AT_LEAST_MS[table] === 0 ? Number.MAX_SAFE_INTEGER : this.#wallMs - KEPT_AT_LEAST_MS[table];
      if (this.#deleteBatch(table, before) > 0) return true;
    }
    return false;
  }

  #deleteBatch(table: AppendTable, beforeMs: number): number {
    const started = performance.now();
    const deleted = this.#delete.get(table)?.run(BigInt(Math.trunc(beforeMs)), this.#batchRows).changes ?? 0;
    const took = performance.now() - started;
    if (took > PIECE_MS / 2) this.#batchRows = Math.max(MIN_BATCH_ROWS, this.#batchRows >> 1);
    else if (took < PIECE_MS / 4) this.#batchRows = Math.min(MAX_BATCH_ROWS, this.#batchRows << 1);
    return deleted;
  }

  #usedPages(): number {
    return this.#pages("page_count") - this.#pages("freelist_count");
  }

  #pages(pragma: "page_count" | "freelist_count"): number {
    return Number(this.#database.pragma(pragma, { simple: true }));
  }

  #setCap(pages: number): void {
    this.#database.pragma(`max_page_count = ${pages}`);
  }
}
