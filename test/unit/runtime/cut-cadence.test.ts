import { describe, expect, it } from "vitest";
import { CUT_GAP_MS, CutCadence } from "../../../src/runtime/cut-cadence.ts";

describe("the time between cuts", () => {
  it("is three times what a commit takes", () => {
    const cadence = new CutCadence();
    cadence.note(1.5);
    expect(cadence.gapMs).toBe(4.5);
  });

  it("is never below its least", () => {
    const cadence = new CutCadence();
    cadence.note(0.1);
    expect(cadence.gapMs).toBe(CUT_GAP_MS);
  });

  it("is not longer after one slow commit, or after four of nine", () => {
    const cadence = new CutCadence();
    for (let cut = 0; cut < 9; cut++) cadence.note(1);
    for (let cut = 0; cut < 4; cut++) {
      cadence.note(70);
      expect(cadence.gapMs).toBe(3);
    }
  });

  it("follows a disk that has become slow, and one that is fast again", () => {
    const cadence = new CutCadence();
    for (let cut = 0; cut < 9; cut++) cadence.note(1);
    for (let cut = 0; cut < 5; cut++) cadence.note(50);
    expect(cadence.gapMs).toBe(150);
    for (let cut = 0; cut < 9; cut++) cadence.note(1);
    expect(cadence.gapMs).toBe(3);
  });
});
