import { expect, test } from "vitest";
import { SessionTable } from "../../../../../src/engine/guards/session/session-table.ts";

function sessionAt(row: number): Parameters<SessionTable["insert"]>[0] {
  return { row, key: `key ${row}`, id: "s", tenant: "t", slices: {}, lastUsedMs: 0, imageLength: 0 };
}

test("rows of a file may come in any order, and none is given twice", () => {
  const table = new SessionTable();
  for (const row of [5, 2, 7, 0]) table.insert(sessionAt(row));
  table.remove(2);
  const given = Array.from({ length: 6 }, () => {
    const row = table.allocate();
    table.insert(sessionAt(row));
    return row;
  });
  expect(given.toSorted((a, b) => a - b)).toEqual([1, 2, 3, 4, 6, 8]);
});

test("a row that became free twice is given once", () => {
  const table = new SessionTable();
  for (const row of [3, 1]) table.insert(sessionAt(row));
  table.remove(1);
  const first = table.allocate();
  table.insert(sessionAt(first));
  table.remove(first);
  const given = Array.from({ length: 4 }, () => {
    const row = table.allocate();
    table.insert(sessionAt(row));
    return row;
  });
  expect(new Set(given).size).toBe(4);
  expect(given).not.toContain(3);
});
