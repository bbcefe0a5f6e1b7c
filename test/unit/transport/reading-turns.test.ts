import { setImmediate as nextTurn } from "node:timers/promises";
import { expect, it } from "vitest";
import { ReadingTurns, type WaitingReader } from "../../../src/transport/stream/reading-turns.ts";

it("after 2 ms of a turn messages wait, and go on in the order in which they came, 2 ms of them a turn", async () => {
  const turns = new ReadingTurns();
  const read: string[] = [];
  let nowMs = 1_000;
  const reader = (name: string): WaitingReader => ({
    readOn: () => {
      read.push(name);
      turns.note((nowMs += 1));
    },
  });
  turns.note(nowMs);
  expect(turns.defers(reader("never"))).toBe(false);
  turns.note((nowMs += 2));
  expect(["a", "b", "c", "d"].map((name) => turns.defers(reader(name)))).toEqual([true, true, true, true]);
  expect(read).toEqual([]);
  await nextTurn();
  expect(read).toEqual(["a", "b", "c"]);
  await nextTurn();
  expect(read).toEqual(["a", "b", "c", "d"]);
  await nextTurn();
  expect(turns.defers(reader("never"))).toBe(false);
});

it("a message that is refused holds up nobody behind it", async () => {
  const turns = new ReadingTurns();
  const read: string[] = [];
  turns.note(0);
  turns.note(5);
  for (const name of ["a", "b"]) turns.defers({ readOn: () => read.push(name) });
  await nextTurn();
  expect(read).toEqual(["a", "b"]);
});
