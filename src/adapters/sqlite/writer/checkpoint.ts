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

interface CheckpointColumns {
  readonly busy: number;
  readonly log: number;
  readonly checkpointed: number;
}

/** Counts the frames of the log without touching them, about 5 µs: prepared once, asked after every cut. */
export function prepareFrameCount(database: Database.Database): () => CheckpointState {
  const statement = database.prepare<[], CheckpointColumns>("PRAGMA wal_checkpoint(NOOP)");
  return () => stateFrom(statement.get());
}

/** PASSIVE copies what it can into the database; TRUNCATE also cuts the log file off. @throws SqliteError */
export function checkpoint(database: Database.Database, mode: "PASSIVE" | "TRUNCATE"): CheckpointState {
  // A reader must not hold up the cut that waits behind this: better to try again later.
  if (mode === "TRUNCATE") database.pragma("busy_timeout = 0");
  try {
    return stateFrom((database.pragma(`wal_checkpoint(${mode})`) as CheckpointColumns[])[0]);
  } finally {
    if (mode === "TRUNCATE") database.pragma(`busy_timeout = ${BUSY_TIMEOUT_MS}`);
  }
}

function stateFrom(columns: CheckpointColumns | undefined): CheckpointState {
  const { busy, log, checkpointed } = columns ?? { busy: 1, log: 0, checkpointed: 0 };
  return { busy: busy !== 0, frames: Math.max(0, log), done: Math.max(0, checkpointed) };
}
