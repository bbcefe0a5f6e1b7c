import { STATE } from "../../domain/execution.ts";
import type { Now } from "../../domain/time.ts";
import { eventRow } from "../events/push.ts";
import { forgetCalls } from "../guards/calls/tool-calls.ts";
import { completedRow } from "../rows/execution-text.ts";
import type { World } from "../world.ts";
import { keyOf } from "./execution-record.ts";

/** How long a completed execution stays in memory; then only its row in the file tells of it. */
export const COMPLETED_MEMORY_MS = 3_600_000;

/** Removes a completed execution with everything that is kept under it. */
export function forgetExecution(world: World, index: number, now: Now): void {
  const table = world.executions;
  const record = table.recordAt(index);
  if (record === undefined || table.state.get(index) !== STATE.completed) return;
  for (const child of [...table.children(index)]) forgetExecution(world, child, now);
  keepLateUsage(world, index);
  const { rows } = world;
  rows.executions.touch(index);
  rows.executionTexts.touch(index);
  rows.loops.touch(index);
  for (const event of record.events) rows.executionEvents.touch(eventRow(index, event.number));
  for (const row of record.reservations?.values() ?? []) {
    rows.reservations.touch(row);
    world.reservations.remove(row);
  }
  for (const memory of record.requests?.values() ?? []) {
    rows.requests.touch(memory.row);
    world.requests.remove(memory.row);
  }
  forgetCalls(world, index);
  for (const id of world.approvals.ofExecution(index)) {
    rows.approvals.touch(id);
    world.approvals.remove(id);
  }
  for (const reporter of record.reporters) {
    rows.reporters.touch(reporter);
    world.reporters.releaseExecution(reporter, now);
  }
  table.remove(index);
}

/** Usage that came after the end is not in the row that was written then: a newer row takes its place. */
function keepLateUsage(world: World, index: number): void {
  const table = world.executions;
  const record = table.record(index);
  if (table.lastActivity.get(index) <= table.endedMono.get(index)) return;
  world.generations.append("completed_executions", {
    at_ms: table.startedWall.get(index) + table.lastActivity.get(index) - table.startedMono.get(index),
    tenant: record.principal.tenant,
    subject: keyOf(record),
    kind: "late",
    body: completedRow(world, index),
  });
}

/**
 * Makes room: the execution that completed first goes, though its hour is not over. False when there is none, or when it must
 * stay: a request that is sent again within its 10 minutes must find its first answer.
 */
export function forgetOldestCompleted(world: World, now: Now): boolean {
  dropForgotten(world);
  const oldest = world.completed.first;
  if (oldest === undefined || (world.executions.record(oldest.index).requests?.size ?? 0) > 0) return false;
  world.completed.shift();
  forgetExecution(world, oldest.index, now);
  return true;
}

/** Takes what was forgotten already off the head of the list. */
export function dropForgotten(world: World): void {
  const { completed, executions } = world;
  for (;;) {
    const { first } = completed;
    if (first === undefined) return;
    if (executions.stamp.get(first.index) === first.stamp && executions.has(first.index)) return;
    completed.shift();
  }
}
