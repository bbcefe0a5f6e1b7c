// One daemon per store: a tiny SQLite file of its own, held in BEGIN EXCLUSIVE for life. The kernel gives it back however
// the process ends. Never open or close it, or the database, with plain `fs` calls in this process: closing any descriptor
// of a file drops all POSIX locks of the process on it.

import { chmodSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import Database from "better-sqlite3";
import { failureCode, failureText } from "./sqlite-failure.ts";
import type { StoreFiles } from "./store-files.ts";
import { StoreOpenError } from "./store-open-error.ts";

/** Who opens the store: quoted to whoever comes second. */
export interface Instance {
  readonly host: string;
  readonly pid: number;
  readonly startedWallMs: number;
}

export class StoreLock {
  readonly #database: Database.Database;

  private constructor(database: Database.Database) {
    this.#database = database;
  }

  /** Does not wait. @throws StoreOpenError LOCKED, READ_ONLY, DISK_FULL, INPUT_OUTPUT */
  static acquire(files: StoreFiles, instance: Instance, bootId: string): StoreLock {
    let database: Database.Database | undefined;
    try {
      database = new Database(files.lock, { timeout: 0 });
      // Nothing is ever written into it, so nothing needs to be journaled.
      database.pragma("journal_mode = MEMORY");
      database.exec("BEGIN EXCLUSIVE");
      chmodSync(files.lock, 0o600);
      writeHolder(files.holder, instance, bootId);
      return new StoreLock(database);
    } catch (thrown) {
      database?.close();
      throw refusal(files, thrown);
    }
  }

  release(): void {
    if (this.#database.open) this.#database.close();
  }
}

function writeHolder(path: string, instance: Instance, bootId: string): void {
  const started = new Date(instance.startedWallMs).toISOString();
  const text = `host ${instance.host}\npid ${instance.pid}\nstarted ${started}\nboot ${bootId}\n`;
  // Renamed into place, so that nobody reads half of it.
  writeFileSync(`${path}.new`, text, { mode: 0o644 });
  renameSync(`${path}.new`, path);
}

function refusal(files: StoreFiles, thrown: unknown): StoreOpenError {
  const code = failureCode(thrown);
  if (code.startsWith("SQLITE_BUSY") || code.startsWith("SQLITE_LOCKED")) {
    const text = `another Tollgate holds the store in ${files.directory}: ${readHolder(files.holder)}. Stop it, or give this one a directory of its own`;
    return new StoreOpenError("LOCKED", text);
  }
  const text = `the lock in ${files.directory} cannot be taken: ${failureText(thrown)}`;
  if (failureText(thrown) === "disk full") return new StoreOpenError("DISK_FULL", text, { cause: thrown });
  if (failureText(thrown) === "read-only") return new StoreOpenError("READ_ONLY", text, { cause: thrown });
  return new StoreOpenError("INPUT_OUTPUT", text, { cause: thrown });
}

function readHolder(path: string): string {
  try {
    return readFileSync(path, "utf8").trim().split("\n").join(", ").slice(0, 500);
  } catch {
    // The holder is between taking the lock and writing its name.
    return "it has not written its name yet";
  }
}
