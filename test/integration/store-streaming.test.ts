// Rows are taken up while the file is still being read and proved: what turns out to be void must be taken back.

import { join } from "node:path";
import Database from "better-sqlite3";
import { expect, test } from "vitest";
import { openStore } from "../../src/adapters/sqlite/open-store.ts";
import type { RowChunk, RowReceiver } from "../../src/ports/cut-store.ts";
import { BOOT_ID, createCut, rowsOf, wallMsOf } from "../contract/cut-store-fixture.ts";
import { findOpenError, storeOptions, useDirectory, useStore } from "./store-fixture.ts";

/** More than a chunk takes. */
const ROWS = 20_000;

async function createStore(directory: string): Promise<void> {
  const { store } = await openStore(storeOptions(directory));
  const rows = Array.from(
    { length: ROWS },
    (_, key) => ({ put: "loops", key, image: `loop ${key}` }) as const,
  );
  await store.write(createCut(1, rows));
  await store.close();
}

/** What came since each beginning. */
class Recorder implements RowReceiver {
  readonly attempts: { readonly lastCutAt: unknown; readonly rows: RowChunk[] }[] = [];

  begin({ lastCutAt }: Parameters<RowReceiver["begin"]>[0]): void {
    this.attempts.push({ lastCutAt, rows: [] });
  }

  take(chunk: RowChunk): void {
    this.attempts.at(-1)?.rows.push(chunk);
  }
}

test("a receiver gets all rows in several chunks, after the head; none are in the answer", async () => {
  const directory = useDirectory();
  await createStore(directory);
  const receiver = new Recorder();
  const { loaded } = await useStore(directory, { receiver });
  const [only, ...others] = receiver.attempts;
  expect(others).toEqual([]);
  expect(only?.lastCutAt).toEqual({ bootId: BOOT_ID, monoMs: 60_000, wallMs: wallMsOf(1) });
  expect(only?.rows.length).toBeGreaterThan(1);
  expect(rowsOf({ ...loaded, rows: only?.rows ?? [] }).size).toBe(ROWS);
  expect(loaded.rows).toEqual([]);
});

test("what came of a table that does not prove is void: it begins again with what was saved", async () => {
  const directory = useDirectory();
  await createStore(directory);
  const database = new Database(join(directory, "tollgate.db"));
  database.prepare("DELETE FROM loops WHERE key = 7").run();
  database.close();
  const receiver = new Recorder();
  const { loaded } = await useStore(directory, { receiver });
  expect(loaded.unproved).toEqual(["loops"]);
  expect(receiver.attempts).toHaveLength(2);
  for (const { rows } of receiver.attempts) expect(rowsOf({ ...loaded, rows }).size).toBe(ROWS - 1);
});

test("what cannot be taken up ends the start, and the file is given back", async () => {
  const directory = useDirectory();
  await createStore(directory);
  const cause = new Error("of the receiver");
  const receiver: RowReceiver = {
    begin: () => undefined,
    take: () => {
      throw cause;
    },
  };
  expect(await findOpenError(directory, { receiver })).toMatchObject({ storeCode: "UNEXPECTED", cause });
  const { loaded } = await useStore(directory);
  expect(rowsOf(loaded).size).toBe(ROWS);
});
