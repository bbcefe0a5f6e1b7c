import { SPENT_STRIDE } from "../../domain/counters.ts";
import { STATE } from "../../domain/execution.ts";
import { MAX_RESERVATIONS, RESERVATION_MEMORY_MS } from "../../domain/reservation.ts";
import type { Now } from "../../domain/time.ts";
import { NO_INDEX } from "../executions/execution-table.ts";
import { COMPLETED_MEMORY_MS, forgetOldestCompleted } from "../executions/forget.ts";
import { counterPlace } from "../executions/table/columns.ts";
import { DEADLINE } from "../time/deadlines.ts";
import type { World } from "../world.ts";
import type { ExecutionText } from "./execution-text.ts";
import { createRecord } from "./restore-execution.ts";

/** The body of a row of `completed_executions`. */
interface CompletedText extends ExecutionText {
  readonly spent: readonly string[];
  readonly startedWall: number;
  readonly wallTimeMs: number;
  readonly pausedMs: number;
  readonly maxDepth: number;
  readonly eventNumber: number;
}

/**
 * Takes a completed execution up again from its row in the file, for late usage and for questions about it. Late usage is
 * charged to its parent too while that is in memory: it may run on. NO_INDEX when there is no room.
 */
export function restoreCompleted(world: World, body: string, now: Now): number {
  const text = JSON.parse(body) as CompletedText;
  const table = world.executions;
  const known = table.find(text.caller, text.id);
  if (known !== NO_INDEX) return known;
  if (table.size >= table.capacity && !forgetOldestCompleted(world, now)) return NO_INDEX;
  const index = table.allocate();
  if (index === NO_INDEX) return NO_INDEX;
  world.rows.executions.touch(index);
  world.rows.executionTexts.touch(index);
  const { carve: _carve, ...kept } = text;
  const parent = text.parentId === undefined ? NO_INDEX : table.find(text.caller, text.parentId);
  table.insert(createRecord(world, index, kept, parent), parent);
  // Its reservations were forgotten with it: a settlement that comes now could be the second one.
  table.record(index).resolvedReservations = MAX_RESERVATIONS;
  for (let unit = 0; unit < SPENT_STRIDE; unit++)
    table.spent[counterPlace(index) + unit] = BigInt(text.spent[unit] ?? "0");
  table.setState(index, STATE.completed);
  table.startedWall.set(index, text.startedWall);
  // It ended longer ago than resolved reservations are remembered: an unknown one is refused as forgotten, never charged twice.
  const ended = now.monoMs - RESERVATION_MEMORY_MS - 1;
  table.startedMono.set(index, ended - text.wallTimeMs);
  table.endedMono.set(index, ended);
  table.lastActivity.set(index, ended);
  table.pausedMs.set(index, text.pausedMs);
  table.maxDepth.set(index, text.maxDepth);
  table.eventNumber.set(index, text.eventNumber);
  table.policyGeneration.set(index, world.policy.generation);
  world.completed.push({ index, stamp: table.stamp.get(index) });
  world.deadlines.add(
    now.monoMs + COMPLETED_MEMORY_MS,
    DEADLINE.forgetExecution,
    index,
    table.stamp.get(index),
  );
  return index;
}
