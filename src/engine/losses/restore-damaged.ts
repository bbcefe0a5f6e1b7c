import { CARVE_HELD, HELD_COUNT } from "../../domain/counters.ts";
import type { Now } from "../../domain/time.ts";
import { addHeld } from "../executions/charge.ts";
import { FLAG, NO_INDEX } from "../executions/execution-table.ts";
import type { ExecutionText } from "../rows/execution-text.ts";
import { insertRecord } from "../rows/restore-execution.ts";
import type { World } from "../world.ts";

// Executions whose numbers are damaged in the file. Nothing is known of what they used, nor in which state they were: they
// begin anew, now, with what is held inside them, and are refused.

export function addDamagedExecution(
  world: World,
  index: number,
  text: ExecutionText,
  parent: number,
  now: Now,
): void {
  const table = world.executions;
  if (index >= table.capacity) return;
  table.allocateAt(index);
  table.startedMono.set(index, now.monoMs);
  table.startedWall.set(index, now.wallMs);
  table.lastActivity.set(index, now.monoMs);
  if (text.carve !== undefined) table.flags.set(index, FLAG.carved);
  insertRecord(world, index, text, parent);
}

/** Lays reservations and carves on the damaged executions above them again, so that a release takes off what is there. */
export function layHolds(world: World, damaged: ReadonlySet<number>): void {
  if (damaged.size === 0) return;
  const { executions, reservations } = world;
  const layAbove = (index: number, lay: (at: number) => void): void => {
    for (let at = index; at !== NO_INDEX; at = executions.parent.get(at)) if (damaged.has(at)) lay(at);
  };
  for (const entry of reservations.entries) {
    if (entry?.state !== "held") continue;
    layAbove(entry.index, (at) => {
      for (let unit = 0; unit < HELD_COUNT; unit++) addHeld(world, at, unit, entry.amounts[unit] as bigint);
    });
  }
  for (const index of executions.indexes()) {
    const { carve } = executions.record(index);
    if (carve?.active !== true) continue;
    layAbove(executions.parent.get(index), (at) => {
      for (const [unit, amount] of carve.held.entries())
        addHeld(world, at, CARVE_HELD[unit] as number, amount);
    });
  }
}
