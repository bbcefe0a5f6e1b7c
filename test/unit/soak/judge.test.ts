import { describe, expect, test } from "vitest";
import { judge, slopeOf } from "../../soak/judge.ts";

const MIB = 1_048_576;

/** Three hours, a look every six minutes. */
function samplesOf(grows: number, more: { readonly wal?: number; readonly extra?: number } = {}) {
  return Array.from({ length: 30 }, (_, at) => ({
    hours: at / 10,
    residentBytes: 150 * MIB + (at / 10) * grows * MIB + (at % 7 === 0 ? 9 * MIB : 0),
    walBytes: (more.wal ?? 10) * MIB,
    descriptors: 40 + (at === 20 ? (more.extra ?? 0) : 0),
  }));
}

describe("what a soak says", () => {
  test.each([
    [0.9, {}, [true, true, true]],
    [1.1, {}, [false, true, true]],
    [0, { wal: 64 }, [true, true, true]],
    [0, { wal: 65 }, [true, false, true]],
    [0, { extra: 4 }, [true, true, true]],
    [0, { extra: 5 }, [true, true, false]],
  ])("growing by %s MiB an hour with %o: %o", (grows, more, holds) => {
    expect(judge(samplesOf(grows, more)).map((one) => one.holds)).toEqual(holds);
  });

  test("a short run is not judged by its slope, and by its log and its descriptors all the same", () => {
    const short = samplesOf(100, { wal: 65, extra: 5 }).map((one) => ({ ...one, hours: one.hours / 10 }));
    expect(judge(short).map((one) => one.holds)).toEqual([true, false, false]);
  });

  test("what the warm-up takes does not count as growth, and its log counts", () => {
    const [first, ...others] = samplesOf(0.5);
    if (first === undefined) throw new Error("no samples");
    const cold = { ...first, residentBytes: 0, walBytes: 65 * MIB };
    expect(judge([cold, ...others], 0.05).map((one) => one.holds)).toEqual([true, false, true]);
  });

  test("a run without a look has shown nothing", () => {
    expect(judge([]).map((one) => one.holds)).toEqual([false]);
  });

  test("the slope is that of the middle, not of outliers", () => {
    expect(
      slopeOf([
        [0, 0],
        [1, 2],
        [2, 900],
        [3, 6],
        [4, 8],
      ]),
    ).toBe(2);
    expect(slopeOf([[0, 1]])).toBe(0);
  });
});
