import { MAX_COUNTER } from "../../domain/amounts.ts";
import { HELD_STRIDE, SPENT_STRIDE } from "../../domain/counters.ts";
import type { Principal } from "../../domain/execution.ts";
import { DAY_MS, HOUR_MS } from "../../domain/time.ts";
import type { RowSet } from "../rows/generations.ts";

// Calendar windows: one row per principal and period, with all its units as one vector of the same shape as an
// execution's. Rows are keyed by the window's start, so a clock that steps back finds the row it left.

export const PERIODS = ["hour", "day", "month"] as const;
export type Period = (typeof PERIODS)[number];

export const LEVELS = ["global", "tenant", "team", "user", "api_key", "agent", "unattributed"] as const;
export type Level = (typeof LEVELS)[number];

export interface WindowText {
  readonly level: Level;
  readonly tenant: string;
  readonly name: string;
  readonly period: Period;
  readonly startMs: number;
  readonly endMs: number;
}

/** The windows that one principal's usage is charged to now; shared by all executions of that principal. */
export interface WindowBinding {
  readonly principal: Principal;
  readonly unattributed: boolean;
  rows: Int32Array;
  fromMs: number;
  /** The first window to end ends here: from then on the binding is resolved again. */
  untilMs: number;
  /** What was used and not yet added to the rows, in the order of SPENT: see `chargeBinding`. */
  readonly pending: BigInt64Array;
  isPending: boolean;
}

export class WindowTable {
  spent = new BigInt64Array(64 * SPENT_STRIDE);
  held = new BigInt64Array(64 * HELD_STRIDE);
  uncertain = new Uint8Array(64);
  readonly texts: (WindowText | undefined)[] = [];
  readonly byKey = new Map<string, number>();
  /** Bindings with usage that is not yet added to their rows. */
  readonly pending: WindowBinding[] = [];
  readonly #bindings = new Map<string, WindowBinding>();
  readonly #free: number[] = [];
  #used = 0;
  #cursor = 0;

  /** The binding of a principal at `wallMs`; windows that are new are made. */
  bind(
    principal: Principal,
    unattributed: boolean,
    wallMs: number,
    rows: RowSet,
    texts: RowSet,
  ): WindowBinding {
    const key = `${unattributed ? "u" : "a"}\n${principalKey(principal)}`;
    let binding = this.#bindings.get(key);
    if (binding === undefined) {
      binding = {
        principal,
        unattributed,
        rows: new Int32Array(0),
        fromMs: 0,
        untilMs: 0,
        pending: new BigInt64Array(SPENT_STRIDE),
        isPending: false,
      };
      this.#bindings.set(key, binding);
    }
    if (wallMs < binding.fromMs || wallMs >= binding.untilMs) this.resolve(binding, wallMs, rows, texts);
    return binding;
  }

  resolve(binding: WindowBinding, wallMs: number, rows: RowSet, texts: RowSet): void {
    this.flush(binding, rows);
    binding.rows = this.rowsAt(binding, wallMs, rows, texts);
    binding.fromMs = windowStart("hour", wallMs);
    binding.untilMs = windowEnd("hour", wallMs);
  }

  /** Adds a row of amounts to windows. */
  charge(windows: Int32Array, amounts: BigInt64Array, rows: RowSet): void {
    const { spent } = this;
    for (let at = 0; at < windows.length; at++) {
      const row = windows[at] as number;
      rows.touch(row);
      const base = row * SPENT_STRIDE;
      for (let unit = 0; unit < SPENT_STRIDE; unit++) {
        const amount = amounts[unit] as bigint;
        if (amount === 0n) continue;
        const sum = BigInt.asIntN(64, (spent[base + unit] as bigint) + amount);
        spent[base + unit] = sum < MAX_COUNTER ? sum : MAX_COUNTER;
      }
    }
  }

  /**
   * Notes what a binding's windows are to be charged; `flushAll` adds it. Eighteen rows shared by thousands of executions
   * are touched once a cut instead of once a message. Whoever reads a window flushes first.
   */
  chargeLater(binding: WindowBinding, amounts: BigInt64Array): void {
    const { pending } = binding;
    for (let unit = 0; unit < SPENT_STRIDE; unit++) {
      const amount = amounts[unit] as bigint;
      if (amount === 0n) continue;
      const sum = BigInt.asIntN(64, (pending[unit] as bigint) + amount);
      pending[unit] = sum < MAX_COUNTER ? sum : MAX_COUNTER;
    }
    if (binding.isPending) return;
    binding.isPending = true;
    this.pending.push(binding);
  }

  flush(binding: WindowBinding, rows: RowSet): void {
    if (!binding.isPending) return;
    this.charge(binding.rows, binding.pending, rows);
    binding.pending.fill(0n);
    binding.isPending = false;
  }

  flushAll(rows: RowSet): void {
    if (this.pending.length === 0) return;
    for (const binding of this.pending) this.flush(binding, rows);
    this.pending.length = 0;
  }

  /** The rows of a binding's windows that contain `wallMs`. */
  rowsAt(binding: WindowBinding, wallMs: number, rows: RowSet, texts: RowSet): Int32Array {
    const levels = levelsOf(binding.principal, binding.unattributed);
    const result = new Int32Array(levels.length * PERIODS.length);
    let at = 0;
    for (const [level, name] of levels) {
      for (const period of PERIODS)
        result[at++] = this.#open(level, binding.principal.tenant, name, period, wallMs, rows, texts);
    }
    return result;
  }

  /** Puts a loaded window back under its row. */
  restore(row: number, text: WindowText): void {
    while (this.#used <= row) this.#free.push(this.#used++);
    const place = this.#free.lastIndexOf(row);
    if (place >= 0) this.#free.splice(place, 1);
    this.#reserve(row);
    this.texts[row] = text;
    this.byKey.set(windowKey(text), row);
  }

  /** Forgets a window that ended long ago. */
  remove(row: number): void {
    const text = this.texts[row];
    if (text === undefined) return;
    this.byKey.delete(windowKey(text));
    this.texts[row] = undefined;
    this.#free.push(row);
  }

  isHeld(row: number): boolean {
    for (let unit = 0; unit < HELD_STRIDE; unit++)
      if (this.held[row * HELD_STRIDE + unit] !== 0n) return true;
    return false;
  }

  *rows(): Generator<number> {
    for (let row = 0; row < this.#used; row++) if (this.texts[row] !== undefined) yield row;
  }

  /** At most `max` rows in use, going on where the last call stopped. */
  *rowsFrom(max: number): Generator<number> {
    for (let seen = 0; seen < Math.min(max, this.#used); seen++) {
      this.#cursor = (this.#cursor + 1) % Math.max(1, this.#used);
      yield this.#cursor;
    }
  }

  /** Bindings nobody used since `wallMs` are dropped; executions that still hold one resolve it again. */
  dropStaleBindings(wallMs: number): void {
    for (const [key, binding] of this.#bindings) {
      if (binding.untilMs >= wallMs) continue;
      // Rows of it may be used again: should the clock step back, its executions must not find them.
      binding.fromMs = 0;
      binding.untilMs = 0;
      this.#bindings.delete(key);
    }
  }

  #open(
    level: Level,
    tenant: string,
    name: string,
    period: Period,
    wallMs: number,
    rows: RowSet,
    texts: RowSet,
  ): number {
    const startMs = windowStart(period, wallMs);
    const text: WindowText = { level, tenant, name, period, startMs, endMs: windowEnd(period, wallMs) };
    const key = windowKey(text);
    const known = this.byKey.get(key);
    if (known !== undefined) return known;
    const row = this.#free.pop() ?? this.#used++;
    this.#reserve(row);
    rows.touch(row);
    texts.touch(row);
    this.spent.fill(0n, row * SPENT_STRIDE, (row + 1) * SPENT_STRIDE);
    this.held.fill(0n, row * HELD_STRIDE, (row + 1) * HELD_STRIDE);
    this.uncertain[row] = 0;
    this.texts[row] = text;
    this.byKey.set(key, row);
    return row;
  }

  #reserve(row: number): void {
    if ((row + 1) * SPENT_STRIDE <= this.spent.length) return;
    const size = Math.max(row + 1, (this.spent.length / SPENT_STRIDE) * 2);
    const spent = new BigInt64Array(size * SPENT_STRIDE);
    const held = new BigInt64Array(size * HELD_STRIDE);
    const uncertain = new Uint8Array(size);
    spent.set(this.spent);
    held.set(this.held);
    uncertain.set(this.uncertain);
    this.spent = spent;
    this.held = held;
    this.uncertain = uncertain;
  }
}

function levelsOf(principal: Principal, unattributed: boolean): readonly (readonly [Level, string])[] {
  const levels: (readonly [Level, string])[] = [
    ["global", ""],
    ["tenant", principal.tenant],
  ];
  if (principal.team !== undefined) levels.push(["team", principal.team]);
  if (principal.user !== undefined) levels.push(["user", principal.user]);
  if (principal.apiKeyId !== undefined) levels.push(["api_key", principal.apiKeyId]);
  if (principal.agent !== undefined) levels.push(["agent", principal.agent]);
  if (unattributed) levels.push(["unattributed", principal.tenant]);
  return levels;
}

export function principalKey(principal: Principal): string {
  return [
    principal.tenant,
    principal.team ?? "",
    principal.user ?? "",
    principal.apiKeyId ?? "",
    principal.agent ?? "",
  ].join("\n");
}

function windowKey(text: WindowText): string {
  const tenant = text.level === "global" ? "" : text.tenant;
  return `${text.level}\n${tenant}\n${text.name}\n${text.period}\n${text.startMs}`;
}

/** First millisecond of the UTC window that contains `wallMs`. */
export function windowStart(period: Period, wallMs: number): number {
  if (period === "hour") return Math.floor(wallMs / HOUR_MS) * HOUR_MS;
  if (period === "day") return Math.floor(wallMs / DAY_MS) * DAY_MS;
  const { year, month } = civilFromDays(Math.floor(wallMs / DAY_MS));
  return daysFromCivil(year, month) * DAY_MS;
}

/** First millisecond after the UTC window that contains `wallMs`. */
export function windowEnd(period: Period, wallMs: number): number {
  if (period === "hour") return windowStart("hour", wallMs) + HOUR_MS;
  if (period === "day") return windowStart("day", wallMs) + DAY_MS;
  const { year, month } = civilFromDays(Math.floor(wallMs / DAY_MS));
  return (month === 12 ? daysFromCivil(year + 1, 1) : daysFromCivil(year, month + 1)) * DAY_MS;
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

function daysFromCivil(year: number, month: number): number {
  const shiftedYear = month <= 2 ? year - 1 : year;
  const era = Math.floor(shiftedYear / 400);
  const yearOfEra = shiftedYear - era * 400;
  const dayOfYear = Math.floor((153 * (month > 2 ? month - 3 : month + 9) + 2) / 5);
  const dayOfEra = yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear;
  return era * 146_097 + dayOfEra - 719_468;
}
