// Reads history in short pages: each is a read transaction of its own of at most 50 ms, because an open read keeps the log
// from being checkpointed (reliability.md, fact 5).

import type Database from "better-sqlite3";
import {
  APPEND_TABLES,
  type AppendedRow,
  type AppendQuery,
  MAX_QUERY_ROWS,
} from "../../../ports/cut-store.ts";
import { APPEND_COLUMNS, type AppendColumns, appendedFromColumns } from "../file/append-row.ts";
import { openForReading } from "../file/open-database.ts";

const PAGE_MS = 50;

export class HistoryPages {
  readonly #database: Database.Database;
  readonly #statements = new Map<string, Database.Statement<unknown[], AppendColumns>>();

  /** @throws SqliteError */
  constructor(path: string) {
    this.#database = openForReading(path);
  }

  /** Newest first, at most MAX_QUERY_ROWS. @throws SqliteError */
  read(query: AppendQuery): AppendedRow[] {
    const limit = Math.min(Math.max(0, Math.trunc(query.limit)), MAX_QUERY_ROWS);
    const rows: AppendedRow[] = [];
    let before = query.before ?? Number.MAX_SAFE_INTEGER;
    while (rows.length < limit) {
      const wanted = limit - rows.length;
      const read = this.#readPage(query, before, wanted, rows);
      if (read === "end") break;
      before = read;
    }
    return rows;
  }

  close(): void {
    this.#database.close();
  }

  /** Adds rows until the page is over; the sequence to go on below, or `end`. */
  #readPage(query: AppendQuery, before: number, wanted: number, rows: AppendedRow[]): number | "end" {
    const filters = [
      BigInt(before),
      ...[query.tenant, query.subject].filter((filter) => filter !== undefined),
    ];
    const started = performance.now();
    const first = rows.length;
    let last = before;
    for (const columns of this.#statement(query).iterate(...filters, wanted)) {
      last = columns.sequence;
      rows.push(appendedFromColumns(columns));
      if (performance.now() - started > PAGE_MS) return last;
    }
    return rows.length - first < wanted ? "end" : last;
  }

  #statement(query: AppendQuery): Database.Statement<unknown[], AppendColumns> {
    if (!APPEND_TABLES.includes(query.table)) throw new RangeError("no such table");
    const byTenant = query.tenant === undefined ? "" : " AND tenant = ?";
    const bySubject = query.subject === undefined ? "" : " AND subject = ?";
    // A subject is the narrower of the two: its index is used, the tenant is compared row by row.
    const index = bySubject !== "" ? ` INDEXED BY ${query.table}_by_subject` : "";
    const sql = `SELECT ${APPEND_COLUMNS} FROM ${query.table}${index} WHERE sequence < ?${byTenant}${bySubject} ORDER BY sequence DESC LIMIT ?`;
    let statement = this.#statements.get(sql);
    if (statement === undefined) {
      statement = this.#database.prepare<unknown[], AppendColumns>(sql);
      this.#statements.set(sql, statement);
    }
    return statement;
  }
}
