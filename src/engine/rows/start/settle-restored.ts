import { STATE } from "../../../domain/execution.ts";
import type { Now } from "../../../domain/time.ts";
import type { Loaded } from "../../../ports/cut-store.ts";
import { COMPLETED_MEMORY_MS } from "../../executions/forget.ts";
import { stillSince } from "../../limits/times.ts";
import { markLoss } from "../../losses/mark-loss.ts";
import { armDeadlines, armHalted } from "../../time/arm.ts";
import { DEADLINE } from "../../time/deadlines.ts";
import { SWEEP_MS } from "../../time/run-due.ts";
import type { World } from "../../world.ts";
import { armSlots, touchMovedGuards } from "../guard-images.ts";
import { RECONNECT_GRACE_MS, type Shift } from "../read-image.ts";

// After loading: clocks go on, deadlines are armed, and what a hole or damage touches is marked.

/**
 * Wall time and approvals include the time away; what of them has expired comes due at once. Idle clocks, steps and holds
 * do not: they go on with what was left, at least the reconnect grace.
 */
export function settleRestored(world: World, loaded: Loaded, shift: Shift, now: Now): void {
  const table = world.executions;
  for (const index of table.indexes()) {
    if (table.state.get(index) === STATE.completed) {
      const at = table.endedMono.get(index) + COMPLETED_MEMORY_MS;
      world.deadlines.add(at, DEADLINE.forgetExecution, index, table.stamp.get(index));
      world.completed.push({ index, stamp: table.stamp.get(index) });
      continue;
    }
    resumeIdleClock(world, index, shift, now);
    if (table.state.get(index) === STATE.halted) armHalted(world, index);
    else armDeadlines(world, index, now);
  }
  world.completed.sort((a, b) => table.endedMono.get(a.index) - table.endedMono.get(b.index));
  armHolds(world, shift, now);
  armSlots(world, shift, now);
  for (const entry of world.approvals.entries) {
    if (entry?.state !== "open") continue;
    world.deadlines.add(
      now.monoMs + Math.max(0, entry.expiresAtMs - now.wallMs),
      DEADLINE.approval,
      entry.row,
      0,
    );
  }
  world.deadlines.add(now.monoMs + SWEEP_MS, DEADLINE.sweep, 0, 0);
  if (shift.monoMs !== 0 || shift.awayMs !== 0) touchMovedRows(world);
  markLoss(world, loaded, now);
}

/** Instants that were moved must be in the next cut, which names this clock: beside it, old ones would be read wrongly. */
function touchMovedRows(world: World): void {
  for (const index of world.executions.indexes()) world.rows.executions.touch(index);
  for (const [row, entry] of world.reservations.entries.entries())
    if (entry !== undefined) world.rows.reservations.touch(row);
  for (const [row, entry] of world.requests.entries.entries())
    if (entry !== undefined) world.rows.requests.touch(row);
  touchMovedGuards(world);
  for (const [row, key] of world.rates.keys.entries()) if (key !== undefined) world.rows.rates.touch(row);
}

function resumeIdleClock(world: World, index: number, shift: Shift, now: Now): void {
  const table = world.executions;
  // The end of the pause leaves the time away out together with the pause.
  if (stillSince(table, index) !== 0) return;
  const timeout = table.limitsOf(index).byKey.idle_timeout_seconds;
  const resumed = table.lastActivity.get(index) + shift.awayMs;
  const atLeast =
    timeout === undefined ? resumed : now.monoMs + RECONNECT_GRACE_MS - Number(timeout.value) * 1000;
  table.lastActivity.set(index, Math.max(resumed, Math.min(atLeast, now.monoMs)));
}

function armHolds(world: World, shift: Shift, now: Now): void {
  for (const [row, entry] of world.reservations.entries.entries()) {
    if (entry?.state !== "held") continue;
    entry.expiresMono = Math.max(entry.expiresMono + shift.awayMs, now.monoMs + RECONNECT_GRACE_MS);
    world.deadlines.add(entry.expiresMono, DEADLINE.reservation, row, entry.stamp);
    if (entry.timeoutMs === undefined || entry.timedOut) continue;
    world.reservations.entries[row] = {
      ...entry,
      createdMono: resumedStep(entry.createdMono, entry.timeoutMs, shift, now),
    };
    const started = world.reservations.entries[row]?.createdMono ?? now.monoMs;
    world.deadlines.add(started + entry.timeoutMs + 1, DEADLINE.stepTimeout, row, entry.stamp);
  }
}

/** A step's clock goes on where it stood, with at least the reconnect grace left. */
function resumedStep(createdMono: number, timeoutMs: number, shift: Shift, now: Now): number {
  return Math.max(
    createdMono + shift.awayMs,
    Math.min(now.monoMs, now.monoMs + RECONNECT_GRACE_MS - timeoutMs),
  );
}
