// Opens the SQLite file with the settings that the promises rest on.

import Database from "better-sqlite3";
import { PAGE_BYTES } from "./schema.ts";

export type Durability = "power" | "process";

/** Waits this long for another connection (backup, CLI): longer would hold up cuts. */
export const BUSY_TIMEOUT_MS = 250;

/**
 * A connection that writes. A new file gets our page size.
 * Own checkpoints only: SQLite's automatic one would run inside a COMMIT that somebody waits for.
 * @throws SqliteError
 */
export function openForWriting(path: string, durability: Durability): Database.Database {
  const database = new Database(path, { timeout: BUSY_TIMEOUT_MS });
  try {
    database.pragma(`page_size = ${PAGE_BYTES}`);
    database.pragma("journal_mode = WAL");
    database.pragma(`synchronous = ${durability === "power" ? "FULL" : "NORMAL"}`);
    database.pragma("wal_autocheckpoint = 0");
    database.pragma("trusted_schema = OFF");
    database.pragma("cell_size_check = ON");
    database.pragma("temp_store = MEMORY");
    database.pragma("cache_size = -8192");
    return database;
  } catch (thrown) {
    database.close();
    throw thrown;
  }
}

/** A connection that only reads, beside the writer. @throws SqliteError */
export function openForReading(path: string): Database.Database {
  const database = new Database(path, { readonly: true, fileMustExist: true, timeout: BUSY_TIMEOUT_MS });
  database.pragma("cache_size = -2048");
  return database;
}

/** Pages that the file may have. */
export function pageCap(database: Database.Database, fileMaxBytes: number): number {
  const pageBytes = Number(database.pragma("page_size", { simple: true }));
  return Math.max(64, Math.floor(fileMaxBytes / pageBytes));
}
