import { CARVE_HELD, HELD, HELD_COUNT } from "../../domain/counters.ts";
import { addCustom, addHeld } from "../executions/charge.ts";
import type { CarveTake } from "../executions/execution-record.ts";
import { NO_INDEX } from "../executions/execution-table.ts";
import type { World } from "../world.ts";

// A hold at every level of the chain. Inside a carve it is taken out of what the carve holds already, and given back there.

/** Holds amounts (in the order of HELD) at the execution and every ancestor; answers what came out of carves. */
export function holdChain(
  world: World,
  index: number,
  amounts: BigInt64Array,
  custom: { readonly [name: string]: bigint },
): readonly CarveTake[] {
  const wanted = carveUnits(amounts);
  const covered = wanted.map(() => 0n);
  const takes: CarveTake[] = [];
  for (let at = index; at !== NO_INDEX; at = world.executions.parent.get(at)) {
    for (let unit = 0; unit < HELD_COUNT; unit++) addHeld(world, at, unit, amounts[unit] as bigint);
    for (let unit = 0; unit < covered.length; unit++)
      addHeld(world, at, CARVE_HELD[unit] as number, -(covered[unit] as bigint));
    for (const name in custom) addCustom(world, at, name, 0n, custom[name] as bigint);
    const { carve } = world.executions.record(at);
    if (carve === undefined || !carve.active) continue;
    world.rows.executionTexts.touch(at);
    const taken = wanted.map((want, unit) =>
      least(want - (covered[unit] as bigint), carve.held[unit] as bigint),
    );
    for (let unit = 0; unit < taken.length; unit++) {
      carve.held[unit] = (carve.held[unit] as bigint) - (taken[unit] as bigint);
      covered[unit] = (covered[unit] as bigint) + (taken[unit] as bigint);
    }
    takes.push({ index: at, amounts: taken });
  }
  return takes;
}

/** Undoes `holdChain`: what came out of a carve goes back to it, unless that carve is no longer in force. */
export function releaseChain(
  world: World,
  index: number,
  amounts: BigInt64Array,
  custom: { readonly [name: string]: bigint },
  takes: readonly CarveTake[],
): void {
  const returned = [0n, 0n, 0n, 0n];
  for (let at = index; at !== NO_INDEX; at = world.executions.parent.get(at)) {
    for (let unit = 0; unit < HELD_COUNT; unit++) addHeld(world, at, unit, -(amounts[unit] as bigint));
    for (let unit = 0; unit < returned.length; unit++)
      addHeld(world, at, CARVE_HELD[unit] as number, returned[unit] as bigint);
    for (const name in custom) addCustom(world, at, name, 0n, -(custom[name] as bigint));
    const take = takes.find((one) => one.index === at);
    if (take === undefined) continue;
    const { carve } = world.executions.record(at);
    world.rows.executionTexts.touch(at);
    // A carve that was released meanwhile holds nothing above any more: then nothing goes back.
    if (carve?.active !== true) continue;
    for (let unit = 0; unit < returned.length; unit++) {
      const back = take.amounts[unit] as bigint;
      carve.held[unit] = (carve.held[unit] as bigint) + back;
      returned[unit] = (returned[unit] as bigint) + back;
    }
  }
}

function carveUnits(amounts: BigInt64Array): bigint[] {
  return [
    amounts[HELD.steps] as bigint,
    (amounts[HELD.inputTokens] as bigint) + (amounts[HELD.outputTokens] as bigint),
    amounts[HELD.costNanoUsd] as bigint,
    amounts[HELD.toolCalls] as bigint,
  ];
}

function least(left: bigint, right: bigint): bigint {
  return left < right ? left : right;
}
