import * as fc from "fast-check";
import { expect, test } from "vitest";
import { SparseStamps } from "../../src/engine/rows/generation/sparse-stamps.ts";

// Keys as events have them: 256 per execution, most of them at its beginning.
const key = fc.tuple(fc.nat(40), fc.nat(3)).map(([index, number]) => index * 256 + number);
const far = fc.nat(2 ** 31 - 1);
const marks = fc.array(fc.tuple(fc.oneof(key, far), fc.nat(3)), { maxLength: 3_000 });

test("marks are those of a map, whatever was marked and taken away before", () => {
  fc.assert(
    fc.property(marks, (all) => {
      const stamps = new SparseStamps();
      const known = new Map<number, number>();
      for (const [row, stamp] of all) {
        stamps.set(row, stamp);
        known.set(row, stamp);
      }
      expect([...known.keys()].map((row) => stamps.get(row))).toEqual([...known.values()]);
      expect(stamps.size).toBe([...known.values()].filter((stamp) => stamp !== 0).length);
    }),
  );
});
