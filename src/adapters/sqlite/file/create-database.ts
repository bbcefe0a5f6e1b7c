// Makes a whole new file. It is built under another name and takes its own only when it is complete, so that a file under
// the real name always holds all tables and the row that names it.

import { chmodSync, closeSync, fsyncSync, openSync, renameSync, rmSync } from "node:fs";
import { dirname } from "node:path";
import type Database from "better-sqlite3";
import { openForWriting } from "./open-database.ts";
import { APPLICATION_ID, MIGRATIONS } from "./schema.ts";
import { type StoreRow, writeStoreRow } from "./store-row.ts";

/** What a new file is named by; its version is that of this program. */
export interface NewStore {
  readonly storeId: string;
  readonly hashKey: Uint8Array;
  readonly createdMs: number;
}

/**
 * Builds a file at `temporary`, lets `fill` write into it within one transaction, and leaves it closed and synced.
 * What lay under that name before was never complete and is removed.
 * @throws SqliteError
 */
export function buildDatabase(
  temporary: string,
  store: NewStore,
  fill: (database: Database.Database) => void,
): void {
  for (const suffix of ["", "-wal", "-shm", "-journal"]) rmSync(temporary + suffix, { force: true });
  const database = openForWriting(temporary, "power");
  try {
    database.pragma(`application_id = ${APPLICATION_ID}`);
    database.exec("BEGIN IMMEDIATE");
    for (const migration of MIGRATIONS) migration.apply(database);
    writeStoreRow(database, storeRowOf(store));
    fill(database);
    database.exec("COMMIT");
    database.pragma("wal_checkpoint(TRUNCATE)");
  } finally {
    database.close();
  }
  chmodSync(temporary, 0o600);
}

/** Gives a built file its real name, durably. */
export function moveIntoPlace(temporary: string, path: string): void {
  renameSync(temporary, path);
  syncDirectory(dirname(path));
}

/** Makes renames and new files in a directory survive a loss of power. */
export function syncDirectory(directory: string): void {
  const descriptor = openSync(directory, "r");
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

function storeRowOf(store: NewStore): StoreRow {
  const newest = MIGRATIONS.at(-1);
  if (newest === undefined) throw new RangeError("there are no migrations");
  const { version, minReaderVersion, release } = newest;
  return { ...store, fileVersion: version, minReaderVersion, needsRelease: release };
}
