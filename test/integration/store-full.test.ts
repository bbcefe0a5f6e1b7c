// A disk or a file that is full, and retention.

import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import Database from "better-sqlite3";
import { describe, expect, test } from "vitest";
import { PAGE_BYTES } from "../../src/adapters/sqlite/file/schema.ts";
import { CutFailed, RETENTION_DAYS } from "../../src/ports/cut-store.ts";
import type { Change } from "../contract/cut-store-fixture.ts";
import { appendedRow, createCut, hexOf, rowsOf, wallMsOf } from "../contract/cut-store-fixture.ts";
import { canMount, findOpenError, useDirectory, useMount, useStore } from "./store-fixture.ts";

const DAY_MS = 86_400_000;

/** Writes cuts until one fails; the number of the last that did not. */
async function writeUntilFull(
  write: (number: number) => Promise<unknown>,
): Promise<{ readonly last: number; readonly failed: CutFailed }> {
  for (let number = 1; number < 10_000; number += 1) {
    try {
      await write(number);
    } catch (thrown) {
      return { last: number - 1, failed: thrown as CutFailed };
    }
  }
  throw new Error("nothing ever was full");
}

function largePut(number: number): Change {
  return { put: "windows", key: number, image: Buffer.alloc(20_000, number) };
}

function historyRow(number: number): Change {
  const row = appendedRow({ atMs: wallMsOf(number), body: "x".repeat(4_000) });
  return { append: number % 2 === 0 ? "violations" : "audit", sequence: number, row };
}

describe("a full file", () => {
  test("at its size cap the oldest appended rows make room, state rows stay, and no cut fails", async () => {
    const directory = useDirectory();
    const fileMaxBytes = 1024 * 1024;
    const { store } = await useStore(directory, { fileMaxBytes });
    await store.write(createCut(1, [{ put: "loops", key: 1, image: "stays" }]));
    for (let number = 2; number <= 600; number += 1)
      await store.write(createCut(number, [historyRow(number)]));
    expect(store.status()).toMatchObject({ state: "ok", lastDurableCut: 600 });
    expect(store.status().fileBytes).toBeLessThanOrEqual(fileMaxBytes * 1.05);
    const audit = await store.query({ table: "audit", limit: 1_000 });
    const violations = await store.query({ table: "violations", limit: 1_000 });
    expect(audit[0]?.sequence).toBe(599);
    expect(violations[0]?.sequence).toBe(600);
    expect(audit.length + violations.length).toBeLessThan(300);
    // The oldest went first, whatever their table.
    expect(Math.abs((audit.at(-1)?.sequence ?? 0) - (violations.at(-1)?.sequence ?? 0))).toBeLessThan(200);
    await store.close();
    const { loaded } = await useStore(directory, { fileMaxBytes });
    expect(loaded).toMatchObject({
      lastCut: 600,
      damaged: [],
      unproved: [],
      lastSequences: { audit: 599, violations: 600 },
    });
    expect(rowsOf(loaded).get("loops/1")).toBe(hexOf("stays"));
  });

  test("completed executions of the last day are not given up for room: then the cut fails, and nothing of it is kept", async () => {
    const directory = useDirectory();
    const { store } = await useStore(directory, { fileMaxBytes: 1024 * 1024 });
    const wallMs = wallMsOf(0);
    const { last, failed } = await writeUntilFull((number) => {
      const row = appendedRow({ atMs: wallMs, body: "x".repeat(8_000) });
      const cut = createCut(number, [{ append: "completed_executions", sequence: number, row }]);
      return store.write({ ...cut, wallMs });
    });
    expect(failed).toBeInstanceOf(CutFailed);
    expect(failed.cause).toBe("the file has reached its size limit");
    expect(failed.records.byteLength).toBeGreaterThan(0);
    expect(store.status()).toMatchObject({
      state: "failing",
      failure: "the file has reached its size limit",
      lastDurableCut: last,
    });
    // Two days later they may go.
    const cut = createCut(last + 2, [
      { append: "completed_executions", sequence: last + 2, row: appendedRow({ body: "x".repeat(8_000) }) },
    ]);
    const later = { ...cut, wallMs: wallMs + 2 * DAY_MS };
    const freed = await store.write(later).catch((thrown: unknown) => thrown);
    if (freed instanceof CutFailed) await store.write({ ...later, records: freed.records, number: last + 3 });
    expect(store.status()).toMatchObject({ state: "ok" });
  });
});

describe("a file that is full of state rows", () => {
  test("gives back what its journal takes, and takes cuts that delete rows", async () => {
    const directory = useDirectory();
    const { store } = await useStore(directory, { fileMaxBytes: 1024 * 1024 });
    const put = (number: number): Change => ({
      put: "windows",
      key: number,
      // One row a page, whatever the order they come in.
      image: Buffer.alloc(PAGE_BYTES - 324, number),
    });
    const { last, failed } = await writeUntilFull((number) => store.write(createCut(number, [put(number)])));
    expect(failed.cause).toBe("the file has reached its size limit");
    expect(last).toBeGreaterThan((0.83 * 1024 * 1024) / PAGE_BYTES);
    const database = new Database(join(directory, "tollgate.db"), { readonly: true });
    expect(database.prepare("SELECT count(*) FROM journal").pluck().get()).toBe(0);
    database.close();
    const removed = Array.from({ length: 100 }, (_, at): Change => ({ remove: "windows", key: at + 1 }));
    await store.write(createCut(last + 2, removed));
    await store.write(createCut(last + 3, [put(last + 3)]));
    await store.close();
    const { loaded } = await useStore(directory, { fileMaxBytes: 1024 * 1024 });
    expect(loaded).toMatchObject({ lastCut: last + 3, damaged: [], unproved: [] });
    expect(rowsOf(loaded).size).toBe(last - 100 + 1);
  });
});

describe("a full disk", () => {
  const isMountable = canMount();

  test.runIf(isMountable)(
    "cuts fail as a whole; with room again the next one is written and everything acknowledged is there",
    async () => {
      const directory = useDirectory();
      // What fills the rest needs room three times when it is folded: in the journal, in the log and in its table.
      useMount(directory, "size=6m");
      const ballast = join(directory, "ballast");
      writeFileSync(ballast, Buffer.alloc(5_000_000));
      const { store } = await useStore(directory);
      const { last, failed } = await writeUntilFull((number) =>
        store.write(createCut(number, [largePut(number)])),
      );
      expect(failed.cause).toMatch(/^(disk full|input\/output error)$/);
      expect(store.status().lastDurableCut).toBe(last);
      rmSync(ballast);
      await store.write(createCut(last + 2, [largePut(last + 1), largePut(last + 2)]));
      expect(store.status()).toMatchObject({ state: "ok", failure: undefined, lastDurableCut: last + 2 });
      await store.close();
      const { store: again, loaded } = await useStore(directory);
      expect(loaded).toMatchObject({ lastCut: last + 2, damaged: [], unproved: [], hole: undefined });
      expect(rowsOf(loaded).size).toBe(last + 2);
      await again.close();
    },
  );

  test.runIf(isMountable)("a start on it says so", async () => {
    const directory = useDirectory();
    useMount(directory, "size=64k");
    writeFileSync(join(directory, "ballast"), Buffer.alloc(60_000));
    expect(await findOpenError(directory)).toMatchObject({ storeCode: "DISK_FULL" });
  });
});

describe("retention", () => {
  test("rows go when their table's days are over, and not before", async () => {
    const directory = useDirectory();
    const { store } = await useStore(directory);
    const now = wallMsOf(0);
    const rows = (ageDays: number, sequence: number): Change[] => [
      { append: "violations", sequence, row: appendedRow({ atMs: now - ageDays * DAY_MS }) },
      { append: "audit", sequence, row: appendedRow({ atMs: now - ageDays * DAY_MS }) },
      { append: "completed_executions", sequence, row: appendedRow({ atMs: now - ageDays * DAY_MS }) },
    ];
    const old = [400, 100, 8, 6, 0].flatMap((ageDays, index) => rows(ageDays, index + 1));
    await store.write({ ...createCut(1, old), wallMs: now });
    const kept = async (table: "violations" | "audit" | "completed_executions"): Promise<number[]> =>
      (await store.query({ table, limit: 10 })).map(({ sequence }) => sequence);
    await expect.poll(() => kept("violations"), { timeout: 20_000 }).toEqual([5, 4, 3]);
    await expect.poll(() => kept("audit"), { timeout: 20_000 }).toEqual([5, 4, 3, 2]);
    await expect.poll(() => kept("completed_executions"), { timeout: 20_000 }).toEqual([5, 4]);
    expect(RETENTION_DAYS).toMatchObject({ violations: 90, audit: 365, completed_executions: 7 });
  });
});
