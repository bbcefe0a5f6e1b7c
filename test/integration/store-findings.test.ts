// Each thing that can be found at a start, made on purpose: what is told, what is served, what is changed, what clears it.

import { createHash } from "node:crypto";
import { cpSync, existsSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import Database from "better-sqlite3";
import { describe, expect, test } from "vitest";
import { PAGE_BYTES } from "../../src/adapters/sqlite/file/schema.ts";
import { type OpenStoreOptions, openStore } from "../../src/adapters/sqlite/open-store.ts";
import { STATE_TABLES } from "../../src/ports/cut-store.ts";
import { appendedRow, createCut, hexOf, rowsOf, wallMsOf } from "../contract/cut-store-fixture.ts";
import { runDriver } from "../crash/store-life.ts";
import { findOpenError, storeOptions, useDirectory, useStore } from "./store-fixture.ts";

const DATABASE = "tollgate.db";

/** A closed store of three cuts: 50 rows in `windows`, one in `loops`, one audit row. */
async function createStore(directory: string): Promise<string> {
  const { store, loaded } = await openStore(storeOptions(directory));
  const windows = Array.from(
    { length: 50 },
    (_, key) => ({ put: "windows", key, image: `window ${key}` }) as const,
  );
  await store.write(createCut(1, windows));
  await store.write(createCut(2, [{ put: "loops", key: 3, image: "loop" }]));
  await store.write(
    createCut(3, [{ append: "audit", sequence: 1, row: appendedRow({ kind: "policy_set" }) }]),
  );
  await store.close();
  return loaded.storeId;
}

function edit(directory: string, sql: string, ...values: unknown[]): void {
  const database = new Database(join(directory, DATABASE));
  database.prepare(sql).run(...values);
  database.close();
}

/** Every file with a digest of its bytes, but for the lock, who holds it, and an empty log (reading makes one). */
function snapshot(directory: string): Map<string, string> {
  const files = new Map<string, string>();
  for (const name of readdirSync(directory).sort()) {
    const bytes = readFileSync(join(directory, name));
    const isOfReaders = ["tollgate.lock", "tollgate.holder"].includes(name) || name.endsWith("-shm");
    if (isOfReaders || (name.endsWith("-wal") && bytes.byteLength === 0)) continue;
    files.set(name, createHash("sha256").update(bytes).digest("hex"));
  }
  return files;
}

/** Opens, closes and answers what was found. */
async function look(
  directory: string,
  changes: Partial<OpenStoreOptions> = {},
): Promise<Awaited<ReturnType<typeof openStore>>["loaded"]> {
  const { store, loaded } = await openStore(storeOptions(directory, changes));
  await store.close();
  return loaded;
}

describe("a damaged row", () => {
  test("is named and not served; all others are; it is told of until its key is written", async () => {
    const directory = useDirectory();
    await createStore(directory);
    edit(
      directory,
      "UPDATE windows SET image = CAST(replace(CAST(image AS TEXT), 'window 7', 'window 8') AS BLOB) WHERE key = 7",
    );
    for (let start = 0; start < 2; start += 1) {
      const loaded = await look(directory, { onCorrupt: "refuse" });
      expect(loaded).toMatchObject({
        damaged: [{ table: "windows", key: 7 }],
        unproved: [],
        setAside: undefined,
        hole: undefined,
      });
      expect(rowsOf(loaded).size).toBe(50);
      expect(rowsOf(loaded).has("windows/7")).toBe(false);
    }
    const { store } = await useStore(directory);
    await store.write(createCut(4, [{ put: "windows", key: 8, image: "another" }]));
    await store.close();
    expect((await look(directory)).damaged).toEqual([{ table: "windows", key: 7 }]);
    const { store: again } = await useStore(directory);
    await again.write(createCut(5, [{ put: "windows", key: 7, image: "new" }]));
    await again.close();
    expect(await look(directory)).toMatchObject({ damaged: [], unproved: [] });
  });

  test.each([
    [
      "an image of another key",
      "UPDATE windows SET image = (SELECT image FROM windows WHERE key = 3) WHERE key = 2",
      [2],
    ],
    [
      "an image from another table",
      "UPDATE windows SET image = (SELECT image FROM loops) WHERE key = 4",
      [4],
    ],
    ["an image without its trailer", "UPDATE windows SET image = x'00' WHERE key = 4", [4]],
    ["a new row from nowhere", "INSERT INTO windows VALUES (99, zeroblob(40))", [99]],
  ])("%s is named", async (_name, sql, keys) => {
    const directory = useDirectory();
    await createStore(directory);
    edit(directory, sql);
    const loaded = await look(directory);
    expect(loaded.damaged.map(({ key }) => key)).toEqual(keys);
  });
});

describe("rows that do not prove though none can be named", () => {
  test.each([
    ["a deleted row", "DELETE FROM windows WHERE key = 7"],
    ["a row under another key that was free", "UPDATE windows SET key = 70 WHERE key = 7"],
  ])("%s: salvage marks the table, sets the file aside and goes on", async (_name, sql) => {
    const directory = useDirectory();
    const storeId = await createStore(directory);
    edit(directory, sql);
    const damagedFile = readFileSync(join(directory, DATABASE));
    const loaded = await look(directory);
    expect(loaded).toMatchObject({ storeId, lastCut: 3, nextCut: 4, unproved: ["windows"], hole: undefined });
    expect(rowsOf(loaded).size).toBe(50);
    expect(readFileSync(join(directory, loaded.setAside ?? "")).equals(damagedFile)).toBe(true);
    // Told again until a cut was written, then whole.
    expect(await look(directory, { onCorrupt: "refuse" })).toMatchObject({
      unproved: ["windows"],
      setAside: loaded.setAside,
    });
    const { store } = await useStore(directory);
    expect(await store.query({ table: "audit", limit: 5 })).toMatchObject([
      { sequence: 1, kind: "policy_set" },
    ]);
    await store.write(createCut(4, []));
    await store.close();
    expect(await look(directory)).toMatchObject({ unproved: [], setAside: undefined, lastCut: 4 });
  });

  test("an old row that was whole once is found", async () => {
    const directory = useDirectory();
    const { store } = await openStore(storeOptions(directory));
    await store.write(createCut(1, [{ put: "windows", key: 1, image: "old" }]));
    await store.close();
    const database = new Database(join(directory, DATABASE), { readonly: true });
    const image: unknown = database.prepare("SELECT image FROM windows").pluck().get();
    database.close();
    const { store: again } = await openStore(storeOptions(directory));
    await again.write(createCut(2, [{ put: "windows", key: 1, image: "new" }]));
    await again.close();
    edit(directory, "UPDATE windows SET image = ? WHERE key = 1", image);
    expect(await look(directory)).toMatchObject({ unproved: ["windows"], damaged: [] });
  });

  test("refuse does not start and changes nothing", async () => {
    const directory = useDirectory();
    await createStore(directory);
    edit(directory, "DELETE FROM windows WHERE key = 7");
    const before = snapshot(directory);
    const refused = await findOpenError(directory, { onCorrupt: "refuse" });
    expect(refused).toMatchObject({ storeCode: "CORRUPT_REFUSED" });
    expect(refused.message).toContain("windows");
    expect(snapshot(directory)).toEqual(before);
  });

  test("refuse makes no mark file where none is left: the next start has to see that it is gone", async () => {
    const directory = useDirectory();
    await createStore(directory);
    edit(directory, "DELETE FROM windows WHERE key = 7");
    rmSync(join(directory, "tollgate.mark"));
    const before = snapshot(directory);
    expect(await findOpenError(directory, { onCorrupt: "refuse" })).toMatchObject({
      storeCode: "CORRUPT_REFUSED",
    });
    expect(snapshot(directory)).toEqual(before);
  });

  test("start_fresh sets the file aside and begins under a new store id", async () => {
    const directory = useDirectory();
    const storeId = await createStore(directory);
    edit(directory, "DELETE FROM windows WHERE key = 7");
    const loaded = await look(directory, { onCorrupt: "start_fresh" });
    expect(loaded).toMatchObject({
      fresh: true,
      lastCut: 0,
      nextCut: 4,
      rows: [],
      hole: undefined,
      damaged: [],
      unproved: [],
    });
    expect(loaded.storeId).not.toBe(storeId);
    expect(existsSync(join(directory, loaded.setAside ?? ""))).toBe(true);
    expect(await look(directory)).toMatchObject({
      fresh: true,
      storeId: loaded.storeId,
      setAside: loaded.setAside,
    });
    const { store } = await useStore(directory);
    await store.write(createCut(4, []));
    await store.close();
    expect(await look(directory)).toMatchObject({
      fresh: false,
      lastCut: 4,
      setAside: undefined,
      hole: undefined,
    });
  });
});

describe("a file that SQLite cannot read", () => {
  test.each([
    ["text", Buffer.from("this is no database\n".repeat(500))],
    ["nothing", Buffer.alloc(0)],
    ["zeroes", Buffer.alloc(65_536)],
  ])("%s in its place: everything is unproved, the number of the next cut goes on", async (_name, bytes) => {
    const directory = useDirectory();
    const storeId = await createStore(directory);
    writeFileSync(join(directory, DATABASE), bytes);
    expect(await findOpenError(directory, { onCorrupt: "refuse" })).toMatchObject({
      storeCode: "CORRUPT_REFUSED",
    });
    const loaded = await look(directory);
    expect(loaded).toMatchObject({ storeId, rows: [], nextCut: 4, unproved: STATE_TABLES });
    expect(readFileSync(join(directory, loaded.setAside ?? "")).equals(bytes)).toBe(true);
  });

  test("a page in the middle of a table is gone: the rows around it are saved", async () => {
    const directory = useDirectory();
    const { store } = await openStore(storeOptions(directory));
    const rows = Array.from(
      { length: 2_000 },
      (_, key) => ({ put: "executions", key, image: `execution ${key} `.repeat(10) }) as const,
    );
    await store.write(createCut(1, rows));
    await store.close();
    const path = join(directory, DATABASE);
    const bytes = readFileSync(path);
    // The page that holds row 1,000; before it lie free pages that once held it in the journal.
    const page = Math.floor(bytes.lastIndexOf("execution 1000 execution 1000") / PAGE_BYTES);
    bytes.fill(0, page * PAGE_BYTES, (page + 1) * PAGE_BYTES);
    writeFileSync(path, bytes);
    const loaded = await look(directory);
    const saved = rowsOf(loaded);
    expect(loaded.unproved).toEqual(["executions"]);
    expect(saved.size).toBeGreaterThan(1_950);
    expect(saved.size).toBeLessThan(2_000);
    expect(saved.get("executions/1999")).toBe(hexOf("execution 1999 ".repeat(10)));
  });

  test("a start that was killed while it put the saved file in place goes on with it", async () => {
    const directory = useDirectory();
    await createStore(directory);
    renameSync(join(directory, DATABASE), join(directory, "tollgate.salvaged.db"));
    writeFileSync(join(directory, `${DATABASE}-wal`), "left over from the damaged file");
    const loaded = await look(directory);
    expect(loaded).toMatchObject({ lastCut: 3, hole: undefined, unproved: [] });
    expect(readdirSync(directory).filter((name) => name.includes("damaged"))).toHaveLength(1);
  });
});

describe("a hole", () => {
  test("the log of a killed store is gone: the missing cuts are named, until a cut was written", async () => {
    const directory = useDirectory();
    await runDriver({ directory, durability: "power", lastCut: 5 });
    const life = await runDriver({ directory, durability: "power", lastCut: 1_000_000 }, (event, child) => {
      if (event !== "opened" && "acknowledged" in event && event.acknowledged === 25) child.kill("SIGKILL");
    });
    rmSync(join(directory, `${DATABASE}-wal`));
    const { store, loaded } = await useStore(directory);
    expect(loaded).toMatchObject({ lastCut: 5, fresh: false, unproved: [], damaged: [] });
    expect(loaded.hole).toMatchObject({ fromCut: 6, fromWallMs: wallMsOf(5) });
    expect(loaded.hole?.toCut).toBeGreaterThanOrEqual(life.lastAcknowledged);
    expect(loaded.hole?.toWallMs).toBe(wallMsOf(loaded.hole?.toCut ?? 0));
    expect(loaded.nextCut).toBe((loaded.hole?.toCut ?? 0) + 1);
    await store.close();
    expect((await look(directory)).hole).toEqual(loaded.hole);
    const { store: again } = await useStore(directory);
    await again.write(createCut(loaded.nextCut, []));
    await again.close();
    expect((await look(directory)).hole).toBeUndefined();
  });

  test("rows and no mark file: a hole of unknown size", async () => {
    const directory = useDirectory();
    await createStore(directory);
    rmSync(join(directory, "tollgate.mark"));
    expect((await look(directory)).hole).toMatchObject({ fromCut: 4, toCut: undefined });
    expect((await look(directory)).hole).toMatchObject({ fromCut: 4, toCut: undefined });
  });

  test("the database is gone and its mark is there: all cuts are missing, the new file has a new id", async () => {
    const directory = useDirectory();
    const storeId = await createStore(directory);
    rmSync(join(directory, DATABASE));
    for (let start = 0; start < 2; start += 1) {
      const loaded = await look(directory);
      expect(loaded).toMatchObject({ fresh: true, lastCut: 0, nextCut: 4, hole: { fromCut: 1, toCut: 3 } });
      expect(loaded.storeId).not.toBe(storeId);
    }
  });

  test("an older copy of the database is named by the cuts it lacks", async () => {
    const directory = useDirectory();
    await createStore(directory);
    const copy = readFileSync(join(directory, DATABASE));
    const { store } = await useStore(directory);
    await store.write(createCut(4, []));
    await store.write(createCut(5, []));
    await store.close();
    writeFileSync(join(directory, DATABASE), copy);
    expect(await look(directory)).toMatchObject({ lastCut: 3, nextCut: 6, hole: { fromCut: 4, toCut: 5 } });
  });

  test("the database of another store: both ids are named", async () => {
    const [directory, other] = [useDirectory(), useDirectory()];
    const [storeId, otherId] = [await createStore(directory), await createStore(other)];
    cpSync(join(other, DATABASE), join(directory, DATABASE));
    const { hole, storeId: found } = await look(directory);
    expect(found).toBe(otherId);
    expect(hole).toMatchObject({ fromCut: 4, toCut: undefined });
    expect(hole?.text).toContain(storeId);
    expect(hole?.text).toContain(otherId);
  });

  test("an older mark is no hole: the file may be ahead", async () => {
    const directory = useDirectory();
    await createStore(directory);
    const mark = readFileSync(join(directory, "tollgate.mark"));
    const { store } = await useStore(directory);
    await store.write(createCut(4, []));
    await store.close();
    writeFileSync(join(directory, "tollgate.mark"), mark);
    expect(await look(directory)).toMatchObject({ lastCut: 4, hole: undefined });
  });
});

describe("appended rows", () => {
  test("one that was changed in the file says so and shows nothing of it", async () => {
    const directory = useDirectory();
    await createStore(directory);
    edit(directory, `UPDATE audit SET body = '{"forged":true}' WHERE sequence = 1`);
    const { store } = await useStore(directory);
    expect(await store.query({ table: "audit", limit: 5 })).toEqual([
      { sequence: 1, atMs: 0, tenant: "", subject: "", kind: "damaged", body: "null", damaged: true },
    ]);
  });

  test("damage that only a write meets is noted, and the next start looks at the whole file", async () => {
    const directory = useDirectory();
    await createStore(directory);
    const path = join(directory, DATABASE);
    const database = new Database(path, { readonly: true });
    const root = Number(
      database.prepare("SELECT rootpage FROM sqlite_schema WHERE name = 'audit_by_tenant'").pluck().get(),
    );
    database.close();
    const bytes = readFileSync(path);
    bytes.fill(0xff, (root - 1) * PAGE_BYTES, root * PAGE_BYTES);
    writeFileSync(path, bytes);
    const { store, loaded } = await useStore(directory);
    expect(loaded).toMatchObject({ damaged: [], unproved: [], setAside: undefined });
    const cut = createCut(4, [{ append: "audit", sequence: 2, row: appendedRow({}) }]);
    await expect(store.write(cut)).rejects.toThrow("the file is damaged");
    expect(store.status()).toMatchObject({ state: "failing", failure: "the file is damaged" });
    await store.close();
    const { store: again, loaded: salvaged } = await useStore(directory);
    expect(salvaged).toMatchObject({ lastCut: 3, unproved: [], damaged: [] });
    expect(salvaged.setAside).toBeDefined();
    await again.write(createCut(4, [{ append: "audit", sequence: 2, row: appendedRow({}) }]));
    expect(await again.query({ table: "audit", tenant: "acme", limit: 5 })).toHaveLength(2);
  });
});
