// Brings a file of an earlier version to this one, or says which release it needs. Forward only; what one migration
// changes is in the file as a whole or not at all.

import type Database from "better-sqlite3";
import { StoreOpenError } from "../store-open-error.ts";
import type { Migration } from "./schema.ts";
import { type StoreRow, writeStoreRow } from "./store-row.ts";

/** @throws StoreOpenError NEEDS_NEWER_VERSION, TOO_OLD when a program that knows `oldest` to `newest` must not touch this file */
export function assertReadable(row: StoreRow, oldest: number, newest: number): void {
  if (row.fileVersion < oldest) {
    throw new StoreOpenError(
      "TOO_OLD",
      `this file has version ${row.fileVersion}, which no release has written; this one reads from version ${oldest} on. ` +
        "Nothing was changed; move the directory away to start with an empty one.",
    );
  }
  if (row.minReaderVersion <= newest) return;
  throw new StoreOpenError(
    "NEEDS_NEWER_VERSION",
    `this file has version ${row.fileVersion} and needs Tollgate ${row.needsRelease} or newer; this one reads up to ` +
      `version ${newest}. Nothing was changed.`,
  );
}

export function needsMigration(row: StoreRow, migrations: readonly Migration[]): boolean {
  return migrations.some((migration) => migration.version > row.fileVersion);
}

/**
 * Applies what is missing, each migration in a transaction of its own. Before one that older programs cannot read a copy
 * is made at `copyPath(version of the file before it)`.
 * @throws SqliteError
 */
export function migrate(
  database: Database.Database,
  row: StoreRow,
  migrations: readonly Migration[],
  copyPath: (version: number) => string,
): StoreRow {
  let current = row;
  for (const migration of migrations) {
    if (migration.version <= current.fileVersion) continue;
    const isBreaking = migration.minReaderVersion > current.fileVersion;
    if (isBreaking) database.prepare("VACUUM INTO ?").run(copyPath(current.fileVersion));
    const { version, minReaderVersion, release } = migration;
    const next: StoreRow = { ...current, fileVersion: version, minReaderVersion, needsRelease: release };
    database.exec("BEGIN IMMEDIATE");
    try {
      migration.apply(database);
      writeStoreRow(database, next);
      database.exec("COMMIT");
    } catch (thrown) {
      if (database.inTransaction) database.exec("ROLLBACK");
      throw thrown;
    }
    current = next;
  }
  return current;
}
