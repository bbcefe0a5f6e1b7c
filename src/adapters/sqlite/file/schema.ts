// The tables of the file, and how a file of an earlier version becomes one of this version.

import type Database from "better-sqlite3";
import { APPEND_TABLES, type AppendTable, STATE_TABLES, type StateTable } from "../../../ports/cut-store.ts";
import { CREATE_JOURNAL } from "./journal.ts";

/** Marks the file as ours (`PRAGMA application_id`): the letters TGFD. */
export const APPLICATION_ID = 0x54474644;

/** Bytes of a page of a new file. Measured against 2,048: docs/decisions/0036-folding-what-stands.md. */
export const PAGE_BYTES = 4096;

export interface Migration {
  /** The version of the file after it. */
  readonly version: number;
  /** The lowest version of the program that can read and write the file afterwards. */
  readonly minReaderVersion: number;
  /** The release that first knew this version: told to whoever is too old. */
  readonly release: string;
  readonly apply: (database: Database.Database) => void;
}

/** Tables of the first version. */
export const FIRST_STATE_TABLES = STATE_TABLES.slice(0, 12);
export const FIRST_APPEND_TABLES = APPEND_TABLES.slice(0, 5);

/** What a later version brought. */
export interface Addition {
  readonly version: number;
  readonly minReaderVersion: number;
  readonly release: string;
  readonly tables: readonly (StateTable | AppendTable)[];
}

/** The version that brought the journal: rows that are only there are missing to whoever does not read it. */
export const JOURNAL_VERSION = 3;

/** Files before it are of builds before the first release, whose rows were laid out otherwise. */
export const OLDEST_VERSION = 3;

/**
 * Tables that came later, by the version that brought them: never changed once released, only added to. Their proofs stand in
 * this order. A release that knows fewer tables leaves the others, and what proves them, as they are.
 */
export const ADDITIONS: readonly Addition[] = [
  {
    version: 2,
    minReaderVersion: 1,
    release: "0.2.0",
    tables: [
      "rate_buckets",
      "rate_bucket_texts",
      "rule_counts",
      "storage_gauges",
      "guard_sessions",
      "tool_calls",
      "adjustments",
      "spent_capabilities",
      "kept_policies",
    ],
  },
  { version: JOURNAL_VERSION, minReaderVersion: 3, release: "0.3.0", tables: [] },
];

/** All migrations, ascending. */
export const MIGRATIONS: readonly Migration[] = [
  { version: 1, minReaderVersion: 1, release: "0.1.0", apply: createFirstTables },
  ...ADDITIONS.map(({ version, minReaderVersion, release, tables }) => ({
    version,
    minReaderVersion,
    release,
    apply: (database: Database.Database) => {
      if (version === JOURNAL_VERSION) database.exec(CREATE_JOURNAL);
      for (const table of tables) createTable(database, table);
    },
  })),
];

/** The version this program writes. */
export const FILE_VERSION = MIGRATIONS.length;

function createFirstTables(database: Database.Database): void {
  database.exec(`
    CREATE TABLE store (
      id INTEGER PRIMARY KEY CHECK (id = 1),
      store_id TEXT NOT NULL,
      hash_key BLOB NOT NULL,
      created_ms INTEGER NOT NULL,
      file_version INTEGER NOT NULL,
      min_reader_version INTEGER NOT NULL,
      needs_release TEXT NOT NULL,
      crc INTEGER NOT NULL
    ) STRICT;
    CREATE TABLE cut (
      id INTEGER PRIMARY KEY CHECK (id = 1),
      number INTEGER NOT NULL,
      boot_id TEXT NOT NULL,
      mono_ms REAL NOT NULL,
      wall_ms REAL NOT NULL,
      proofs BLOB NOT NULL,
      crc INTEGER NOT NULL
    ) STRICT;
    CREATE TABLE loss (id INTEGER PRIMARY KEY, finding TEXT NOT NULL) STRICT;
  `);
  for (const table of [...FIRST_STATE_TABLES, ...FIRST_APPEND_TABLES]) createTable(database, table);
}

function createTable(database: Database.Database, table: StateTable | AppendTable): void {
  if (isStateTable(table)) createStateTable(database, table);
  else createAppendTable(database, table);
}

export function isStateTable(table: StateTable | AppendTable): table is StateTable {
  return (STATE_TABLES as readonly string[]).includes(table);
}

function createStateTable(database: Database.Database, table: StateTable): void {
  database.exec(`CREATE TABLE ${table} (key INTEGER PRIMARY KEY, image BLOB NOT NULL) STRICT`);
}

function createAppendTable(database: Database.Database, table: AppendTable): void {
  // The sequence is the rowid, so each index already ends with it: no separate index by time, rows lie in its order.
  database.exec(`
      CREATE TABLE ${table} (
        sequence INTEGER PRIMARY KEY,
        at_ms INTEGER NOT NULL,
        tenant TEXT NOT NULL,
        subject TEXT NOT NULL,
        kind TEXT NOT NULL,
        body TEXT NOT NULL,
        crc INTEGER NOT NULL
      ) STRICT;
      CREATE INDEX ${table}_by_tenant ON ${table} (tenant);
      CREATE INDEX ${table}_by_subject ON ${table} (subject);
    `);
}
