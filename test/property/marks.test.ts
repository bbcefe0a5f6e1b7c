// The mark of a reporter is a set of sequences, however it is kept.
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { applyRange, isApplied, type Mark } from "../../src/engine/reports/mark.ts";
import { Engine, policyOf } from "../unit/engine/engine-fixture.ts";

const range = fc
  .tuple(fc.integer({ min: 1, max: 40 }), fc.integer({ min: 0, max: 8 }))
  .map(([from, more]) => ({ from, to: from + more }));

describe("applyRange", () => {
  test("floor and ranges hold exactly the sequences that were applied, ranges ascend and touch the floor never", () => {
    fc.assert(
      fc.property(fc.array(range, { maxLength: 25 }), (ranges) => {
        const mark: Mark = { floor: 0, ranges: [] };
        const applied = new Set<number>();
        for (const [at, { from, to }] of ranges.entries()) {
          applyRange(mark, from, to, at.toString(16).padStart(16, "f"));
          for (let sequence = from; sequence <= to; sequence++) applied.add(sequence);
          for (let sequence = 1; sequence <= 60; sequence++)
            expect(isApplied(mark, sequence)).toBe(applied.has(sequence));
          let last = mark.floor + 1;
          for (const one of mark.ranges) {
            expect(one.from).toBeGreaterThanOrEqual(one === mark.ranges[0] ? last + 1 : last);
            expect(one.to).toBeGreaterThanOrEqual(one.from);
            last = one.to + 1;
          }
        }
      }),
    );
  });
});

describe("applyBatch", () => {
  test("P2: in whatever order and however often messages come, every report counts once", () => {
    fc.assert(
      fc.property(fc.array(range, { minLength: 1, maxLength: 30 }), (ranges) => {
        const engine = new Engine({ limits: policyOf() });
        engine.register("e");
        const applied = new Set<number>();
        let duplicates = 0;
        for (const { from, to } of ranges) {
          const usage = Array.from({ length: to - from + 1 }, (_, at) => ({ steps: BigInt(from + at) }));
          for (let sequence = from; sequence <= to; sequence++) {
            if (applied.has(sequence)) duplicates++;
            applied.add(sequence);
          }
          duplicates -= engine.report("e", usage, { first: from }).duplicates;
        }
        expect(duplicates).toBe(0);
        const sum = [...applied].reduce((total, sequence) => total + sequence, 0);
        expect(engine.snapshot("e").steps).toBe(BigInt(sum));
      }),
    );
  });
});
