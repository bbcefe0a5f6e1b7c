import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  addToSum,
  BUCKETS,
  createSlidingSum,
  isSumOver,
  resizeSum,
  sumAt,
  timeToLeave,
} from "../../src/engine/rules/sliding-sum.ts";

const WINDOW_MS = 60_000;
const steps = fc.array(
  fc.record({ afterMs: fc.integer({ min: 0, max: 20_000 }), amount: fc.bigInt({ min: 0n, max: 1_000n }) }),
  { minLength: 1, maxLength: 60 },
);
const START_MS = 1_800_000_000_123;

function replay(history: readonly { readonly afterMs: number; readonly amount: bigint }[]) {
  const sum = createSlidingSum(WINDOW_MS);
  const added: { readonly at: number; readonly amount: bigint }[] = [];
  let now = START_MS;
  for (const { afterMs, amount } of history) {
    now += afterMs;
    addToSum(sum, amount, now);
    added.push({ at: now, amount });
  }
  return { sum, added, now };
}

describe("a sliding sum", () => {
  test("lies between what was added within the window and within one bucket less", () => {
    fc.assert(
      fc.property(steps, fc.integer({ min: 0, max: 2 * WINDOW_MS }), (history, laterMs) => {
        const { sum, added, now } = replay(history);
        const at = now + laterMs;
        const since = (ms: number) =>
          added.reduce((all, one) => (one.at > at - ms ? all + one.amount : all), 0n);
        const found = sumAt(sum, at);
        expect(found).toBeLessThanOrEqual(since(WINDOW_MS));
        expect(found).toBeGreaterThanOrEqual(since(WINDOW_MS - WINDOW_MS / BUCKETS));
        expect(isSumOver(sum, at + WINDOW_MS)).toBe(true);
      }),
    );
  });

  test("has lost what was asked for when the time to leave is over, and not a moment before", () => {
    fc.assert(
      fc.property(steps, fc.bigInt({ min: 1n, max: 2_000n }), (history, wanted) => {
        const { sum, now } = replay(history);
        const total = sumAt(sum, now);
        fc.pre(total > 0n);
        const excess = wanted < total ? wanted : total;
        const waitMs = timeToLeave(sum, excess, now);
        expect(sumAt(sum, now + waitMs)).toBeLessThanOrEqual(total - excess);
        expect(sumAt(sum, now + waitMs - 1)).toBeGreaterThan(total - excess);
      }),
    );
  });

  test("of another length keeps what lies within both, and invents nothing", () => {
    fc.assert(
      fc.property(steps, fc.integer({ min: 1_000, max: 600_000 }), (history, windowMs) => {
        const { sum, now } = replay(history);
        const before = sumAt(sum, now);
        resizeSum(sum, windowMs, now);
        expect(sumAt(sum, now)).toBeLessThanOrEqual(before);
      }),
    );
  });

  test("of twice the length or more keeps everything", () => {
    fc.assert(
      fc.property(steps, fc.integer({ min: 2 * WINDOW_MS, max: 600_000 }), (history, windowMs) => {
        const { sum, now } = replay(history);
        const before = sumAt(sum, now);
        resizeSum(sum, windowMs, now);
        expect(sumAt(sum, now)).toBe(before);
      }),
    );
  });
});
