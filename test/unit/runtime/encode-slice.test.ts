import { describe, expect, it } from "vitest";
import { createNow } from "../../../src/domain/time.ts";
import { Generations } from "../../../src/engine/rows/generations.ts";
import { encodeSlice } from "../../../src/runtime/encode-slice.ts";

const ROWS = 1_000;

/** A cut of so many rows, and how many of them have been encoded. */
function beginCut() {
  const generations = new Generations();
  const encoded = { rows: 0 };
  const set = generations.rowSet(() => {
    encoded.rows++;
  });
  for (let key = 0; key < ROWS; key++) set.touch(key);
  generations.beginCut();
  return { generations, encoded };
}

/** A clock that goes on by so much whenever it is looked at. */
function createClock(stepMs: number) {
  let monoMs = 0;
  return { now: () => createNow((monoMs += stepMs), 0) };
}

describe("a slice of a cut", () => {
  it("holds the whole cut when rows are quick", () => {
    const { generations, encoded } = beginCut();
    expect(encodeSlice(generations, createClock(0.001))).toBe(true);
    expect(encoded.rows).toBe(ROWS);
  });

  it("ends when its time is over, and the next one goes on", () => {
    const { generations, encoded } = beginCut();
    const clock = createClock(0.25);
    expect(encodeSlice(generations, clock)).toBe(false);
    expect(encoded.rows).toBe(64);
    let slices = 1;
    while (!encodeSlice(generations, clock)) slices++;
    expect(encoded.rows).toBe(ROWS);
    expect(slices).toBe(15);
  });
});
