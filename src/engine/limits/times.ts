import { STATE } from "../../domain/execution.ts";
import type { Now } from "../../domain/time.ts";
import type { ExecutionTable } from "../executions/execution-table.ts";

// Wall, working and idle time of an execution, in ms of the monotonic clock. They stand still once it has ended.

export function wallMs(table: ExecutionTable, index: number, now: Now): number {
  return Math.max(0, endOf(table, index, now) - table.startedMono.get(index));
}

/** Wall time less time in PAUSED. */
export function workingMs(table: ExecutionTable, index: number, now: Now): number {
  const since = table.pausedSince.get(index);
  const pausedNow = since === 0 ? 0 : Math.max(0, endOf(table, index, now) - since);
  return Math.max(0, wallMs(table, index, now) - table.pausedMs.get(index) - pausedNow);
}

/** Time since the last activity of the execution or a descendant; 0 while PAUSED, when its clock stands still. */
export function idleMs(table: ExecutionTable, index: number, now: Now): number {
  if (table.pausedSince.get(index) !== 0) return 0;
  return Math.max(0, endOf(table, index, now) - table.lastActivity.get(index));
}

function endOf(table: ExecutionTable, index: number, now: Now): number {
  return table.state.get(index) === STATE.completed ? table.endedMono.get(index) : now.monoMs;
}
