import { MAX_COUNTER } from "../../domain/amounts.ts";
import {
  CARVE_HELD,
  CARVE_UNITS,
  HELD_COUNT,
  HELD_STRIDE,
  SPENT,
  SPENT_STRIDE,
} from "../../domain/counters.ts";
import { timeZoneOf } from "../quotas/principal-bounds.ts";
import type { WindowBinding } from "../quotas/window-table.ts";
import type { World } from "../world.ts";
import { FLAG, NO_INDEX } from "./execution-table.ts";
import { counterPlace } from "./table/columns.ts";

// Adding what was used to an execution, its ancestors and the windows of its principal, in one step. Amounts come as one
// row in the order of SPENT. BigInt.asIntN keeps the sums in 64-bit registers: no allocation (docs/decisions/0002).

/** Charges a row of amounts to the execution and every ancestor, and draws what they had carved for it. */
export function chargeChain(world: World, index: number, amounts: BigInt64Array): void {
  const { parent, flags } = world.executions;
  let carved = false;
  for (let at = index; at !== NO_INDEX; at = parent.get(at)) {
    addSpent(world, at, amounts);
    if ((flags.get(at) & FLAG.carved) !== 0) carved = true;
  }
  if (carved) drawCarves(world, index, amounts);
}

function addSpent(world: World, index: number, amounts: BigInt64Array): void {
  const { spent, flags } = world.executions;
  world.rows.executions.touch(index);
  const base = counterPlace(index);
  let saturated = false;
  for (let unit = 0; unit < SPENT_STRIDE; unit++) {
    const amount = amounts[unit] as bigint;
    if (amount === 0n) continue;
    const sum = BigInt.asIntN(64, (spent[base + unit] as bigint) + amount);
    spent[base + unit] = sum;
    if (sum >= MAX_COUNTER) {
      spent[base + unit] = MAX_COUNTER;
      saturated = true;
    }
  }
  if (saturated) flags.set(index, flags.get(index) | FLAG.saturated);
}

/** Usage inside a carve was held above already: that much of the holds above is released. */
function drawCarves(world: World, index: number, amounts: BigInt64Array): void {
  const used = carveUnitsOf(amounts);
  const drawn = used.map(() => 0n);
  for (let at = index; at !== NO_INDEX; at = world.executions.parent.get(at)) {
    for (let unit = 0; unit < drawn.length; unit++)
      addHeld(world, at, CARVE_HELD[unit] as number, -(drawn[unit] as bigint));
    const { carve } = world.executions.record(at);
    if (carve === undefined || !carve.active) continue;
    world.rows.executionTexts.touch(at);
    for (let unit = 0; unit < drawn.length; unit++) {
      const rest = (used[unit] as bigint) - (drawn[unit] as bigint);
      const held = carve.held[unit] as bigint;
      const draw = rest < held ? rest : held;
      carve.held[unit] = held - draw;
      drawn[unit] = (drawn[unit] as bigint) + draw;
    }
  }
}

/** The amounts of a row in the order of CARVE_UNITS. */
export function carveUnitsOf(amounts: BigInt64Array): bigint[] {
  const units: bigint[] = new Array<bigint>(CARVE_UNITS.length);
  units[0] = amounts[SPENT.steps] as bigint;
  units[1] = (amounts[SPENT.inputTokens] as bigint) + (amounts[SPENT.outputTokens] as bigint);
  units[2] = amounts[SPENT.costNanoUsd] as bigint;
  units[3] = amounts[SPENT.toolCalls] as bigint;
  return units;
}

export function addHeld(world: World, index: number, unit: number, by: bigint): void {
  if (by === 0n) return;
  const { held, flags } = world.executions;
  world.rows.executions.touch(index);
  const place = index * HELD_STRIDE + unit;
  held[place] = BigInt.asIntN(64, (held[place] as bigint) + by);
  let any = false;
  for (let at = 0; at < HELD_COUNT; at++) if (held[index * HELD_STRIDE + at] !== 0n) any = true;
  flags.set(index, any ? flags.get(index) | FLAG.held : flags.get(index) & ~FLAG.held);
}

/** Adds a row of amounts to windows. */
export function chargeWindows(world: World, rows: Int32Array, amounts: BigInt64Array): void {
  world.windows.charge(rows, amounts, world.rows.windows);
}

/** Charges the windows of an execution's principal now; the rows are written with the next cut, or before they are read. */
export function chargePrincipal(world: World, index: number, amounts: BigInt64Array, wallMs: number): void {
  world.windows.chargeLater(windowBinding(world, index, wallMs), amounts);
}

/** Adds what is pending to the windows' rows: before a cut begins and before windows are read. */
export function flushWindows(world: World): void {
  world.windows.flushAll(world.rows.windows);
}

/** Adds to custom counters of windows. */
export function chargeWindowsCustom(
  world: World,
  rows: Int32Array,
  custom: { readonly [name: string]: bigint },
): void {
  for (const name in custom) {
    const amount = custom[name] as bigint;
    if (amount === 0n) continue;
    for (const row of rows) {
      world.rows.windowTexts.touch(row);
      const { spent } = world.windows.customOf(row);
      const sum = (spent[name] ?? 0n) + amount;
      spent[name] = sum < MAX_COUNTER ? sum : MAX_COUNTER;
    }
  }
}

/** Adds to (or with a negative sign takes from) what is held of custom counters in windows. */
export function holdWindowsCustom(
  world: World,
  rows: Int32Array,
  custom: { readonly [name: string]: bigint },
  sign: 1n | -1n,
): void {
  for (const name in custom) {
    const amount = custom[name] as bigint;
    if (amount === 0n) continue;
    for (const row of rows) {
      const { held } = world.windows.customOf(row);
      held[name] = (held[name] ?? 0n) + sign * amount;
    }
  }
}

/** Adds to (or with a negative sign takes from) what is held in windows; `amounts` in the order of HELD. */
export function holdWindows(world: World, rows: Int32Array, amounts: BigInt64Array, sign: 1n | -1n): void {
  const { held } = world.windows;
  if (sign === 1n) world.windows.noteTaken(amounts);
  for (const row of rows) {
    world.rows.windows.touch(row);
    const base = row * HELD_STRIDE;
    for (let unit = 0; unit < HELD_COUNT; unit++) {
      const amount = amounts[unit] as bigint;
      if (amount !== 0n) held[base + unit] = BigInt.asIntN(64, (held[base + unit] as bigint) + sign * amount);
    }
  }
}

/** The rows of an execution's windows now. */
export function windowRows(world: World, index: number, wallMs: number): Int32Array {
  return windowBinding(world, index, wallMs).rows;
}

/** An execution's windows, resolved again when the first of them has ended. */
export function windowBinding(world: World, index: number, wallMs: number): WindowBinding {
  const { bindings } = world.executions;
  const binding = bindings.get(index);
  if (binding !== undefined && wallMs >= binding.fromMs && wallMs < binding.untilMs) return binding;
  const { windows, rows } = world;
  const { principal } = world.executions.record(index);
  const bound = windows.bind(
    principal,
    false,
    timeZoneOf(world, principal.tenant),
    wallMs,
    rows.windows,
    rows.windowTexts,
  );
  bindings.set(index, bound);
  return bound;
}

/** Adds to custom counters of the execution and every ancestor. */
export function chargeCustom(world: World, index: number, custom: { readonly [name: string]: bigint }): void {
  for (const name in custom) {
    const amount = custom[name] as bigint;
    if (amount === 0n) continue;
    for (let at = index; at !== NO_INDEX; at = world.executions.parent.get(at))
      addCustom(world, at, name, amount, 0n);
  }
}

export function addCustom(world: World, index: number, name: string, spent: bigint, held: bigint): void {
  const record = world.executions.record(index);
  world.rows.executionTexts.touch(index);
  record.custom ??= { spent: {}, held: {} };
  const sum = (record.custom.spent[name] ?? 0n) + spent;
  record.custom.spent[name] = sum < MAX_COUNTER ? sum : MAX_COUNTER;
  record.custom.held[name] = (record.custom.held[name] ?? 0n) + held;
}
