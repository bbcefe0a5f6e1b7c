// Reads a table of a damaged file as far as it goes: forward to the first unreadable page, backward from the end to the
// last one, and key by key between them (keys are places in arrays, so the stretch is short).

import type Database from "better-sqlite3";
import { isDamage } from "../sqlite-failure.ts";
import type { TakeRow } from "./read-pages.ts";

/** Look-ups in the stretch that neither direction reaches; beyond it the rest of the stretch is given up as lost. */
const MAX_LOOKUPS = 200_000;

/** Look-ups that fail in a row before the stretch is given up: a damaged root fails them all, a leaf holds a few rows. */
const MAX_FAILURES = 1_000;

/**
 * Hands over every readable row of a table (`key`, `image`), each once, in no order. False when some may be missing.
 * @throws errors that are not about the content of the file (I/O error)
 */
export function readRows(database: Database.Database, table: string, take: TakeRow): boolean {
  return readKeyed(database, table, "key", "key, image", ([key, image]) => {
    const stored = Buffer.isBuffer(image) ? image : undefined;
    take(typeof key === "number" ? key : Number.NaN, stored, 0, stored?.byteLength ?? 0);
  });
}

/** The same for any table with an integer key: `take` gets the named columns, the key first. */
export function readKeyed(
  database: Database.Database,
  table: string,
  keyColumn: string,
  columns: string,
  take: (row: readonly unknown[]) => void,
): boolean {
  const seen = new Set<unknown>();
  const takeOnce = (row: readonly unknown[]): void => {
    if (seen.has(row[0])) return;
    seen.add(row[0]);
    take(row);
  };
  const select = `SELECT ${columns} FROM ${table}`;
  const first = walk(database, `${select} ORDER BY ${keyColumn}`, takeOnce);
  if (first.ended) return true;
  const last = walk(database, `${select} ORDER BY ${keyColumn} DESC`, takeOnce);
  const from = typeof first.key === "number" ? first.key + 1 : 0;
  const to = typeof last.key === "number" ? last.key - 1 : from + MAX_LOOKUPS;
  lookUp(database, `${select} WHERE ${keyColumn} = ?`, from, Math.min(to, from + MAX_LOOKUPS), takeOnce);
  return false;
}

function walk(
  database: Database.Database,
  query: string,
  take: (row: readonly unknown[]) => void,
): { readonly ended: boolean; readonly key: unknown } {
  let key: unknown;
  try {
    for (const row of database.prepare<[], unknown[]>(query).raw().iterate()) {
      key = row[0];
      take(row);
    }
    return { ended: true, key };
  } catch (thrown) {
    if (!isDamage(thrown)) throw thrown;
    return { ended: false, key };
  }
}

function lookUp(
  database: Database.Database,
  query: string,
  from: number,
  to: number,
  take: (row: readonly unknown[]) => void,
): void {
  let statement: Database.Statement<[number], unknown[]>;
  try {
    statement = database.prepare<[number], unknown[]>(query).raw();
  } catch (thrown) {
    if (!isDamage(thrown)) throw thrown;
    return;
  }
  let failures = 0;
  for (let key = from; key <= to && failures < MAX_FAILURES; key += 1) {
    try {
      const row = statement.get(key);
      failures = 0;
      if (row !== undefined) take(row);
    } catch (thrown) {
      if (!isDamage(thrown)) throw thrown;
      failures += 1;
    }
  }
}
