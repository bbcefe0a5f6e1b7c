import { DAY_MS, HOUR_MS } from "../../domain/time.ts";

// Where hours, days and months begin and end in a time zone. The rules of the zones come with the runtime (ICU); for a
// given instant they are arithmetic, no clock is read. Windows part time without gap or overlap, also where a clock is
// put forward or back:
// - a day or month begins at the first instant at which the local clock reads its date, and lasts until the next begins;
// - an hour begins where the local clock shows a full hour or another hour than before. So one that is put back by a whole
//   hour gives two windows, one put back by half an hour a window of 90 minutes (docs/quotas.md).

export const PERIODS = ["hour", "day", "month"] as const;
export type Period = (typeof PERIODS)[number];

/** A window of time: `startMs` belongs to it, `endMs` to the next. Milliseconds of the wall clock. */
export interface Span {
  readonly startMs: number;
  readonly endMs: number;
}

export const UTC = "UTC";

/** The window that contains `wallMs`, in a time zone of the IANA database. */
export function windowAt(timeZone: string, period: Period, wallMs: number): Span {
  if (timeZone === UTC) return utcWindow(period, wallMs);
  const zone = zoneOf(timeZone);
  const known = zone.last[period];
  if (wallMs >= known.startMs && wallMs < known.endMs) return known;
  const found = period === "hour" ? hourAt(zone, wallMs) : daysAt(zone, period, wallMs);
  zone.last[period] = found;
  return found;
}

/** What a clock on the wall shows: days from Monday (0) on, minutes from midnight on. */
export interface LocalTime {
  readonly weekday: number;
  readonly minute: number;
}

/** Weekday and time of day at an instant, in a time zone of the IANA database. */
export function localTimeAt(timeZone: string, wallMs: number): LocalTime {
  const local = timeZone === UTC ? wallMs : wallMs + offsetAt(zoneOf(timeZone), wallMs);
  const days = Math.floor(local / DAY_MS);
  // The first day of the epoch is a Thursday.
  return { weekday: (((days + 3) % 7) + 7) % 7, minute: Math.floor((local - days * DAY_MS) / 60_000) };
}

/** Whether the runtime knows a time zone by this name. */
export function isTimeZone(name: string): boolean {
  if (zones.has(name)) return true;
  try {
    return new Intl.DateTimeFormat("en-US", { timeZone: name }).resolvedOptions().timeZone !== "";
  } catch {
    return false;
  }
}

function utcWindow(period: Period, wallMs: number): Span {
  if (period === "month") {
    const { year, month } = civilFromDays(Math.floor(wallMs / DAY_MS));
    return { startMs: monthStart(year, month), endMs: nextMonthStart(year, month) };
  }
  const length = period === "hour" ? HOUR_MS : DAY_MS;
  const startMs = Math.floor(wallMs / length) * length;
  return { startMs, endMs: startMs + length };
}

interface Zone {
  readonly format: Intl.DateTimeFormat;
  /** The window of each period that was found last: many principals ask for the same one. */
  readonly last: { [P in Period]: Span };
}

const NO_SPAN: Span = Object.freeze({ startMs: 0, endMs: 0 });

/** Formatters by zone: making one costs a thousand times more than using it. As many as there are zones at most. */
const zones = new Map<string, Zone>();

function zoneOf(timeZone: string): Zone {
  const known = zones.get(timeZone);
  if (known !== undefined) return known;
  const zone: Zone = {
    format: new Intl.DateTimeFormat("en-US-u-ca-iso8601-nu-latn", {
      timeZone,
      year: "numeric",
      month: "2-digit",
      day: "2-digit",
      hour: "2-digit",
      minute: "2-digit",
      second: "2-digit",
      hourCycle: "h23",
    }),
    last: { hour: NO_SPAN, day: NO_SPAN, month: NO_SPAN },
  };
  zones.set(timeZone, zone);
  return zone;
}

/** What the local clock is ahead of UTC at an instant, ms. */
function offsetAt(zone: Zone, wallMs: number): number {
  const whole = Math.floor(wallMs / 1000) * 1000;
  let year = 0;
  let month = 0;
  let day = 0;
  let time = 0;
  for (const { type, value } of zone.format.formatToParts(whole)) {
    if (type === "year") year = Number(value);
    else if (type === "month") month = Number(value);
    else if (type === "day") day = Number(value);
    else if (type === "hour") time += Number(value) * HOUR_MS;
    else if (type === "minute") time += Number(value) * 60_000;
    else if (type === "second") time += Number(value) * 1000;
  }
  return daysFromCivil(year, month, day) * DAY_MS + time - whole;
}

/** The first instant after `fromMs` at which the offset is the one of `toMs`. The offset changes once in between. */
function transitionBetween(zone: Zone, fromMs: number, toMs: number): number {
  const before = offsetAt(zone, fromMs);
  let low = fromMs;
  let high = toMs;
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (offsetAt(zone, middle) === before) low = middle;
    else high = middle;
  }
  return high;
}

function hourAt(zone: Zone, wallMs: number): Span {
  return { startMs: hourStart(zone, wallMs), endMs: hourEnd(zone, wallMs) };
}

function hourStart(zone: Zone, wallMs: number): number {
  const offset = offsetAt(zone, wallMs);
  const start = floorTo(wallMs + offset, HOUR_MS) - offset;
  // One millisecond more: whether the hour before it ended by the clock or by a change of it.
  const before = offsetAt(zone, start - 1);
  if (before === offset) return start;
  const changed = transitionBetween(zone, start - 1, wallMs);
  return isHourBorder(changed, before, offset) ? changed : floorTo(changed - 1 + before, HOUR_MS) - before;
}

function hourEnd(zone: Zone, wallMs: number): number {
  const offset = offsetAt(zone, wallMs);
  const end = floorTo(wallMs + offset, HOUR_MS) + HOUR_MS - offset;
  const after = offsetAt(zone, end);
  if (after === offset) return end;
  const changed = transitionBetween(zone, wallMs, end);
  return isHourBorder(changed, offset, after) ? changed : floorTo(changed + after, HOUR_MS) + HOUR_MS - after;
}

/** Whether an hour begins at the instant at which the offset changes. */
function isHourBorder(changedMs: number, before: number, after: number): boolean {
  const hourBefore = floorTo(changedMs - 1 + before, HOUR_MS);
  const hourAfter = floorTo(changedMs + after, HOUR_MS);
  return hourAfter !== hourBefore || changedMs + after === hourAfter;
}

function daysAt(zone: Zone, period: "day" | "month", wallMs: number): Span {
  let day = Math.floor((wallMs + offsetAt(zone, wallMs)) / DAY_MS);
  // A clock put back over midnight shows the old date again: the new day has begun all the same.
  if (dayStart(zone, day + 1) <= wallMs) day++;
  if (period === "day") return { startMs: dayStart(zone, day), endMs: laterDayStart(zone, day) };
  const { year, month } = civilFromDays(day);
  return {
    startMs: dayStart(zone, monthStart(year, month) / DAY_MS),
    endMs: dayStart(zone, nextMonthStart(year, month) / DAY_MS),
  };
}

/** A zone that skips a date has a day without time: the next one begins with it. */
function laterDayStart(zone: Zone, day: number): number {
  const start = dayStart(zone, day);
  const next = dayStart(zone, day + 1);
  return next > start ? next : dayStart(zone, day + 2);
}

/** Zones are less than 16 hours away from UTC. */
const MOST_OFFSET_MS = 16 * HOUR_MS;

/** The first instant at which the local clock reads midnight of a day (counted from 1970-01-01) or later. */
function dayStart(zone: Zone, day: number): number {
  const midnight = day * DAY_MS;
  const before = offsetAt(zone, midnight - MOST_OFFSET_MS);
  const after = offsetAt(zone, midnight + MOST_OFFSET_MS);
  if (before === after) return midnight - before;
  const changed = transitionBetween(zone, midnight - MOST_OFFSET_MS, midnight + MOST_OFFSET_MS);
  return midnight - before < changed ? midnight - before : Math.max(changed, midnight - after);
}

function floorTo(value: number, step: number): number {
  return Math.floor(value / step) * step;
}

function monthStart(year: number, month: number): number {
  return daysFromCivil(year, month, 1) * DAY_MS;
}

function nextMonthStart(year: number, month: number): number {
  return month === 12 ? monthStart(year + 1, 1) : monthStart(year, month + 1);
}

// Days since 1970-01-01 to and from the proleptic Gregorian calendar, after Howard Hinnant,
// "chrono-Compatible Low-Level Date Algorithms". The engine has no Date.
function civilFromDays(days: number): { year: number; month: number } {
  const shifted = days + 719_468;
  const era = Math.floor(shifted / 146_097);
  const dayOfEra = shifted - era * 146_097;
  const yearOfEra = Math.floor(
    (dayOfEra -
      Math.floor(dayOfEra / 1460) +
      Math.floor(dayOfEra / 36_524) -
      Math.floor(dayOfEra / 146_096)) /
      365,
  );
  const dayOfYear = dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  const shiftedMonth = Math.floor((5 * dayOfYear + 2) / 153);
  const month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9;
  return { year: yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month };
}

function daysFromCivil(year: number, month: number, day: number): number {
  const shiftedYear = month <= 2 ? year - 1 : year;
  const era = Math.floor(shiftedYear / 400);
  const yearOfEra = shiftedYear - era * 400;
  const dayOfYear = Math.floor((153 * (month > 2 ? month - 3 : month + 9) + 2) / 5) + day - 1;
  const dayOfEra = yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear;
  return era * 146_097 + dayOfEra - 719_468;
}
