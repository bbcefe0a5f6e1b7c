// Windows of any zone, at any instant of sixty years.
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { HOUR_MS } from "../../src/domain/time.ts";
import { PERIODS, windowAt } from "../../src/engine/time/calendar.ts";

const zone = fc.constantFrom(
  "UTC",
  "Europe/Berlin",
  "America/New_York",
  "America/Sao_Paulo",
  "America/St_Johns",
  "Australia/Lord_Howe",
  "Asia/Kathmandu",
  "Asia/Beirut",
  "Africa/Casablanca",
  "Pacific/Apia",
  "Pacific/Chatham",
);
const instant = fc.integer({ min: Date.UTC(1975, 0), max: Date.UTC(2037, 0) });
const period = fc.constantFrom(...PERIODS);

describe("windows of a zone", () => {
  test("contain their instant, are the same for each of their instants, and follow each other without a gap", () => {
    fc.assert(
      fc.property(zone, period, instant, fc.nat({ max: 1000 }), (name, length, at, within) => {
        const { startMs, endMs } = windowAt(name, length, at);
        expect(startMs <= at && at < endMs).toBe(true);
        const other = startMs + Math.floor(((endMs - 1 - startMs) * within) / 1000);
        for (const one of [startMs, other, endMs - 1])
          expect(windowAt(name, length, one)).toEqual({ startMs, endMs });
        expect(windowAt(name, length, endMs).startMs).toBe(endMs);
        expect(windowAt(name, length, startMs - 1).endMs).toBe(startMs);
      }),
    );
  });

  test("begin where the local clock shows the beginning, unless it never shows it", () => {
    fc.assert(
      fc.property(zone, instant, (name, at) => {
        const format = new Intl.DateTimeFormat("sv-SE", {
          timeZone: name,
          dateStyle: "short",
          timeStyle: "medium",
        });
        const local = (ms: number) => format.format(ms);
        const { startMs, endMs } = windowAt(name, "day", at);
        expect(local(startMs).slice(0, 10) > local(startMs - 1).slice(0, 10)).toBe(true);
        expect(endMs - startMs).toBeGreaterThanOrEqual(22 * HOUR_MS);
        expect(endMs - startMs).toBeLessThanOrEqual(26 * HOUR_MS);
        const month = windowAt(name, "month", at);
        expect(local(month.startMs).slice(0, 7) > local(month.startMs - 1).slice(0, 7)).toBe(true);
      }),
    );
  });
});
