// Loop detection against a naive one over plain lists.
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Engine, policyOf } from "../unit/engine/engine-fixture.ts";

interface Step {
  readonly signature: string;
  readonly resultDigest: string | undefined;
}

/** Whole repeats before `next`: of the step alone with the latest one's result, or of a cycle of 2 to 4 steps. */
function naiveRepeats(history: readonly Step[], next: Step): number {
  const same = history.filter((one) => one.signature === next.signature);
  const latest = next.resultDigest ?? same.at(-1)?.resultDigest;
  const counts = [same.filter((one) => one.resultDigest === latest).length];
  for (const period of [2, 3, 4]) counts.push(naiveCycles(history, next, period));
  return Math.max(...counts);
}

function naiveCycles(history: readonly Step[], next: Step, period: number): number {
  if (history.at(-period)?.signature !== next.signature) return 0;
  const key = (one: Step): string => JSON.stringify(one);
  const cycle = history.slice(-period).map(key);
  if (new Set(cycle).size === 1) return 0;
  let matching = period;
  const backwards = history.map(key).reverse();
  while (matching < backwards.length && backwards[matching] === backwards[matching - period]) matching++;
  return Math.floor(matching / period);
}

const step: fc.Arbitrary<Step> = fc.record({
  signature: fc.constantFrom("a", "b", "c"),
  resultDigest: fc.option(fc.constantFrom("x", "y"), { nil: undefined, freq: 3 }),
});

describe("judgeLoop", () => {
  test("a step is refused when the naive count reaches the limit, and warned about just before", () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), fc.integer({ min: 2, max: 4 }), (steps, limit) => {
        const engine = new Engine({ limits: policyOf({ max_same_step_repetitions: BigInt(limit) }) });
        engine.register("e");
        const window = Math.max(20, 4 * (limit + 1));
        const history: Step[] = [];
        for (const one of steps) {
          const { verdict } = engine.check("e", { step: one });
          const current = naiveRepeats(history.slice(-window), one) + 1;
          expect(verdict).toBe(current > limit ? "BLOCK" : current === limit ? "WARN" : "ALLOW");
          engine.report("e", { step: one });
          history.push(one);
        }
      }),
      { numRuns: 200 },
    );
  });
});
