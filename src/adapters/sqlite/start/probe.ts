// Reads and proves a file through a connection that cannot change it: a damaged file must stay as it was found.

import type Database from "better-sqlite3";
import { type RowReceiver, STATE_TABLES } from "../../../ports/cut-store.ts";
import { lastSequencesInFile } from "../file/append-row.ts";
import { type CutRow, readCutRow } from "../file/cut-row.ts";
import { findLoss, type Loss } from "../file/loss-row.ts";
import { assertReadable, needsMigration } from "../file/migrate.ts";
import { openForReading } from "../file/open-database.ts";
import { APPLICATION_ID, FILE_VERSION, MIGRATIONS, OLDEST_VERSION } from "../file/schema.ts";
import { findStoreRow, type StoreRow } from "../file/store-row.ts";
import { isDamage } from "../sqlite-failure.ts";
import { StoreOpenError } from "../store-open-error.ts";
import { type LoadedTables, loadTables } from "./load-tables.ts";

/** A file that proves. Damaged rows may be named in `tables`; everything else of them proves. */
export interface SoundFile {
  readonly kind: "sound";
  readonly store: StoreRow;
  readonly cut: CutRow | undefined;
  readonly tables: LoadedTables;
  readonly lastSequences: readonly number[];
  readonly loss: Loss | undefined;
}

/** A file that does not open or prove, with what could be learnt of it. */
export interface UnsoundFile {
  readonly kind: "unsound";
  /** What is wrong, for operators. */
  readonly text: string;
  readonly store: StoreRow | undefined;
  readonly cut: CutRow | undefined;
}

/** A file of an earlier version: to be migrated and probed again. */
export interface EarlierFile {
  readonly kind: "earlier";
  readonly store: StoreRow;
}

export type Probed = SoundFile | UnsoundFile | EarlierFile;

/**
 * @param isSuspect whether the file told of damage while it was used: then all of it is looked at, indexes too.
 * @throws StoreOpenError NEEDS_NEWER_VERSION, TOO_OLD; SqliteError when the disk fails
 */
export function probeFile(path: string, isSuspect: boolean, receiver: RowReceiver): Probed {
  let store: StoreRow | undefined;
  let cut: CutRow | undefined;
  let database: Database.Database | undefined;
  try {
    database = openForReading(path);
    assertOurs(database);
    store = findStoreRow(database);
    if (store === undefined) return unsound("the row that names the store does not prove", store, cut);
    assertReadable(store, OLDEST_VERSION, FILE_VERSION);
    if (needsMigration(store, MIGRATIONS)) return { kind: "earlier", store };
    const read = readCutRow(database);
    if (read === "damaged") return unsound("the row that names the last cut does not prove", store, cut);
    cut = read === "none" ? undefined : read;
    return prove(database, store, cut, isSuspect, receiver);
  } catch (thrown) {
    if (thrown instanceof StoreOpenError || !isDamage(thrown)) throw thrown;
    return unsound("SQLite cannot read the file to its end", store, cut);
  } finally {
    database?.close();
  }
}

/** What a file without a cut must hold. */
const NOTHING_YET = {
  proofs: STATE_TABLES.map(() => ({ low: 0, high: 0, rowCount: 0 })),
  journal: { folded: 0, last: 0 },
};

function prove(
  database: Database.Database,
  store: StoreRow,
  cut: CutRow | undefined,
  isSuspect: boolean,
  receiver: RowReceiver,
): Probed {
  receiver.begin({
    lastCutAt: cut === undefined ? undefined : { bootId: cut.bootId, monoMs: cut.monoMs, wallMs: cut.wallMs },
    installationKey: Uint8Array.from(store.hashKey),
  });
  const tables = loadTables(database, store.hashKey, cut ?? NOTHING_YET, "strict", (chunk) =>
    receiver.take(chunk),
  );
  if (tables.unproved.length > 0)
    return unsound(`set hash does not prove: ${tables.unproved.join(", ")}`, store, cut);
  if (isSuspect && database.pragma("integrity_check(1)", { simple: true }) !== "ok") {
    return unsound("SQLite's integrity check fails", store, cut);
  }
  const inFile = lastSequencesInFile(database);
  const lastSequences = inFile.map((sequence, index) => Math.max(sequence, cut?.lastSequences[index] ?? 0));
  return { kind: "sound", store, cut, tables, lastSequences, loss: findLoss(database) };
}

function assertOurs(database: Database.Database): void {
  const id = database.pragma("application_id", { simple: true });
  if (id !== APPLICATION_ID)
    throw Object.assign(new Error("not a file of Tollgate"), { code: "SQLITE_NOTADB" });
}

function unsound(text: string, store: StoreRow | undefined, cut: CutRow | undefined): UnsoundFile {
  return { kind: "unsound", text, store, cut };
}
