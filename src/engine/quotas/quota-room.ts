import { HELD, HELD_STRIDE, SPENT, SPENT_STRIDE } from "../../domain/counters.ts";
import { ALERT_PERCENTS } from "../../domain/quotas/quota-units.ts";
import { TOTAL_TOKENS } from "../limits/compiled-limits.ts";
import type { World } from "../world.ts";
import { type CompiledQuotas, CUSTOM_COUNTER, type WindowQuota } from "./compile-quotas.ts";
import type { WindowBinding } from "./window-table.ts";

// What is taken of quotas, and how much may still be taken before one of them has something to say. As long as there is room, a
// report or an intent compares a few numbers and leaves the windows alone: they are charged once a cut (docs/decisions/0014).

/** How far the quotas of a binding were from a refusal or an alert when they were compared. */
export interface QuotaRoom {
  /** What it was measured for: other quotas or other windows have another room. */
  readonly quotas: CompiledQuotas;
  readonly rows: Int32Array;
  /** The sums that it counts on, `WindowTable.taken` of then. */
  readonly taken: BigInt64Array;
  /** The counters that any of the quotas is about. */
  readonly counters: Int32Array;
  /** By place in `counters`: up to this value of `taken` nothing is to be said. */
  readonly until: BigInt64Array;
}

/** True when nothing can be reached by adding `add`, whoever charged what since the room was measured. */
export function hasRoom(
  { windows: { taken, anyUncertain } }: World,
  quotas: CompiledQuotas,
  { room, rows }: WindowBinding,
  add: BigInt64Array,
): boolean {
  // What is not proved is looked at every time.
  if (anyUncertain || room === undefined || room.quotas !== quotas || room.rows !== rows) return false;
  if (room.taken !== taken) return false;
  const { counters, until } = room;
  for (let at = 0; at < counters.length; at++) {
    const counter = counters[at] as number;
    if (BigInt.asIntN(64, (taken[counter] as bigint) + (add[counter] as bigint)) > (until[at] as bigint))
      return false;
  }
  return true;
}

/** Measures the room of windows that are charged and about which nothing is to be said now. */
export function measureRoom(world: World, quotas: CompiledQuotas, binding: WindowBinding): void {
  const least = new Map<number, bigint>();
  for (const quota of quotas.windows) {
    // Counters that policies name are charged at once, and compared every time.
    if (quota.counter === CUSTOM_COUNTER) return;
    const left = leftOf(world, quota, binding.rows[quota.place] as number);
    const known = least.get(quota.counter);
    if (known === undefined || left < known) least.set(quota.counter, left);
  }
  const { taken } = world.windows;
  const until = [...least].map(([counter, left]) => (taken[counter] as bigint) + left);
  binding.room = {
    quotas,
    rows: binding.rows,
    taken,
    counters: Int32Array.from(least.keys()),
    until: BigInt64Array.from(until),
  };
}

/** The most that may be added to a window before its quota refuses, or is to be told; below 0 when it has something to say. */
function leftOf(world: World, quota: WindowQuota, row: number): bigint {
  const used = usedOf(world, quota, row);
  let left = quota.limit - used - heldOf(world, quota, row);
  if (quota.shadow) return left;
  for (const [place, percent] of ALERT_PERCENTS.entries()) {
    const notAbove = (quota.limit * BigInt(percent)) / 100n;
    if (notAbove - used < left && !isTold(world, quota, row, place)) left = notAbove - used;
  }
  const belowAll = quota.limit - 1n - used;
  return belowAll < left && !isTold(world, quota, row, TOLD.exhausted) ? belowAll : left;
}

/** What is used in a window. After a file was lost it may count as used up: `fresh_windows`. */
export function usedOf(world: World, quota: WindowQuota, row: number): bigint {
  const { windows } = world;
  const used = countedIn(world, quota, row);
  return windows.isSpent(row) && used < quota.limit ? quota.limit : used;
}

export function countedIn({ windows }: World, quota: WindowQuota, row: number): bigint {
  if (quota.counter === CUSTOM_COUNTER) return windows.custom[row]?.spent[quota.custom as string] ?? 0n;
  const base = row * SPENT_STRIDE;
  if (quota.counter !== TOTAL_TOKENS) return windows.spent[base + quota.counter] as bigint;
  return (
    (windows.spent[base + SPENT.inputTokens] as bigint) + (windows.spent[base + SPENT.outputTokens] as bigint)
  );
}

export function heldOf({ windows }: World, quota: WindowQuota, row: number): bigint {
  if (quota.counter === CUSTOM_COUNTER) return windows.custom[row]?.held[quota.custom as string] ?? 0n;
  const base = row * HELD_STRIDE;
  if (quota.counter === TOTAL_TOKENS)
    return (
      (windows.held[base + HELD.inputTokens] as bigint) + (windows.held[base + HELD.outputTokens] as bigint)
    );
  return quota.counter <= HELD.modifications ? (windows.held[base + quota.counter] as bigint) : 0n;
}

/** Bits of one unit in `told` of a window, from the bit of the unit on. */
export const TOLD = { warning: 0, critical: 1, exhausted: 2, refused: 3 } as const;

/** Strictly above, held amounts left out. */
export function isAbove(used: bigint, limit: bigint, percent: number): boolean {
  return used * 100n > limit * BigInt(percent);
}

export function isTold(world: World, quota: WindowQuota, row: number, place: number): boolean {
  const { windows } = world;
  if (quota.bit >= 0) return ((windows.told[row] as number) & (1 << (quota.bit + place))) !== 0;
  return windows.custom[row]?.told.includes(toldName(quota, place)) === true;
}

export function toldName(quota: WindowQuota, place: number): string {
  return `${quota.custom ?? ""} ${place}`;
}
