// The journal of cuts: what it holds goes before the tables, it is folded piece by piece, and damage in it is found.

import { existsSync } from "node:fs";
import Database from "better-sqlite3";
import { describe, expect, onTestFinished, test } from "vitest";
import type { OpenedFile } from "../../src/adapters/sqlite/start/open-file.ts";
import type { OpenSettings } from "../../src/adapters/sqlite/start/open-settings.ts";
import { storeFiles } from "../../src/adapters/sqlite/store-files.ts";
import { CutWriter } from "../../src/adapters/sqlite/writer/cut-writer.ts";
import { FileWatch } from "../../src/adapters/sqlite/writer/file-watch.ts";
import { JournalFolder } from "../../src/adapters/sqlite/writer/journal-folder.ts";
import { type Loaded, RECORD_HEADER_BYTES, STATE_TABLES } from "../../src/ports/cut-store.ts";
import { type Change, createCut, hexOf, rowsOf } from "../contract/cut-store-fixture.ts";
import { printedSeed, SeededRandom } from "../crash/seeded-random.ts";
import { changesOfCut, differingRows, ExpectedRows } from "../crash/store-workload.ts";
import { openWithoutThread, useDirectory } from "./store-fixture.ts";

/** A file as the writer thread has it, without the thread: nothing is folded unless the test does it. */
class WriterFile {
  readonly loaded: Loaded;
  readonly folder: JournalFolder;
  readonly #file: OpenedFile;
  readonly #writer: CutWriter;

  constructor(directory: string, changes: Partial<OpenSettings> = {}) {
    const files = storeFiles(directory);
    const { file, loaded } = openWithoutThread(directory, changes);
    this.#file = file;
    this.loaded = loaded;
    const { database } = this.#file;
    database.exec("BEGIN IMMEDIATE; ROLLBACK");
    this.#writer = new CutWriter(
      this.#file,
      new FileWatch([files.database, files.mark].filter((path) => existsSync(path))),
    );
    this.folder = new JournalFolder(database, this.#writer, 64 * 1024 * 1024);
    onTestFinished(() => this.close());
  }

  write(number: number, changes: readonly Change[]): void {
    this.#writer.write({ kind: "write", ...createCut(number, changes) });
  }

  foldAll(): void {
    while (this.folder.isDue(true)) this.folder.doPiece();
  }

  count(table: string): number {
    return this.#file.database.prepare<[], number>(`SELECT count(*) FROM ${table}`).pluck().get() ?? 0;
  }

  /** As a kill leaves it: nothing is folded before. */
  close(): void {
    if (!this.#file.database.open) return;
    this.#file.database.close();
    this.#file.mark.close();
  }
}

function put(key: number, image: string): Change {
  return { put: "windows", key, image };
}

/** Kept in a map, not in an array. */
const DISTANT_KEY = 5_000_000;

/** Three cuts that are in the journal alone. */
function createJournal(directory: string): void {
  const file = new WriterFile(directory);
  file.write(1, [put(1, "first"), put(2, "second"), put(3, "third")]);
  file.write(2, [put(2, "second again"), { remove: "windows", key: 3 }]);
  file.write(3, [put(4, "fourth"), put(5, "fifth")]);
  expect([file.count("journal"), file.count("windows")]).toEqual([3, 0]);
  file.close();
}

const ALL = new Map([
  ["windows/1", hexOf("first")],
  ["windows/2", hexOf("second again")],
  ["windows/4", hexOf("fourth")],
  ["windows/5", hexOf("fifth")],
]);

/** Flips one bit of a column of one row. */
function flip(directory: string, table: string, column: string, where: string, at: number): void {
  const database = new Database(storeFiles(directory).database);
  const bytes = database.prepare<[], Buffer>(`SELECT ${column} FROM ${table} WHERE ${where}`).pluck().get();
  if (bytes === undefined) throw new Error(`no row where ${where}`);
  bytes.writeUInt8(bytes.readUInt8(at) ^ 4, at);
  database.prepare(`UPDATE ${table} SET ${column} = ? WHERE ${where}`).run(bytes);
  database.close();
}

function flipCut(directory: string, number: number, column: "records" | "checks", at: number): void {
  flip(directory, "journal", column, `number = ${number}`, at);
}

function edit(directory: string, sql: string): void {
  const database = new Database(storeFiles(directory).database);
  database.exec(sql);
  database.close();
}

describe("the journal", () => {
  test("P1: holds what no table holds yet; folded, the tables say the same", () => {
    const directory = useDirectory();
    createJournal(directory);
    const file = new WriterFile(directory);
    expect(rowsOf(file.loaded)).toEqual(ALL);
    file.foldAll();
    expect([file.count("journal"), file.count("windows")]).toEqual([0, 4]);
    file.write(4, [put(1, "first again")]);
    file.close();
    const { loaded } = new WriterFile(directory);
    expect(loaded).toMatchObject({ lastCut: 4, damaged: [], unproved: [], setAside: undefined });
    expect(rowsOf(loaded)).toEqual(new Map([...ALL, ["windows/1", hexOf("first again")]]));
  });

  test("P1: is folded in pieces, and every file left in between holds the same", () => {
    const random = new SeededRandom(printedSeed("journal"));
    const directory = useDirectory();
    const expected = new ExpectedRows();
    let file = new WriterFile(directory);
    for (let number = 1; number <= 400; number += 1) {
      file.write(number, changesOfCut(number));
      if (random.below(3) === 0 && file.folder.isDue(random.below(4) === 0)) file.folder.doPiece();
      if (random.below(20) !== 0) continue;
      file.close();
      file = new WriterFile(directory, { onCorrupt: "refuse" });
      expect(file.loaded).toMatchObject({ lastCut: number, damaged: [], unproved: [] });
      expect(differingRows(rowsOf(file.loaded), expected.after(number))).toEqual([]);
    }
    file.foldAll();
    expect(file.count("journal")).toBe(0);
  });

  test("is taken away in pieces too, where later cuts have replaced all that its rows hold", () => {
    const file = new WriterFile(useDirectory());
    const image = "x".repeat(100_000);
    for (let number = 1; number <= 400; number++) file.write(number, [put(1, image)]);
    let pieces = 0;
    for (; file.count("journal") > 0; pieces++) file.folder.doPiece();
    // One piece would free some 10,000 pages.
    expect(pieces).toBeGreaterThan(2);
  });

  test("what later cuts have replaced is neither read nor put", () => {
    const directory = useDirectory();
    const file = new WriterFile(directory);
    file.write(1, [put(1, "first"), put(DISTANT_KEY, "distant")]);
    file.write(2, [put(1, "second"), put(DISTANT_KEY, "distant again"), put(2, "stays")]);
    file.write(3, [put(1, "third"), { remove: "windows", key: DISTANT_KEY }]);
    // It would not prove if it were read.
    flipCut(directory, 1, "checks", 0);
    file.foldAll();
    expect([file.count("journal"), file.count("windows")]).toEqual([0, 2]);
    file.close();
    const { loaded } = new WriterFile(directory, { onCorrupt: "refuse" });
    expect(rowsOf(loaded)).toEqual(
      new Map([
        ["windows/1", hexOf("third")],
        ["windows/2", hexOf("stays")],
      ]),
    );
  });

  test("P1: a cut that failed replaces nothing", () => {
    const directory = useDirectory();
    const file = new WriterFile(directory);
    file.write(1, [put(1, "first"), put(2, "second")]);
    const malformed: Change = { append: "audit", sequence: 1, row: "no row" };
    expect(() => file.write(2, [put(1, "lost"), put(3, "lost too"), malformed])).toThrow();
    file.write(3, [put(2, "second again")]);
    file.foldAll();
    file.close();
    const { loaded } = new WriterFile(directory, { onCorrupt: "refuse" });
    expect(rowsOf(loaded)).toEqual(
      new Map([
        ["windows/1", hexOf("first")],
        ["windows/2", hexOf("second again")],
      ]),
    );
  });

  test("of eight foldings one puts also what later cuts replace while it goes on", () => {
    const file = new WriterFile(useDirectory());
    const puts = (image: string): Change[] => Array.from({ length: 400 }, (_, key) => put(key, image));
    const counts: number[] = [];
    for (let folding = 1; folding <= 9; folding++) {
      const number = folding * 10;
      file.write(number, [put(1_000, "so that the next one does not go past the journal")]);
      file.write(number + 1, puts(String(folding).repeat(10_000)));
      // One of many pieces: 4 MB are to be put.
      file.folder.doPiece();
      file.write(number + 2, puts("small"));
      while (file.count("journal") > 1) file.folder.doPiece();
      counts.push(file.count(`windows WHERE substr(image, 1, 1) = CAST('${folding}' AS BLOB)`));
    }
    expect([counts.shift(), counts.pop()]).toEqual([400, 400]);
    expect(Math.max(...counts)).toBeLessThan(400);
  });

  test("is behind when it is twice as long as it should be, until it is folded", () => {
    const file = new WriterFile(useDirectory());
    const image = "x".repeat(900_000);
    const behind: boolean[] = [];
    for (let number = 1; number <= 10; number++) {
      file.write(number, [put(number, image)]);
      behind.push(file.folder.isBehind);
    }
    expect(behind.indexOf(true)).toBe(9);
    file.foldAll();
    expect(file.folder.isBehind).toBe(false);
  });

  test("a large cut goes past it, unless it holds something already", () => {
    const directory = useDirectory();
    const file = new WriterFile(directory);
    const large = (text: string): Change[] =>
      Array.from({ length: 300 }, (_, key) => put(key, text.repeat(4_000)));
    file.write(1, large("a"));
    expect([file.count("journal"), file.count("windows")]).toEqual([0, 300]);
    file.write(2, [put(7, "small")]);
    file.write(3, large("b"));
    expect([file.count("journal"), file.count("windows")]).toEqual([2, 300]);
    file.close();
    const { loaded } = new WriterFile(directory, { onCorrupt: "refuse" });
    expect(rowsOf(loaded).get("windows/7")).toBe(hexOf("b".repeat(4_000)));
  });

  test("a damaged row of a table does not matter when the journal replaces it", () => {
    const directory = useDirectory();
    createJournal(directory);
    const file = new WriterFile(directory);
    file.foldAll();
    file.write(4, [put(1, "first again")]);
    file.close();
    flip(directory, "windows", "image", "key = 1", 0);
    const { loaded } = new WriterFile(directory, { onCorrupt: "refuse" });
    expect(loaded).toMatchObject({ damaged: [], unproved: [] });
    expect(rowsOf(loaded).get("windows/1")).toBe(hexOf("first again"));
  });
});

describe("damage in the journal", () => {
  test.each([0, 1, 2, 3, 4, 5])("an image that does not prove is named, and not served: byte %i", (at) => {
    const directory = useDirectory();
    createJournal(directory);
    flipCut(directory, 3, "records", RECORD_HEADER_BYTES + at);
    const { loaded } = new WriterFile(directory, { onCorrupt: "refuse" });
    expect(loaded).toMatchObject({ damaged: [{ table: "windows", key: 4 }], unproved: [], hole: undefined });
    const { ["windows/4"]: _damaged, ...others } = Object.fromEntries(ALL);
    expect(Object.fromEntries(rowsOf(loaded))).toEqual(others);
  });

  test("an image that a later cut replaces does not matter", () => {
    const directory = useDirectory();
    createJournal(directory);
    // The second of three records, each of a header and eight bytes.
    flipCut(directory, 1, "records", RECORD_HEADER_BYTES * 2 + 8);
    const { loaded } = new WriterFile(directory, { onCorrupt: "refuse" });
    expect(loaded).toMatchObject({ damaged: [], unproved: [] });
    expect(rowsOf(loaded)).toEqual(ALL);
  });

  test.each([
    ["the key of a record is another", (directory: string) => flipCut(directory, 2, "records", 8)],
    ["a length leads out of the row", (directory: string) => flipCut(directory, 2, "records", 6)],
    ["a check of an image is another", (directory: string) => flipCut(directory, 2, "checks", 0)],
    ["a cut is missing", (directory: string) => edit(directory, "DELETE FROM journal WHERE number = 2")],
    ["a column is missing", (directory: string) => edit(directory, "UPDATE journal SET records = x''")],
    [
      "the last cut is missing",
      (directory: string) => edit(directory, "DELETE FROM journal WHERE number = 3"),
    ],
    ["all cuts are missing", (directory: string) => edit(directory, "DELETE FROM journal")],
    [
      "a cut bears another number",
      (directory: string) => edit(directory, "UPDATE journal SET number = 9 WHERE number = 3"),
    ],
  ])("P8: %s: no table proves, what does is served", (_what, damage) => {
    const directory = useDirectory();
    createJournal(directory);
    damage(directory);
    expect(() => new WriterFile(directory, { onCorrupt: "refuse" })).toThrow("set hash does not prove");
    const { loaded } = new WriterFile(directory);
    expect(loaded).toMatchObject({
      lastCut: 3,
      unproved: STATE_TABLES,
      setAside: expect.any(String) as string,
    });
    for (const [name, image] of rowsOf(loaded))
      expect([ALL.get(name), hexOf("second"), hexOf("third")]).toContain(image);
  });

  test("met while folding it is told of, and left for the next start", () => {
    const directory = useDirectory();
    createJournal(directory);
    const file = new WriterFile(directory);
    flipCut(directory, 2, "checks", 0);
    expect(() => file.foldAll()).toThrow("cut 2 of the journal does not prove");
    expect(file.folder.isDue(true)).toBe(false);
    file.write(4, [put(1, "first again")]);
    file.close();
    expect(new WriterFile(directory).loaded).toMatchObject({ lastCut: 4, unproved: STATE_TABLES });
  });
});
