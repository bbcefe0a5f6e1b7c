import { CARVE_HELD, CARVE_UNITS, SPENT, SPENT_STRIDE } from "../../domain/counters.ts";
import type { Finding } from "../../domain/decision.ts";
import type { Carve, CarveMode } from "../../domain/execution.ts";
import type { LimitKey } from "../../domain/limits.ts";
import { COUNTER_LIMITS, TOTAL_TOKENS } from "../limits/compiled-limits.ts";
import { carvedLimit, heldOf, usedOf } from "../limits/judge.ts";
import { exceededFinding, limitFacts } from "../limits/limit-finding.ts";
import type { World } from "../world.ts";
import { addHeld, carveUnitsOf } from "./charge.ts";
import type { CarveHold, CarveTake } from "./execution-record.ts";
import { FLAG, NO_INDEX } from "./execution-table.ts";
import { counterPlace } from "./table/columns.ts";

// A carve holds a slice of everything above a child. What the child uses is taken out of the held part first, so spent +
// held at the root does not depend on where in the tree a unit was spent.

const CARVE_LIMITS: readonly (readonly LimitKey[])[] = [
  ["max_steps"],
  ["max_tokens"],
  ["max_cost_usd", "cost_alert_threshold_usd"],
  ["max_tool_calls"],
];

export function createCarveHold(carve: Carve, mode: CarveMode): CarveHold {
  const total = [carve.steps ?? 0n, carve.tokens ?? 0n, carve.costNanoUsd ?? 0n, carve.toolCalls ?? 0n];
  return { mode, total, held: total.map(() => 0n), taken: [], takes: [], active: false };
}

/** Whether what remains above `parent` is enough; the finding names the level and limit that is not. */
export function checkCarve(world: World, parent: number, amounts: readonly bigint[]): Finding | undefined {
  const covered = amounts.map(() => 0n);
  for (let at = parent; at !== NO_INDEX; at = world.executions.parent.get(at)) {
    const record = world.executions.record(at);
    for (let unit = 0; unit < CARVE_UNITS.length; unit++) {
      const wanted = (amounts[unit] as bigint) - (covered[unit] as bigint);
      if (wanted <= 0n) continue;
      for (const key of CARVE_LIMITS[unit] as readonly LimitKey[]) {
        const limit = carvedLimit(world, at, key, record.limits.byKey[key]);
        const counter = counterOf(key);
        if (limit === undefined || limit.mode === "shadow" || counter === undefined) continue;
        const held = heldOf(world, at, counter);
        const current = usedOf(world, at, counter) + held + wanted;
        if (current <= limit.value) continue;
        const finding = exceededFinding(limitFacts(key, limit, current, held, record.id));
        return { ...finding, reason: "CARVE_UNAVAILABLE", message: `carve: ${finding.message}` };
      }
    }
    addCovered(record.carve, amounts, covered);
  }
  return undefined;
}

function counterOf(key: LimitKey): number | undefined {
  return COUNTER_LIMITS.find(([name]) => name === key)?.[1];
}

function addCovered(above: CarveHold | undefined, amounts: readonly bigint[], covered: bigint[]): void {
  if (above === undefined || !above.active) return;
  for (let unit = 0; unit < covered.length; unit++) {
    const rest = (amounts[unit] as bigint) - (covered[unit] as bigint);
    const take = smaller(rest, above.held[unit] as bigint);
    if (take > 0n) covered[unit] = (covered[unit] as bigint) + take;
  }
}

/** Takes what is left of a carve (all of it at registration, the unused part when a halted execution resumes). */
export function takeCarve(world: World, index: number): Finding | undefined {
  const { carve } = world.executions.record(index);
  const parent = world.executions.parent.get(index);
  if (carve === undefined || carve.active || parent === NO_INDEX) return undefined;
  const amounts = unusedOf(world, index, carve);
  const refused = checkCarve(world, parent, amounts);
  if (refused !== undefined) return refused;
  world.rows.executionTexts.touch(index);
  world.rows.executions.touch(index);
  for (let unit = 0; unit < CARVE_UNITS.length; unit++) carve.held[unit] = amounts[unit] as bigint;
  carve.taken = amounts;
  carve.takes = holdAbove(world, parent, amounts);
  carve.active = true;
  world.executions.flags.set(index, world.executions.flags.get(index) | FLAG.carved);
  return undefined;
}

/** What of a carve its child has neither used nor holds already: open holds kept their place above it. */
function unusedOf(world: World, index: number, carve: CarveHold): bigint[] {
  const base = counterPlace(index);
  const used = carveUnitsOf(world.executions.spent.subarray(base, base + SPENT_STRIDE));
  return carve.total.map((total, unit) => {
    const taken = (used[unit] as bigint) + heldOf(world, index, CARVE_COUNTERS[unit] as number);
    return total > taken ? total - taken : 0n;
  });
}

/** Counters by carve unit. */
const CARVE_COUNTERS = [SPENT.steps, TOTAL_TOKENS, SPENT.costNanoUsd, SPENT.toolCalls] as const;

/** Holds `amounts` at `from` and every ancestor of it, out of carves on the way where they have something left. */
export function holdAbove(world: World, from: number, amounts: readonly bigint[]): readonly CarveTake[] {
  const takes: CarveTake[] = [];
  const covered = amounts.map(() => 0n);
  for (let at = from; at !== NO_INDEX; at = world.executions.parent.get(at)) {
    for (let unit = 0; unit < amounts.length; unit++) {
      addHeld(world, at, CARVE_HELD[unit] as number, (amounts[unit] as bigint) - (covered[unit] as bigint));
    }
    const take = takeFrom(world, at, amounts, covered);
    if (take !== undefined) takes.push(take);
  }
  return takes;
}

function takeFrom(
  world: World,
  index: number,
  amounts: readonly bigint[],
  covered: bigint[],
): CarveTake | undefined {
  const { carve } = world.executions.record(index);
  if (carve === undefined || !carve.active) return undefined;
  const taken = amounts.map(() => 0n);
  world.rows.executionTexts.touch(index);
  for (let unit = 0; unit < amounts.length; unit++) {
    const take = smaller((amounts[unit] as bigint) - (covered[unit] as bigint), carve.held[unit] as bigint);
    if (take <= 0n) continue;
    taken[unit] = take;
    covered[unit] = (covered[unit] as bigint) + take;
    carve.held[unit] = (carve.held[unit] as bigint) - take;
  }
  return { index, amounts: taken };
}

/** Releases what is left of a carve: what came out of other carves goes back to them last. */
export function releaseCarve(world: World, index: number): void {
  const record = world.executions.record(index);
  const { carve } = record;
  if (carve === undefined || !carve.active) return;
  world.rows.executionTexts.touch(index);
  world.rows.executions.touch(index);
  // A hold that outlived a halt may have come back to more than was taken anew.
  const used = carve.taken.map((taken, unit) =>
    taken > (carve.held[unit] as bigint) ? taken - (carve.held[unit] as bigint) : 0n,
  );
  releaseAbove(world, world.executions.parent.get(index), carve.held, carve.takes, used);
  carve.held.fill(0n);
  carve.takes = [];
  carve.active = false;
}

/**
 * Undoes `holdAbove` for what was not used: `left` per unit is still held, `used` was consumed already, first out of what
 * had been taken from the nearest carve.
 */
export function releaseAbove(
  world: World,
  from: number,
  left: readonly bigint[],
  takes: readonly CarveTake[],
  used: readonly bigint[],
): void {
  const returned = left.map(() => 0n);
  const consumed = [...used];
  for (let at = from; at !== NO_INDEX; at = world.executions.parent.get(at)) {
    for (let unit = 0; unit < left.length; unit++) {
      addHeld(world, at, CARVE_HELD[unit] as number, (returned[unit] as bigint) - (left[unit] as bigint));
    }
    const take = takes.find((one) => one.index === at);
    const { carve } = world.executions.record(at);
    if (take === undefined || carve === undefined || !carve.active) continue;
    world.rows.executionTexts.touch(at);
    for (let unit = 0; unit < left.length; unit++) {
      const spent = smaller(consumed[unit] as bigint, take.amounts[unit] as bigint);
      consumed[unit] = (consumed[unit] as bigint) - spent;
      const back = smaller(
        (take.amounts[unit] as bigint) - spent,
        (left[unit] as bigint) - (returned[unit] as bigint),
      );
      carve.held[unit] = (carve.held[unit] as bigint) + back;
      returned[unit] = (returned[unit] as bigint) + back;
    }
  }
}

function smaller(left: bigint, right: bigint): bigint {
  return left < right ? left : right;
}
