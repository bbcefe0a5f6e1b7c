// Reads a sound table fast: many rows as one value. Each row that crosses from SQLite to JavaScript by itself costs 1.7 to
// 2.6 µs, mostly for making its objects; a thousand at once cost 0.6 µs each (docs/decisions/0003-the-file-format.md).

import type Database from "better-sqlite3";

/** Gets one row: `size` bytes of `stored` from `from` on. Undefined when the column is no blob. */
export type TakeRow = (key: number, stored: Buffer | undefined, from: number, size: number) => void;

/** Rows read at once: more are not faster, and one value stays small. */
const PAGE_ROWS = 1_000;

type Page = [
  images: Buffer | null,
  keys: string | null,
  sizes: string | null,
  count: number,
  blobs: number,
  last: number,
];

/** Hands over all rows of a state table by ascending key. @throws SqliteError when a page cannot be read */
export function readPages(database: Database.Database, table: string, take: TakeRow): void {
  // group_concat joins bytes as they are; the cast gives them back as a blob.
  const pages = database
    .prepare<[number, number], Page>(
      `SELECT CAST(group_concat(image, '') AS BLOB), group_concat(key), group_concat(length(image)), count(*),
         sum(typeof(image) = 'blob'), max(key)
       FROM (SELECT key, image FROM ${table} WHERE key > ? ORDER BY key LIMIT ?)`,
    )
    .raw();
  let after = Number.MIN_SAFE_INTEGER;
  for (;;) {
    const page = pages.get(after, PAGE_ROWS);
    if (page === undefined || page[3] === 0) return;
    if (!takePage(page, take)) readOneByOne(database, table, after, take);
    // A damaged key may lie anywhere, but never before the one that was read last.
    if (page[5] <= after) throw Object.assign(new Error("keys are out of order"), { code: "SQLITE_CORRUPT" });
    after = page[5];
  }
}

/** False, with nothing taken, when the parts do not add up: then some image is no blob. */
function takePage([images, keyList, sizeList, count, blobs]: Page, take: TakeRow): boolean {
  const keys = (keyList ?? "").split(",");
  const sizes = (sizeList ?? "").split(",").map(Number);
  const total = sizes.reduce((sum, size) => sum + size, 0);
  if (
    blobs !== count ||
    keys.length !== count ||
    sizes.length !== count ||
    total !== (images?.byteLength ?? 0)
  )
    return false;
  const stored = images ?? Buffer.alloc(0);
  let from = 0;
  for (let row = 0; row < count; row += 1) {
    const size = sizes[row] ?? 0;
    take(Number(keys[row]), stored, from, size);
    from += size;
  }
  return true;
}

function readOneByOne(database: Database.Database, table: string, after: number, take: TakeRow): void {
  const rows = database
    .prepare<[number, number], [number, unknown]>(
      `SELECT key, image FROM ${table} WHERE key > ? ORDER BY key LIMIT ?`,
    )
    .raw();
  for (const [key, image] of rows.iterate(after, PAGE_ROWS)) {
    const stored = Buffer.isBuffer(image) ? image : undefined;
    take(key, stored, 0, stored?.byteLength ?? 0);
  }
}
