// Borders of hours, days and months in time zones, at the instants where they are most easily wrong.
import { describe, expect, test } from "vitest";
import { HOUR_MS } from "../../../../src/domain/time.ts";
import { isTimeZone, type Period, windowAt } from "../../../../src/engine/time/calendar.ts";

function span(zone: string, period: Period, at: string): readonly [string, string] {
  const { startMs, endMs } = windowAt(zone, period, Date.parse(at));
  return [new Date(startMs).toISOString().slice(0, 16), new Date(endMs).toISOString().slice(0, 16)];
}

const CASES: readonly [string, string, Period, string, string, string][] = [
  ["an hour of UTC", "UTC", "hour", "2026-01-15T12:30:00Z", "2026-01-15T12:00", "2026-01-15T13:00"],
  ["a day of UTC", "UTC", "day", "2026-01-15T12:30:00Z", "2026-01-15T00:00", "2026-01-16T00:00"],
  ["a leap month", "UTC", "month", "2024-02-29T23:59:59.999Z", "2024-02-01T00:00", "2024-03-01T00:00"],
  ["December", "UTC", "month", "2025-12-31T23:59:59Z", "2025-12-01T00:00", "2026-01-01T00:00"],
  [
    "a half-hour zone",
    "Asia/Kolkata",
    "hour",
    "2026-01-15T12:29:59Z",
    "2026-01-15T11:30",
    "2026-01-15T12:30",
  ],
  [
    "a zone 45 minutes off",
    "Asia/Kathmandu",
    "hour",
    "2026-01-15T12:15:00Z",
    "2026-01-15T12:15",
    "2026-01-15T13:15",
  ],
  ["its day", "Asia/Kathmandu", "day", "2026-01-15T18:14:59Z", "2026-01-14T18:15", "2026-01-15T18:15"],
  ["its month", "Asia/Kathmandu", "month", "2026-01-31T18:15:00Z", "2026-01-31T18:15", "2026-02-28T18:15"],
  [
    "the day of 23 hours",
    "Europe/Berlin",
    "day",
    "2026-03-29T12:00:00Z",
    "2026-03-28T23:00",
    "2026-03-29T22:00",
  ],
  [
    "the day of 25 hours",
    "Europe/Berlin",
    "day",
    "2026-10-25T12:00:00Z",
    "2026-10-24T22:00",
    "2026-10-25T23:00",
  ],
  [
    "a month with a change",
    "Europe/Berlin",
    "month",
    "2026-03-10T00:00:00Z",
    "2026-02-28T23:00",
    "2026-03-31T22:00",
  ],
  [
    "the first of two hours 2",
    "Europe/Berlin",
    "hour",
    "2026-10-25T00:30:00Z",
    "2026-10-25T00:00",
    "2026-10-25T01:00",
  ],
  [
    "the second of them",
    "Europe/Berlin",
    "hour",
    "2026-10-25T01:30:00Z",
    "2026-10-25T01:00",
    "2026-10-25T02:00",
  ],
  [
    "a day that begins at one",
    "America/Sao_Paulo",
    "day",
    "2018-11-04T03:00:00Z",
    "2018-11-04T03:00",
    "2018-11-05T02:00",
  ],
  [
    "the day before it",
    "America/Sao_Paulo",
    "day",
    "2018-11-04T02:59:59Z",
    "2018-11-03T03:00",
    "2018-11-04T03:00",
  ],
  [
    "a day with 23 o'clock twice",
    "America/Sao_Paulo",
    "day",
    "2018-02-18T02:30:00Z",
    "2018-02-17T02:00",
    "2018-02-18T03:00",
  ],
  [
    "half an hour skipped",
    "Australia/Lord_Howe",
    "hour",
    "2026-10-03T15:40:00Z",
    "2026-10-03T15:30",
    "2026-10-03T16:00",
  ],
  [
    "half an hour repeated",
    "Australia/Lord_Howe",
    "hour",
    "2026-04-04T15:10:00Z",
    "2026-04-04T14:00",
    "2026-04-04T15:30",
  ],
  [
    "midnight twice",
    "America/St_Johns",
    "day",
    "2007-11-04T02:45:00Z",
    "2007-11-04T02:30",
    "2007-11-05T03:30",
  ],
  [
    "a date that was skipped",
    "Pacific/Apia",
    "day",
    "2011-12-30T10:00:00Z",
    "2011-12-30T10:00",
    "2011-12-31T10:00",
  ],
  [
    "the date before it",
    "Pacific/Apia",
    "day",
    "2011-12-30T09:59:59Z",
    "2011-12-29T10:00",
    "2011-12-30T10:00",
  ],
];

describe("windowAt", () => {
  test.each(CASES)("finds %s", (_name, zone, period, at, start, end) => {
    expect(span(zone, period, at)).toEqual([start, end]);
  });

  test("a border belongs to the window that begins there", () => {
    const noon = Date.parse("2026-01-15T12:00:00Z");
    expect(windowAt("Europe/Berlin", "hour", noon).startMs).toBe(noon);
    expect(windowAt("Europe/Berlin", "hour", noon - 1).startMs).toBe(noon - HOUR_MS);
  });
});

describe("isTimeZone", () => {
  test("knows names of the IANA database and no others", () => {
    expect(["UTC", "Europe/Berlin", "America/Argentina/Ushuaia"].map(isTimeZone)).toEqual([true, true, true]);
    expect(["", "Berlin", "Europe/Nowhere", "UTC+25"].map(isTimeZone)).toEqual([false, false, false, false]);
  });
});
