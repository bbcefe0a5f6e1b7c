import { STATE } from "../../domain/execution.ts";
import type { Now } from "../../domain/time.ts";
import { type ExecutionTable, NO_INDEX } from "../executions/execution-table.ts";

// Wall, working and idle time of an execution, in ms of the monotonic clock. They stand still once it has ended.

export function wallMs(table: ExecutionTable, index: number, now: Now): number {
  return Math.max(0, endOf(table, index, now) - table.startedMono.get(index));
}

/** Since when an execution stands still: it or an ancestor is PAUSED. 0 when none is, and once it has ended. */
export function stillSince(table: ExecutionTable, index: number): number {
  if (table.state.get(index) === STATE.completed) return 0;
  let earliest = 0;
  for (let at = index; at !== NO_INDEX; at = table.parent.get(at)) {
    const since = table.pausedSince.get(at);
    if (since !== 0 && (earliest === 0 || since < earliest)) earliest = since;
  }
  return earliest;
}

/** Wall time less time in PAUSED, its own and its ancestors'. */
export function workingMs(table: ExecutionTable, index: number, now: Now): number {
  const since = stillSince(table, index);
  const pausedNow = since === 0 ? 0 : Math.max(0, endOf(table, index, now) - since);
  return Math.max(0, wallMs(table, index, now) - table.pausedMs.get(index) - pausedNow);
}

/** Time since the last activity of the execution or a descendant; 0 while PAUSED, when its clock stands still. */
export function idleMs(table: ExecutionTable, index: number, now: Now): number {
  if (stillSince(table, index) !== 0) return 0;
  return Math.max(0, endOf(table, index, now) - table.lastActivity.get(index));
}

function endOf(table: ExecutionTable, index: number, now: Now): number {
  return table.state.get(index) === STATE.completed ? table.endedMono.get(index) : now.monoMs;
}
