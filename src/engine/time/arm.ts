import { STATE } from "../../domain/execution.ts";
import { DAY_MS, type Now } from "../../domain/time.ts";
import type { ExecutionTable } from "../executions/execution-table.ts";
import { stillSince, workingMs } from "../limits/times.ts";
import type { World } from "../world.ts";
import { DEADLINE } from "./deadlines.ts";

/** Arms the wall, working and idle deadlines of an execution from its limits and what has passed. */
export function armDeadlines(world: World, index: number, now: Now): void {
  armWall(world, index);
  armWorking(world, index, now);
  armIdle(world, index);
}

/** Clocks that stand still are armed when they go on. */
function isMoving(table: ExecutionTable, index: number): boolean {
  return table.state.get(index) === STATE.running && stillSince(table, index) === 0;
}

export function armWall(world: World, index: number): void {
  const table = world.executions;
  const limits = table.limitsOf(index);
  const wall = limits.byKey.max_wall_time_ms;
  if (wall === undefined) return;
  // Elapsed must be above limit + grace: one millisecond later it is.
  const at = table.startedMono.get(index) + Number(wall.value) + limits.timeoutGraceMs + 1;
  world.deadlines.add(at, DEADLINE.wallTime, index, table.stamp.get(index));
}

/** How long a halted execution waits for an operator without any activity. */
const HALTED_MEMORY_MS = DAY_MS;

/** When a halted execution ends by itself, unless something happens to it. */
export function armHalted(world: World, index: number): void {
  const table = world.executions;
  const at = table.lastActivity.get(index) + HALTED_MEMORY_MS;
  world.deadlines.add(at, DEADLINE.endHalted, index, table.stamp.get(index));
}

export function isAbandoned(table: ExecutionTable, index: number, now: Now): boolean {
  return now.monoMs - table.lastActivity.get(index) >= HALTED_MEMORY_MS;
}

export function armWorking(world: World, index: number, now: Now): void {
  const table = world.executions;
  const limits = table.limitsOf(index);
  const working = limits.byKey.max_working_time_ms;
  if (working === undefined || !isMoving(table, index)) return;
  const left = Number(working.value) + limits.timeoutGraceMs + 1 - workingMs(table, index, now);
  world.deadlines.add(now.monoMs + Math.max(0, left), DEADLINE.workingTime, index, table.stamp.get(index));
}

export function armIdle(world: World, index: number): void {
  const table = world.executions;
  const idle = table.limitsOf(index).byKey.idle_timeout_seconds;
  if (idle === undefined || !isMoving(table, index)) return;
  const at = table.lastActivity.get(index) + Number(idle.value) * 1000;
  world.deadlines.add(at, DEADLINE.idle, index, table.stamp.get(index));
}
