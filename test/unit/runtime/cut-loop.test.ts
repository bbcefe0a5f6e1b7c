import { setImmediate as nextTurn } from "node:timers/promises";
import { expect, it } from "vitest";
import type { World } from "../../../src/engine/world.ts";
import { createEngine } from "./engine-fixture.ts";

const ROWS = 640;

/** Changes rows of executions that are not there: each becomes the deletion of its row. */
function touchRows(from: number, count: number) {
  return ({ rows }: World): void => {
    for (let key = from; key < from + count; key++) rows.executionTexts.touch(key);
  };
}

it("a cut goes on behind turns of the engine, twice in a turn of the event loop, and then with the loop", async () => {
  const { hands, host, cuts } = createEngine("continue");
  let nowMs = 1_000;
  // A slice is over at the second look at this clock: 64 rows.
  Object.defineProperty(hands, "monoMs", { get: () => (nowMs += 0.2) });
  const { generations } = host.world;
  host.turn(touchRows(0, ROWS));
  await nextTurn();
  const encoded = [generations.buffer.rowCount];
  for (let turn = 1; turn <= 4; turn++) {
    host.turn(touchRows(ROWS + turn, 1));
    encoded.push(generations.buffer.rowCount);
  }
  await nextTurn();
  encoded.push(generations.buffer.rowCount);
  expect(encoded).toEqual([64, 128, 192, 192, 192, 256]);
  await cuts.drain();
  expect([cuts.inFlight, generations.dirty, cuts.number]).toEqual([false, false, 2]);
});
