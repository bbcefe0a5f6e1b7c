// Deadlines come in order; calendar windows are those of Date.
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { UTC, windowAt } from "../../src/engine/time/calendar.ts";
import { Deadlines } from "../../src/engine/time/deadlines.ts";

describe("Deadlines", () => {
  test("what is due comes earliest first, and nothing else comes", () => {
    const step = fc.oneof(
      fc.record({ add: fc.double({ min: 0, max: 1_000, noNaN: true }) }),
      fc.record({ until: fc.double({ min: 0, max: 1_000, noNaN: true }) }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 3_000 }), (steps) => {
        const deadlines = new Deadlines();
        let wanted: { at: number; key: number }[] = [];
        for (const [key, one] of steps.entries()) {
          if ("add" in one) {
            deadlines.add(one.add, key % 8, key, key + 1);
            wanted.push({ at: one.add, key });
            continue;
          }
          const due = wanted.filter(({ at }) => at <= one.until).toSorted((a, b) => a.at - b.at);
          wanted = wanted.filter(({ at }) => at > one.until);
          for (const { at } of due) {
            expect(deadlines.next()).toBe(at);
            const taken = deadlines.takeDue(one.until);
            expect(taken).toMatchObject({ stamp: (taken?.key ?? 0) + 1, kind: (taken?.key ?? 0) % 8 });
            expect(steps[taken?.key ?? -1]).toEqual({ add: at });
          }
          expect(deadlines.takeDue(one.until)).toBeUndefined();
          expect(deadlines.size).toBe(wanted.length);
        }
      }),
      { numRuns: 40 },
    );
  });
});

describe("calendar windows", () => {
  const FIRST = Date.UTC(1970, 0, 1);
  const LAST = Date.UTC(2100, 11, 31, 23, 59, 59, 999);

  function check(wallMs: number): void {
    const date = new Date(wallMs);
    const [year, month, day, hour] = [
      date.getUTCFullYear(),
      date.getUTCMonth(),
      date.getUTCDate(),
      date.getUTCHours(),
    ];
    expect(windowAt(UTC, "hour", wallMs).startMs).toBe(Date.UTC(year, month, day, hour));
    expect(windowAt(UTC, "hour", wallMs).endMs).toBe(Date.UTC(year, month, day, hour + 1));
    expect(windowAt(UTC, "day", wallMs).startMs).toBe(Date.UTC(year, month, day));
    expect(windowAt(UTC, "day", wallMs).endMs).toBe(Date.UTC(year, month, day + 1));
    expect(windowAt(UTC, "month", wallMs).startMs).toBe(Date.UTC(year, month));
    expect(windowAt(UTC, "month", wallMs).endMs).toBe(Date.UTC(year, month + 1));
  }

  test("any instant from 1970 to 2100 lies in the window that Date says", () => {
    fc.assert(fc.property(fc.integer({ min: FIRST, max: LAST }), check), { numRuns: 1_000 });
  });

  test("the first and last millisecond of every month from 1970 to 2100 lie in it", () => {
    for (let month = 0; month < 131 * 12; month++) {
      const start = Date.UTC(1970, month);
      check(start);
      if (start > 0) check(start - 1);
    }
  });
});
