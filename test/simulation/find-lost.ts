// P1 by the letter: everything that was acknowledged is in the world that was taken up again. Looks at the engine's own
// rows and at what the acknowledged cut was made of, not at what the store happens to hold.

import type { MemoryVolume } from "../../src/adapters/memory/cut-store.ts";
import { callerKey } from "../../src/engine/executions/execution-record.ts";
import { counterPlace } from "../../src/engine/executions/table/columns.ts";
import type { World } from "../../src/engine/world.ts";
import { APPEND_TABLES } from "../../src/ports/cut-store.ts";
import { CALLER } from "../unit/engine/engine-fixture.ts";
import { spentOf } from "./compare.ts";
import { type Model, type ModelExecution, UNITS } from "./model/model.ts";
import { floorOf } from "./model/report-model.ts";

export function findLost(
  world: World,
  volume: MemoryVolume,
  acknowledged: Model,
  isRemembered: (requestId: string) => boolean,
): string[] {
  const lost: string[] = [];
  for (const execution of acknowledged.executions.values())
    lost.push(...lostOf(world, volume, execution, isRemembered));
  for (const reporter of acknowledged.reporters.values()) {
    const entry = world.reporters.entries.find(
      (one) => one?.reporterId === reporter.id && one.epoch === BigInt(reporter.epoch),
    );
    const floor = floorOf(reporter);
    if (floor > (entry?.floor ?? 0))
      lost.push(`reports of ${reporter.id} up to ${floor}: the mark is ${entry?.floor}`);
  }
  for (const requestId of acknowledged.unregistered) {
    const isThere = world.requests.entries.some((one) => one?.requestId === requestId);
    if (isRemembered(requestId) && !isThere) lost.push(`request ${requestId} of nobody`);
  }
  return lost;
}

function lostOf(
  world: World,
  volume: MemoryVolume,
  execution: ModelExecution,
  isRemembered: (requestId: string) => boolean,
): string[] {
  const { id } = execution;
  const key = callerKey(CALLER, id);
  const index = world.executions.find(CALLER, id);
  if (index < 0) return wasCompleted(volume, key) ? [] : [`execution ${id}`];
  const lost: string[] = [];
  const spent = spentOf(world.executions.spent, counterPlace(index));
  for (const unit of UNITS) {
    if (spent[unit] < execution.spent[unit])
      lost.push(`${unit} of ${id}: ${spent[unit]} of ${execution.spent[unit]}`);
  }
  const { reservations, requests } = world.executions.record(index);
  for (const [reservationId, hold] of execution.holds) {
    const entry = world.reservations.find(reservations?.get(reservationId));
    if (entry === undefined || (hold.state === "settled" && entry.state !== "settled"))
      lost.push(`hold ${id} ${reservationId}`);
  }
  for (const requestId of execution.requests) {
    if (isRemembered(requestId) && requests?.has(requestId) !== true) lost.push(`request ${id} ${requestId}`);
  }
  return lost;
}

/** A completed execution leaves memory after an hour; its row stays. */
function wasCompleted(volume: MemoryVolume, key: string): boolean {
  const rows = volume.appends[APPEND_TABLES.indexOf("completed_executions")]?.values() ?? [];
  return [...rows].some((row) => row.subject === key);
}
