import { localTimeAt } from "../time/calendar.ts";

// Hours of days of the week, as `days: [mon, fri], from: "22:00", to: "06:00", time_zone: Europe/Berlin` writes them.

const DAYS = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"] as const;
type Day = (typeof DAYS)[number];
const DAY_MINUTES = 1_440;

export interface TimeSettings {
  readonly days?: readonly Day[] | undefined;
  readonly from?: string | undefined;
  readonly to?: string | undefined;
  readonly time_zone: string;
}

export interface WeeklyTime {
  /** By weekday from Monday on. */
  readonly days: readonly boolean[];
  /** Minutes of the day; `to` at most `from` is on the next day. */
  readonly from: number;
  readonly to: number;
  readonly timeZone: string;
}

/** Undefined when nothing is said of days or hours. Times are `00:00` to `24:00`. */
export function compileWeeklyTime(settings: TimeSettings): WeeklyTime | undefined {
  const { days, from, to } = settings;
  if (days === undefined && from === undefined && to === undefined) return undefined;
  return {
    days: DAYS.map((day) => days === undefined || days.includes(day)),
    from: from === undefined ? 0 : minuteOf(from),
    to: to === undefined ? DAY_MINUTES : minuteOf(to),
    timeZone: settings.time_zone,
  };
}

/** Whether an instant lies within. Hours that end on the next day belong to the day on which they begin. */
export function isWithin(time: WeeklyTime, wallMs: number): boolean {
  const { weekday, minute } = localTimeAt(time.timeZone, wallMs);
  const { days, from, to } = time;
  if (from < to) return days[weekday] === true && minute >= from && minute < to;
  return (days[weekday] === true && minute >= from) || (days[(weekday + 6) % 7] === true && minute < to);
}

function minuteOf(text: string): number {
  const [hours = "", minutes = ""] = text.split(":");
  return Number(hours) * 60 + Number(minutes);
}
