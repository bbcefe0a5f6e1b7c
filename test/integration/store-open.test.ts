// Where a store may live and who may open it; files of other versions.

import {
  chmodSync,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import Database from "better-sqlite3";
import { describe, expect, test } from "vitest";
import { findNetworkFileSystem } from "../../src/adapters/sqlite/directory.ts";
import { migrate } from "../../src/adapters/sqlite/file/migrate.ts";
import { FILE_VERSION, type Migration, OLDEST_VERSION } from "../../src/adapters/sqlite/file/schema.ts";
import { findStoreRow, writeStoreRow } from "../../src/adapters/sqlite/file/store-row.ts";
import { openStore } from "../../src/adapters/sqlite/open-store.ts";
import type { StoreOpenError } from "../../src/adapters/sqlite/store-open-error.ts";
import { CutFailed } from "../../src/ports/cut-store.ts";
import { createCut } from "../contract/cut-store-fixture.ts";
import { runDriver } from "../crash/store-life.ts";
import { canMount, findOpenError, storeOptions, useDirectory, useMount, useStore } from "./store-fixture.ts";

function edit(directory: string, change: (database: Database.Database) => void): void {
  const database = new Database(join(directory, "tollgate.db"));
  change(database);
  database.close();
}

async function createStore(directory: string): Promise<void> {
  const { store } = await openStore(storeOptions(directory));
  await store.write(createCut(1, [{ put: "loops", key: 1, image: "kept" }]));
  await store.close();
}

function writeVersion(database: Database.Database, fileVersion: number, minReaderVersion: number): void {
  const row = findStoreRow(database);
  if (row === undefined) throw new Error("no store row");
  writeStoreRow(database, { ...row, fileVersion, minReaderVersion, needsRelease: "7.1.0" });
}

describe("the lock", () => {
  test("a second daemon in another process is told who holds the store, and may open it afterwards", async () => {
    const directory = useDirectory();
    let pid: number | undefined;
    let asked: Promise<StoreOpenError> | undefined;
    await runDriver({ directory, durability: "power", lastCut: 1_000_000_000 }, (event, child) => {
      if (event !== "opened") return;
      pid = child.pid;
      asked = findOpenError(directory).finally(() => child.kill("SIGKILL"));
    });
    const refused = await asked;
    expect(refused).toMatchObject({ storeCode: "LOCKED" });
    expect(refused?.message).toContain(`host host-of-the-driver, pid ${pid}, started `);
    // The kernel gave the lock back with the killed process.
    const { loaded } = await useStore(directory);
    expect(loaded.hole).toBeUndefined();
  });

  test("within one process too; a store that did not open holds nothing", async () => {
    const directory = useDirectory();
    const { store } = await useStore(directory);
    expect(await findOpenError(directory)).toMatchObject({ storeCode: "LOCKED" });
    await store.write(createCut(1, []));
    await store.close();
    writeFileSync(join(directory, "tollgate.db"), "no database");
    expect(await findOpenError(directory, { onCorrupt: "refuse" })).toMatchObject({
      storeCode: "CORRUPT_REFUSED",
    });
    expect(await findOpenError(directory, { onCorrupt: "refuse" })).toMatchObject({
      storeCode: "CORRUPT_REFUSED",
    });
    await useStore(directory);
  });
});

describe("the directory", () => {
  test("it is made when it is missing, and its files are for their owner alone", async () => {
    const directory = join(useDirectory(), "a", "b");
    const { store } = await useStore(directory);
    await store.write(createCut(1, []));
    for (const name of ["tollgate.db", "tollgate.db-wal", "tollgate.mark", "tollgate.lock"]) {
      expect(statSync(join(directory, name)).mode & 0o077, name).toBe(0);
    }
  });

  test("a file in its place is refused", async () => {
    const path = join(useDirectory(), "file");
    writeFileSync(path, "");
    expect(await findOpenError(path)).toMatchObject({ storeCode: "BAD_DIRECTORY" });
    expect(await findOpenError(join(path, "below"))).toMatchObject({ storeCode: "BAD_DIRECTORY" });
  });

  test("a place in which no directory can be made is refused", async () => {
    expect(await findOpenError("/proc/tollgate/data")).toMatchObject({ storeCode: "BAD_DIRECTORY" });
  });

  const isRoot = process.getuid?.() === 0;

  // Modes do not bind root: a read-only mount does.
  test.runIf(!isRoot || canMount())("a read-only one is refused", async () => {
    const directory = useDirectory();
    if (isRoot) useMount(directory, "ro,size=1m");
    else chmodSync(directory, 0o500);
    expect(await findOpenError(directory)).toMatchObject({ storeCode: "READ_ONLY" });
  });

  test.each([
    ["NFS", 0x6969, "", "NFS"],
    ["CIFS, as statfs gives it with a sign", 0xff534d42 | 0, "", "CIFS"],
    ["FUSE that leads to a network", 0x65735546, "fuse.sshfs", "sshfs"],
    ["FUSE before a local disk", 0x65735546, "virtiofs", undefined],
    ["ext4", 0xef53, "", undefined],
    ["overlay", 0x794c7630, "", undefined],
    ["tmpfs", 0x01021994, "", undefined],
  ])("network file systems are told apart: %s", (_name, type, fuseName, found) => {
    expect(findNetworkFileSystem(type, fuseName)).toBe(found);
  });
});

describe("a file that is taken away under a running store", () => {
  test.each([["tollgate.db"], ["tollgate.db-wal"], ["tollgate.mark"]])(
    "P1: %s removed: cuts fail until it is back",
    async (name) => {
      const directory = useDirectory();
      const { store } = await useStore(directory);
      await store.write(createCut(1, []));
      const [path, away] = [join(directory, name), join(directory, "moved-away")];
      renameSync(path, away);
      const failed = await store.write(createCut(2, [])).catch((thrown: unknown) => thrown);
      expect(failed).toBeInstanceOf(CutFailed);
      expect((failed as CutFailed).cause).toBe("a file of the store was removed");
      writeFileSync(path, "another file under its name");
      await expect(store.write(createCut(3, []))).rejects.toThrow("a file of the store was replaced");
      expect(store.status()).toMatchObject({ state: "failing", lastDurableCut: 1 });
      rmSync(path);
      renameSync(away, path);
      await store.write(createCut(4, []));
      expect(store.status()).toMatchObject({ state: "ok", lastDurableCut: 4 });
    },
  );

  test("it is noticed without a cut too", async () => {
    const directory = useDirectory();
    const { store } = await useStore(directory);
    renameSync(join(directory, "tollgate.db"), join(directory, "moved-away"));
    await expect
      .poll(() => store.status().failure, { timeout: 20_000 })
      .toBe("a file of the store was removed");
    renameSync(join(directory, "moved-away"), join(directory, "tollgate.db"));
    await expect.poll(() => store.status().state, { timeout: 20_000 }).toBe("ok");
  });
});

describe("versions of the file", () => {
  test("a file that needs a newer program is refused, named with the release, and left as it was", async () => {
    const directory = useDirectory();
    await createStore(directory);
    edit(directory, (database) => writeVersion(database, 9, 8));
    const before = readFileSync(join(directory, "tollgate.db"));
    for (const onCorrupt of ["salvage", "start_fresh"] as const) {
      const refused = await findOpenError(directory, { onCorrupt });
      expect(refused).toMatchObject({ storeCode: "NEEDS_NEWER_VERSION" });
      expect(refused.message).toContain("7.1.0");
    }
    expect(readFileSync(join(directory, "tollgate.db")).equals(before)).toBe(true);
  });

  test("a file of before the first release is refused and left as it was", async () => {
    const directory = useDirectory();
    await createStore(directory);
    edit(directory, (database) => writeVersion(database, OLDEST_VERSION - 1, 1));
    const before = readFileSync(join(directory, "tollgate.db"));
    for (const onCorrupt of ["salvage", "start_fresh"] as const) {
      expect(await findOpenError(directory, { onCorrupt })).toMatchObject({ storeCode: "TOO_OLD" });
    }
    expect(readFileSync(join(directory, "tollgate.db")).equals(before)).toBe(true);
    edit(directory, (database) => writeVersion(database, OLDEST_VERSION, 1));
    const { loaded } = await useStore(directory);
    expect(loaded).toMatchObject({ lastCut: 1, unproved: [], damaged: [] });
  });

  test("a newer file that this program may still read opens, and what it does not know is kept", async () => {
    const directory = useDirectory();
    await createStore(directory);
    edit(directory, (database) => {
      writeVersion(database, FILE_VERSION + 1, FILE_VERSION);
      database.exec("CREATE TABLE things (key INTEGER PRIMARY KEY) STRICT; INSERT INTO things VALUES (5)");
    });
    const { store, loaded } = await useStore(directory);
    expect(loaded).toMatchObject({ lastCut: 1, unproved: [], damaged: [] });
    await store.write(createCut(2, []));
    await store.close();
    edit(directory, (database) => {
      expect(database.prepare("SELECT key FROM things").pluck().all()).toEqual([5]);
      expect(findStoreRow(database)).toMatchObject({
        fileVersion: FILE_VERSION + 1,
        minReaderVersion: FILE_VERSION,
      });
    });
  });

  test("migrations run in order, each once and as a whole; before a breaking one a copy is made", async () => {
    const directory = useDirectory();
    await createStore(directory);
    const copy = (version: number): string => join(directory, `copy-${version}.db`);
    const [additiveVersion, breakingVersion] = [FILE_VERSION + 1, FILE_VERSION + 2];
    const additive: Migration = {
      version: additiveVersion,
      minReaderVersion: FILE_VERSION,
      release: "7.1.0",
      apply: (database) => void database.exec("CREATE TABLE added (key INTEGER PRIMARY KEY) STRICT"),
    };
    const breaking: Migration = {
      version: breakingVersion,
      minReaderVersion: breakingVersion,
      release: "7.2.0",
      apply: (database) => void database.exec("DROP TABLE loops"),
    };
    const failing: Migration = {
      version: breakingVersion + 1,
      minReaderVersion: breakingVersion,
      release: "7.3.0",
      apply: (database) => {
        database.exec("DROP TABLE windows");
        throw new Error("half way");
      },
    };
    edit(directory, (database) => {
      const row = findStoreRow(database);
      if (row === undefined) throw new Error("no store row");
      const after = migrate(database, row, [additive, breaking], copy);
      expect(after).toMatchObject({
        fileVersion: breakingVersion,
        minReaderVersion: breakingVersion,
        needsRelease: "7.2.0",
      });
      expect(migrate(database, after, [additive, breaking], copy)).toEqual(after);
      expect(() => migrate(database, after, [additive, breaking, failing], copy)).toThrow("half way");
      expect(findStoreRow(database)).toEqual(after);
      expect(database.prepare("SELECT count(*) FROM windows").pluck().get()).toBe(0);
    });
    const copied = [FILE_VERSION, additiveVersion, breakingVersion].map((version) =>
      existsSync(copy(version)),
    );
    expect(copied).toEqual([false, true, false]);
    mkdirSync(join(directory, "restored"));
    renameSync(copy(additiveVersion), join(directory, "restored", "tollgate.db"));
    const { loaded } = await useStore(join(directory, "restored"));
    expect(loaded).toMatchObject({ lastCut: 1, unproved: [] });
  });
});
