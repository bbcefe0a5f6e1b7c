// Reads the journal as it stands before the tables: what its rows say of a key goes before what the tables hold.

import type Database from "better-sqlite3";
import { STATE_TABLES, type StateTable } from "../../../ports/cut-store.ts";
import {
  JOURNAL_COLUMNS,
  JOURNALED_TABLES,
  type JournalRecord,
  type JournalRow,
  type JournalSpan,
  proveJournalRow,
} from "../file/journal.ts";
import { LiveCuts } from "../file/live-cuts.ts";
import type { ReadMode } from "./load-tables.ts";
import { readKeyed } from "./read-rows.ts";

export interface ReadJournal {
  /** By table: the last word on each key that the journal speaks of. */
  readonly latest: readonly ReadonlyMap<number, JournalRecord>[];
  /** Tables whose rows may be missing: a cut of the journal does not prove, or is not there. */
  readonly lost: readonly StateTable[];
  readonly liveCuts: LiveCuts;
}

/** @throws SqliteError in `strict` mode when a row cannot be read */
export function readJournal(
  database: Database.Database,
  span: JournalSpan | undefined,
  mode: ReadMode,
): ReadJournal {
  const { rows, isReadable } = readColumns(database, mode);
  const latest = Array.from({ length: JOURNALED_TABLES }, () => new Map<number, JournalRecord>());
  let isWhole = isReadable && span !== undefined;
  let expected = span?.last;
  const found: JournalRow[] = [];
  // From the newest row on, each names the one before it.
  for (const columns of rows) {
    const row = proveJournalRow(columns, latest);
    if (row === undefined || row.number !== expected) isWhole = false;
    if (row === undefined) continue;
    expected = row.previous;
    found.push(row);
    for (const [table, records] of row.latest.entries())
      for (const [key, record] of records) latest[table]?.set(key, record);
  }
  if (expected !== span?.folded) isWhole = false;
  return {
    latest,
    lost: isWhole ? [] : STATE_TABLES.slice(0, JOURNALED_TABLES),
    liveCuts: liveCutsOf(found),
  };
}

/** @param rows the newest first, each with what no later one replaces */
function liveCutsOf(rows: readonly JournalRow[]): LiveCuts {
  const cuts = new LiveCuts(JOURNALED_TABLES);
  for (const { number, latest } of rows.toReversed()) {
    cuts.begin(number);
    for (const [table, records] of latest.entries()) for (const key of records.keys()) cuts.note(table, key);
    cuts.accept();
  }
  return cuts;
}

/** All rows, the newest first. */
function readColumns(database: Database.Database, mode: ReadMode) {
  const rows: (readonly unknown[])[] = [];
  if (mode === "strict") {
    const select = `SELECT ${JOURNAL_COLUMNS} FROM journal ORDER BY number DESC`;
    for (const row of database.prepare<[], unknown[]>(select).raw().iterate()) rows.push(row);
    return { rows, isReadable: true };
  }
  const isReadable = readKeyed(database, "journal", "number", JOURNAL_COLUMNS, (row) => rows.push(row));
  rows.sort(([one], [other]) => Number(other) - Number(one));
  return { rows, isReadable };
}
