// SQLite's checkpoints, asked for by us alone (wal_autocheckpoint is off).

import type Database from "better-sqlite3";
import { BUSY_TIMEOUT_MS } from "../file/open-database.ts";

export interface CheckpointState {
  /** A reader or another writer was in the way; the rest is done another time. */
  readonly busy: boolean;
  /** Frames in the log, and how many of them are in the database. */
  readonly frames: number;
  readonly done: number;
}

/** NOOP only counts (about 5 µs); PASSIVE copies what it can; TRUNCATE also cuts the log file off. @throws SqliteError */
export function checkpoint(database: Database.Database, mode: "NOOP" | "PASSIVE" | "TRUNCATE"): CheckpointState {
  // A reader must not hold up the cut that waits behind this: better to try again later.
  if (mode === "TRUNCATE") database.pragma("busy_timeout = 0");
  try {
    const rows = database.pragma(`wal_checkpoint(${mode})`) as { busy: number; log: number; checkpointed: number }[];
    const row = rows[0] ?? { busy: 1, log: 0, checkpointed: 0 };
    return { busy: row.busy !== 0, frames: Math.max(0, row.log), done: Math.max(0, row.checkpointed) };
  } finally {
    if (mode === "TRUNCATE") database.pragma(`busy_timeout = ${BUSY_TIMEOUT_MS}`);
  }
}
