// The one row that names the file: its id, the key of its set hashes, its version and who may still read it.

import { crc32 } from "node:zlib";
import type Database from "better-sqlite3";

export interface StoreRow {
  readonly storeId: string;
  readonly hashKey: Uint8Array;
  readonly createdMs: number;
  readonly fileVersion: number;
  readonly minReaderVersion: number;
  /** The release a program must have at least; shown when `minReaderVersion` is too new for it. */
  readonly needsRelease: string;
}

interface StoreColumns {
  readonly store_id: string;
  readonly hash_key: Uint8Array;
  readonly created_ms: number;
  readonly file_version: number;
  readonly min_reader_version: number;
  readonly needs_release: string;
  readonly crc: number;
}

function checksum(row: StoreRow): number {
  const { storeId, createdMs, fileVersion, minReaderVersion, needsRelease } = row;
  const text = JSON.stringify([storeId, createdMs, fileVersion, minReaderVersion, needsRelease]);
  return crc32(row.hashKey, crc32(text));
}

export function writeStoreRow(database: Database.Database, row: StoreRow): void {
  database
    .prepare("INSERT OR REPLACE INTO store VALUES (1, ?, ?, ?, ?, ?, ?, ?)")
    .run(
      row.storeId,
      Buffer.from(row.hashKey),
      BigInt(row.createdMs),
      row.fileVersion,
      row.minReaderVersion,
      row.needsRelease,
      BigInt(checksum(row)),
    );
}

/** Undefined when the row is missing or does not prove. @throws SqliteError */
export function findStoreRow(database: Database.Database): StoreRow | undefined {
  const columns = database.prepare<[], StoreColumns>("SELECT * FROM store WHERE id = 1").get();
  if (columns === undefined) return undefined;
  const row: StoreRow = {
    storeId: columns.store_id,
    hashKey: columns.hash_key,
    createdMs: columns.created_ms,
    fileVersion: columns.file_version,
    minReaderVersion: columns.min_reader_version,
    needsRelease: columns.needs_release,
  };
  return checksum(row) === columns.crc ? row : undefined;
}
