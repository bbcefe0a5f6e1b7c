import Database from "better-sqlite3";
import { expect, test } from "vitest";
import { readCutRow } from "../../src/adapters/sqlite/file/cut-row.ts";

// A flipped bit in the header of the row made the column NULL, and the start ended with a TypeError.
test.each([null, 7, "text"])("P8: a row of the last cut whose proofs are %j is damaged", (proofs) => {
  const database = new Database(":memory:");
  database.exec("CREATE TABLE cut (id, number, boot_id, mono_ms, wall_ms, proofs, crc)");
  database.prepare("INSERT INTO cut VALUES (1, 5, 'boot', 1.0, 2.0, ?, 0)").run(proofs);
  expect(readCutRow(database)).toBe("damaged");
  database.close();
});
