// What the last start found missing or damaged, kept in the file until the first cut after it: whoever loads the store
// marks what is concerned in that cut, and a kill before it must not make the finding vanish.

import type Database from "better-sqlite3";
import type { Hole, StateTable } from "../../../ports/cut-store.ts";

export interface Loss {
  readonly damaged: readonly { readonly table: StateTable; readonly key: number }[];
  readonly unproved: readonly StateTable[];
  readonly hole: Hole | undefined;
  readonly setAside: string | undefined;
  /** The largest cut number that was ever acknowledged, as far as known. */
  readonly highestCut: number;
}

export function writeLoss(database: Database.Database, loss: Loss): void {
  database.prepare("INSERT OR REPLACE INTO loss VALUES (1, ?)").run(JSON.stringify(loss));
}

/** @throws SqliteError, SyntaxError when the row is damaged */
export function findLoss(database: Database.Database): Loss | undefined {
  const text = database.prepare<[], string>("SELECT finding FROM loss WHERE id = 1").pluck().get();
  return text === undefined ? undefined : (JSON.parse(text) as Loss);
}
