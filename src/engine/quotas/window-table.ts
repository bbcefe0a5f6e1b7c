import { MAX_COUNTER } from "../../domain/amounts.ts";
import { HELD_STRIDE, SPENT, SPENT_STRIDE } from "../../domain/counters.ts";
import { type Principal, principalKey } from "../../domain/execution.ts";
import { type Level, type LevelName, levelsOf } from "../../domain/quotas/levels.ts";
import { TOTAL_TOKENS } from "../limits/compiled-limits.ts";
import type { RatePlans } from "../rates/rate-plans.ts";
import type { RowSet } from "../rows/generations.ts";
import { PERIODS, type Period, UTC, windowAt } from "../time/calendar.ts";
import type { CompiledQuotas } from "./compile-quotas.ts";
import type { PrincipalBounds } from "./principal-bounds.ts";
import type { QuotaRoom } from "./quota-room.ts";

// Calendar windows: one row per principal and period, with all its units as one vector of the same shape as an
// execution's. A window is found by the instants it lasts, not by its name: so a clock that steps back finds the row it
// left, and a running window ends as it began when its time zone changes.

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
  /** The time zone that new windows follow. */
  zone: string;
  rows: Int32Array;
  fromMs: number;
  /** The first window to end ends here: from then on the binding is resolved again. */
  untilMs: number;
  /** What was used and not yet added to the rows, in the order of SPENT: see `chargeBinding`. */
  readonly pending: BigInt64Array;
  isPending: boolean;
  /** Buckets of rates that requests of this principal take from, by what bounds it. */
  readonly plans: WeakMap<PrincipalBounds, RatePlans>;
  /** Its quotas, by what bounds it. */
  readonly quotas: WeakMap<PrincipalBounds, CompiledQuotas>;
  /** Those that were asked for last: mostly one thing bounds a principal. */
  lastPlans: RatePlans | undefined;
  lastQuotas: CompiledQuotas | undefined;
  /** How far its quotas were from having something to say when they were last compared. */
  room: QuotaRoom | undefined;
}

export interface WindowCustom {
  readonly spent: { [name: string]: bigint };
  readonly held: { [name: string]: bigint };
  readonly told: string[];
}

const SPENT_BIT = 1 << 31;

/** Marks of a window: it passed through a loss; its row did not prove, and what it bounds is refused. */
export const WINDOW_UNCERTAIN = 1;
export const WINDOW_LOST = 2;

export class WindowTable {
  spent = new BigInt64Array(64 * SPENT_STRIDE);
  held = new BigInt64Array(64 * HELD_STRIDE);
  /** WINDOW_UNCERTAIN, WINDOW_LOST, or 0. Set through `mark`. */
  uncertain = new Uint8Array(64);
  /** Some window was marked since the start: only then is there anything to look for. */
  anyUncertain = false;
  /** Bits of what was told about a window's quotas; the last one says that it counts as used up. */
  told = new Int32Array(64);
  /** Custom counters of a window, and what was told about them. */
  readonly custom: (WindowCustom | undefined)[] = [];
  /** By row and id of a quota: the most that was wanted when it was refused. Not in the file: evidence of the recent load. */
  readonly wanted = new Map<number, { [id: string]: bigint }>();
  /**
   * All that was charged to any window or held in one, by counter and TOTAL_TOKENS: what a window has taken since an instant is never
   * more than this has grown. Begins anew, as another array, before a sum leaves 64 bits.
   */
  taken = new BigInt64Array(SPENT_STRIDE + 1);
  /** Windows that had begun by this instant count as used up: the file that knew better was lost. */
  spentBeforeMs = 0;
  /** Windows that had begun by this instant are uncertain: rows of them may be lost. */
  uncertainBeforeMs = 0;
  readonly texts: (WindowText | undefined)[] = [];
  /** Rows of one principal and period, in the order of their time. */
  readonly #byKey = new Map<string, number[]>();
  /** Bindings with usage that is not yet added to their rows. */
  readonly pending: WindowBinding[] = [];
  readonly #bindings = new Map<string, WindowBinding>();
  readonly #free: number[] = [];
  #used = 0;
  #cursor = 0;

  /** The binding of a principal at `wallMs`; windows that are new are made, in the time zone of the tenant. */
  bind(
    principal: Principal,
    unattributed: boolean,
    zone: string,
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
        zone,
        rows: new Int32Array(0),
        fromMs: 0,
        untilMs: 0,
        pending: new BigInt64Array(SPENT_STRIDE),
        isPending: false,
        plans: new WeakMap(),
        quotas: new WeakMap(),
        lastPlans: undefined,
        lastQuotas: undefined,
        room: undefined,
      };
      this.#bindings.set(key, binding);
    }
    binding.zone = zone;
    if (wallMs < binding.fromMs || wallMs >= binding.untilMs) this.resolve(binding, wallMs, rows, texts);
    return binding;
  }

  resolve(binding: WindowBinding, wallMs: number, rows: RowSet, texts: RowSet): void {
    this.flush(binding, rows);
    binding.rows = this.rowsAt(binding, wallMs, rows, texts);
    binding.fromMs = Number.NEGATIVE_INFINITY;
    binding.untilMs = Number.POSITIVE_INFINITY;
    for (const row of binding.rows) {
      const { startMs, endMs } = this.texts[row] as WindowText;
      binding.fromMs = Math.max(binding.fromMs, startMs);
      binding.untilMs = Math.min(binding.untilMs, endMs);
    }
  }

  mark(row: number, mark: number): void {
    this.uncertain[row] = mark;
    if (mark !== 0) this.anyUncertain = true;
  }

  /** Whether any of these windows passed through a loss. */
  isUncertain(windows: Int32Array): boolean {
    return this.anyUncertain && windows.some((row) => this.uncertain[row] !== 0);
  }

  /** Adds a row of amounts to windows. */
  charge(windows: Int32Array, amounts: BigInt64Array, rows: RowSet): void {
    this.noteTaken(amounts);
    this.#add(windows, amounts, rows);
  }

  /** Counts amounts as taken from windows: a row in the order of SPENT, or of HELD whose first places are the same. */
  noteTaken(amounts: BigInt64Array): void {
    const { taken } = this;
    const units = Math.min(amounts.length, SPENT.memoryMibMillis + 1);
    let isFull = false;
    for (let unit = 0; unit < units; unit++) {
      const amount = amounts[unit] as bigint;
      if (amount === 0n) continue;
      const sum = BigInt.asIntN(64, (taken[unit] as bigint) + amount);
      taken[unit] = sum;
      if (sum >= MAX_COUNTER) isFull = true;
    }
    const input = BigInt.asIntN(64, (taken[TOTAL_TOKENS] as bigint) + (amounts[SPENT.inputTokens] as bigint));
    taken[TOTAL_TOKENS] = BigInt.asIntN(64, input + (amounts[SPENT.outputTokens] as bigint));
    if (isFull) this.taken = new BigInt64Array(SPENT_STRIDE + 1);
  }

  #add(windows: Int32Array, amounts: BigInt64Array, rows: RowSet): void {
    const { spent } = this;
    for (let at = 0; at < windows.length; at++) {
      const row = windows[at] as number;
      rows.touch(row);
      const base = row * SPENT_STRIDE;
      for (let unit = 0; unit < SPENT_STRIDE; unit++) {
        const amount = amounts[unit] as bigint;
        if (amount === 0n) continue;
        // Stored before it is compared: a sum that may be one of two values is made as an object.
        const sum = BigInt.asIntN(64, (spent[base + unit] as bigint) + amount);
        spent[base + unit] = sum;
        if (sum >= MAX_COUNTER) spent[base + unit] = MAX_COUNTER;
      }
    }
  }

  /**
   * Notes what a binding's windows are to be charged; `flushAll` adds it. Eighteen rows shared by thousands of executions
   * are touched once a cut instead of once a message. Whoever reads a window flushes first.
   */
  chargeLater(binding: WindowBinding, amounts: BigInt64Array): void {
    this.noteTaken(amounts);
    const { pending } = binding;
    for (let unit = 0; unit < SPENT_STRIDE; unit++) {
      const amount = amounts[unit] as bigint;
      if (amount === 0n) continue;
      const sum = BigInt.asIntN(64, (pending[unit] as bigint) + amount);
      pending[unit] = sum;
      if (sum >= MAX_COUNTER) pending[unit] = MAX_COUNTER;
    }
    if (binding.isPending) return;
    binding.isPending = true;
    this.pending.push(binding);
  }

  flush(binding: WindowBinding, rows: RowSet): void {
    if (!binding.isPending) return;
    this.#add(binding.rows, binding.pending, rows);
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
    for (const { level, name } of levels) {
      for (const period of PERIODS)
        result[at++] = this.#open(level, binding, name, period, wallMs, rows, texts);
    }
    return result;
  }

  /** The row of one level's window at an instant, if anybody has used it. */
  rowAt({ level, name }: LevelName, tenant: string, period: Period, wallMs: number): number | undefined {
    return this.#find(windowKey(level, tenant, name, period), wallMs);
  }

  /** Rows of one level's windows that have ended and are kept. */
  endedRows({ level, name }: LevelName, tenant: string, period: Period, wallMs: number): readonly number[] {
    const rows = this.#byKey.get(windowKey(level, tenant, name, period)) ?? [];
    return rows.filter((row) => (this.texts[row] as WindowText).endMs <= wallMs);
  }

  /** Puts a loaded window back under its row. */
  restore(row: number, text: WindowText): void {
    while (this.#used <= row) this.#free.push(this.#used++);
    const place = this.#free.lastIndexOf(row);
    if (place >= 0) this.#free.splice(place, 1);
    this.#reserve(row);
    this.texts[row] = text;
    this.#insert(windowKey(text.level, text.tenant, text.name, text.period), row, text.startMs);
  }

  /** Forgets a window that ended long ago. */
  remove(row: number): void {
    const text = this.texts[row];
    if (text === undefined) return;
    const key = windowKey(text.level, text.tenant, text.name, text.period);
    const others = (this.#byKey.get(key) ?? []).filter((one) => one !== row);
    if (others.length > 0) this.#byKey.set(key, others);
    else this.#byKey.delete(key);
    this.texts[row] = undefined;
    this.custom[row] = undefined;
    this.wanted.delete(row);
    this.#free.push(row);
  }

  isSpent(row: number): boolean {
    return ((this.told[row] as number) & SPENT_BIT) !== 0;
  }

  customOf(row: number): WindowCustom {
    let custom = this.custom[row];
    if (custom === undefined) {
      custom = { spent: {}, held: {}, told: [] };
      this.custom[row] = custom;
    }
    return custom;
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
    binding: WindowBinding,
    name: string,
    period: Period,
    wallMs: number,
    rows: RowSet,
    texts: RowSet,
  ): number {
    const { tenant } = binding.principal;
    const key = windowKey(level, tenant, name, period);
    const known = this.#find(key, wallMs);
    if (known !== undefined) return known;
    const text: WindowText = {
      level,
      tenant,
      name,
      period,
      // What all tenants share follows no tenant's clock.
      ...this.#freeSpan(key, level === "global" ? UTC : binding.zone, period, wallMs),
    };
    const row = this.#free.pop() ?? this.#used++;
    this.#reserve(row);
    rows.touch(row);
    texts.touch(row);
    this.spent.fill(0n, row * SPENT_STRIDE, (row + 1) * SPENT_STRIDE);
    this.held.fill(0n, row * HELD_STRIDE, (row + 1) * HELD_STRIDE);
    this.mark(row, text.startMs < this.uncertainBeforeMs ? WINDOW_UNCERTAIN : 0);
    this.told[row] = text.startMs < this.spentBeforeMs ? SPENT_BIT : 0;
    this.custom[row] = undefined;
    this.texts[row] = text;
    this.#insert(key, row, text.startMs);
    return row;
  }

  #find(key: string, wallMs: number): number | undefined {
    const rows = this.#byKey.get(key) ?? [];
    for (let at = rows.length - 1; at >= 0; at--) {
      const row = rows[at] as number;
      const { startMs, endMs } = this.texts[row] as WindowText;
      if (wallMs >= startMs && wallMs < endMs) return row;
    }
    return undefined;
  }

  /** The window of the calendar at `wallMs`, cut where windows that began under another calendar end or begin. */
  #freeSpan(
    key: string,
    zone: string,
    period: Period,
    wallMs: number,
  ): { readonly startMs: number; readonly endMs: number } {
    let { startMs, endMs } = windowAt(zone, period, wallMs);
    for (const row of this.#byKey.get(key) ?? []) {
      const other = this.texts[row] as WindowText;
      if (other.endMs <= wallMs) startMs = Math.max(startMs, other.endMs);
      else endMs = Math.min(endMs, other.startMs);
    }
    return { startMs, endMs };
  }

  #insert(key: string, row: number, startMs: number): void {
    const rows = this.#byKey.get(key);
    if (rows === undefined) {
      this.#byKey.set(key, [row]);
      return;
    }
    let at = rows.length;
    while (at > 0 && (this.texts[rows[at - 1] as number] as WindowText).startMs > startMs) at--;
    rows.splice(at, 0, row);
  }

  #reserve(row: number): void {
    if ((row + 1) * SPENT_STRIDE <= this.spent.length) return;
    const size = Math.max(row + 1, (this.spent.length / SPENT_STRIDE) * 2);
    this.spent = copied(this.spent, new BigInt64Array(size * SPENT_STRIDE));
    this.held = copied(this.held, new BigInt64Array(size * HELD_STRIDE));
    this.uncertain = copied(this.uncertain, new Uint8Array(size));
    this.told = copied(this.told, new Int32Array(size));
  }
}

function copied<T extends { set(from: T): void }>(from: T, into: T): T {
  into.set(from);
  return into;
}

function windowKey(level: Level, tenant: string, name: string, period: Period): string {
  return `${level}\n${level === "global" ? "" : tenant}\n${name}\n${period}`;
}
