// One appended row in the columns of its table, and back for queries. Each row carries a CRC over all of it.

import { crc32 } from "node:zlib";
import type Database from "better-sqlite3";
import { APPEND_TABLES, type AppendedRow, type AppendTable } from "../../../ports/cut-store.ts";

export interface AppendColumns {
  readonly sequence: number;
  readonly at_ms: number;
  readonly tenant: string;
  readonly subject: string;
  readonly kind: string;
  readonly body: string;
  readonly crc: number;
}

export const APPEND_COLUMNS = "sequence, at_ms, tenant, subject, kind, body, crc";

function checksum(row: AppendedRow): number {
  return crc32(JSON.stringify([row.sequence, row.atMs, row.tenant, row.subject, row.kind, row.body]));
}

export type AppendWriter = (row: AppendedRow) => void;

/** One prepared statement per append table, in their order. The same sequence again replaces the row. */
export function prepareAppends(database: Database.Database): readonly AppendWriter[] {
  return APPEND_TABLES.map((table) => {
    const statement = database.prepare(`INSERT OR REPLACE INTO ${table} VALUES (?, ?, ?, ?, ?, ?, ?)`);
    return (row) => {
      const { sequence, atMs, tenant, subject, kind, body } = row;
      // Integers above 2^31 are bound as BigInt: the driver would bind them as floating point.
      statement.run(BigInt(sequence), BigInt(atMs), tenant, subject, kind, body, BigInt(checksum(row)));
    };
  });
}

/** The row; one that does not prove says so instead of showing what it holds. */
export function appendedFromColumns(columns: AppendColumns): AppendedRow {
  const { sequence, at_ms: atMs, tenant, subject, kind, body, crc } = columns;
  const row: AppendedRow = { sequence, atMs, tenant, subject, kind, body };
  if (checksum(row) === crc) return row;
  return { sequence, atMs: 0, tenant: "", subject: "", kind: "damaged", body: "null", damaged: true };
}

/** Highest sequence in the file of each append table, 0 when empty. @throws SqliteError */
export function lastSequencesInFile(database: Database.Database): number[] {
  return APPEND_TABLES.map((table) => {
    const last = database.prepare<[], number | null>(`SELECT max(sequence) FROM ${table}`).pluck().get();
    return typeof last === "number" && Number.isSafeInteger(last) && last > 0 ? last : 0;
  });
}

export function sequencesByTable(sequences: readonly number[]): { readonly [T in AppendTable]: number } {
  const named = APPEND_TABLES.map((table, index) => [table, sequences[index] ?? 0] as const);
  return Object.fromEntries(named) as { [T in AppendTable]: number };
}
