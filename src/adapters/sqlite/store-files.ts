// The names of the files of one store. Only `database` and what SQLite puts beside it hold counts.

import { join } from "node:path";

export interface StoreFiles {
  readonly directory: string;
  /** The SQLite file; beside it lie `-wal` and `-shm`. Never opened by anything but SQLite: see lock.ts. */
  readonly database: string;
  readonly wal: string;
  readonly sharedMemory: string;
  /** Names the store and its last acknowledged cut. */
  readonly mark: string;
  /** A tiny SQLite file that is held locked for life. */
  readonly lock: string;
  /** Text for people: who holds the lock. */
  readonly holder: string;
  /** A new file until it is complete; what lies there at a start is a leftover. */
  readonly building: string;
  /** A complete copy of what could be read of a damaged file, about to take the place of the database. */
  readonly salvaged: string;
}

export function storeFiles(directory: string): StoreFiles {
  const database = join(directory, "tollgate.db");
  return {
    directory,
    database,
    wal: `${database}-wal`,
    sharedMemory: `${database}-shm`,
    mark: join(directory, "tollgate.mark"),
    lock: join(directory, "tollgate.lock"),
    holder: join(directory, "tollgate.holder"),
    building: join(directory, "tollgate.building.db"),
    salvaged: join(directory, "tollgate.salvaged.db"),
  };
}
