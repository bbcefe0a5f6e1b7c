import { STATE } from "../../domain/execution.ts";
import { DAY_MS, HOUR_MS, type Now } from "../../domain/time.ts";
import { expireApproval } from "../approvals/answer-approvals.ts";
import { pushEvent, recordViolation } from "../events/push.ts";
import { flushWindows } from "../executions/charge.ts";
import { completeExecution } from "../executions/complete.ts";
import { dropForgotten, forgetExecution } from "../executions/forget.ts";
import { haltExecution, pauseExecution } from "../executions/state.ts";
import { expireSlot } from "../guards/calls/tool-calls.ts";
import { forgetSessions } from "../guards/session/sessions.ts";
import { exceededFinding, limitFacts } from "../limits/limit-finding.ts";
import { idleMs, wallMs, workingMs } from "../limits/times.ts";
import { runPolicySweep } from "../policy/refresh-policy.ts";
import { REPORTER_MEMORY_MS } from "../reports/reporter-table.ts";
import { forgetRequests } from "../requests/requests.ts";
import { expireReservation, timeOutStep } from "../reservations/resolve.ts";
import { forgetRuleCounts } from "../rules/count-firings.ts";
import type { World } from "../world.ts";
import { armHalted, armIdle, armWall, armWorking, isAbandoned } from "./arm.ts";
import { DEADLINE, type DueDeadline } from "./deadlines.ts";

/** How often what is remembered is looked through for what has been remembered long enough. */
export const SWEEP_MS = 10_000;

/**
 * Does what is due: deadlines that passed, then events for subtrees, then executions that another policy waits for, then
 * records that nobody asked for since the start. At most `max` pieces, and none after one at whose end `isEnough`; answers how
 * many were done, so that the caller can go on in its next slice.
 */
export function runDue(world: World, now: Now, max: number, isEnough: () => boolean = () => false): number {
  let done = 0;
  while (done < max && runPiece(world, now)) {
    done++;
    if (isEnough()) break;
  }
  return done;
}

/** Whether there was anything to do. */
function runPiece(world: World, now: Now): boolean {
  const due = world.deadlines.takeDue(now.monoMs);
  if (due !== undefined) {
    runDeadline(world, due, now);
    return true;
  }
  if (world.fanOut.pending && world.fanOut.run(world, now, 1) > 0) return true;
  if (world.quotaFanOut.pending && world.quotaFanOut.run(world, now, 1) > 0) return true;
  return runPolicySweep(world, now, 1) > 0 || world.executions.readSome(1) > 0;
}

function runDeadline(world: World, due: DueDeadline, now: Now): void {
  const { kind, key, stamp } = due;
  if (kind === DEADLINE.reservation) return expireReservation(world, key, stamp, now);
  if (kind === DEADLINE.toolCall) return expireSlot(world, key, stamp, now);
  if (kind === DEADLINE.stepTimeout) return timeOutStep(world, key, stamp, now);
  if (kind === DEADLINE.approval) return expireApproval(world, key, now);
  if (kind === DEADLINE.sweep) return sweep(world, now);
  if (kind === DEADLINE.sweepRequests) return sweepRequests(world, now);
  const table = world.executions;
  if (table.stamp.get(key) !== stamp || !table.has(key)) return;
  if (kind === DEADLINE.forgetExecution) return forgetExecution(world, key, now);
  if (kind === DEADLINE.endHalted) return endHalted(world, key, now);
  if (table.state.get(key) >= STATE.halted) return;
  if (kind === DEADLINE.wallTime) return endByTime(world, key, "max_wall_time_ms", now);
  if (kind === DEADLINE.workingTime) return endByTime(world, key, "max_working_time_ms", now);
  return endByIdle(world, key, now);
}

function endByTime(
  world: World,
  index: number,
  key: "max_wall_time_ms" | "max_working_time_ms",
  now: Now,
): void {
  const table = world.executions;
  const { limits, id } = table.record(index);
  const limit = limits.byKey[key];
  if (limit === undefined) return;
  const elapsed = Math.floor(
    key === "max_wall_time_ms" ? wallMs(table, index, now) : workingMs(table, index, now),
  );
  if (elapsed <= Number(limit.value) + limits.timeoutGraceMs) {
    // A limit that was raised, or working time that stood still: the deadline re-arms itself.
    if (key === "max_wall_time_ms") armWall(world, index);
    else armWorking(world, index, now);
    return;
  }
  act(world, index, exceededFinding(limitFacts(key, limit, BigInt(elapsed), 0n, id)), limit.onExceed, now);
}

/** Whoever ran it is gone, or it would have ended it: it must not count as live for ever. */
function endHalted(world: World, index: number, now: Now): void {
  const table = world.executions;
  if (table.state.get(index) !== STATE.halted) return;
  if (isAbandoned(table, index, now)) completeExecution(world, index, now);
  else armHalted(world, index);
}

function endByIdle(world: World, index: number, now: Now): void {
  const table = world.executions;
  const { limits, id } = table.record(index);
  const limit = limits.byKey.idle_timeout_seconds;
  if (limit === undefined || table.state.get(index) !== STATE.running) return;
  const seconds = Math.floor(idleMs(table, index, now) / 1000);
  if (seconds < Number(limit.value)) {
    armIdle(world, index);
    return;
  }
  act(
    world,
    index,
    exceededFinding(limitFacts("idle_timeout_seconds", limit, BigInt(seconds), 0n, id)),
    limit.onExceed,
    now,
  );
}

function act(
  world: World,
  index: number,
  finding: ReturnType<typeof exceededFinding>,
  onExceed: "halt" | "pause" | "block",
  now: Now,
): void {
  if (finding.shadow === true) recordViolation(world, index, finding, now);
  else if (onExceed === "halt") haltExecution(world, index, finding, now);
  else if (onExceed === "pause") pauseExecution(world, index, { ...finding, verdict: "PAUSE" }, now);
  else {
    recordViolation(world, index, finding, now);
    pushEvent(world, index, "BLOCK", finding.message, now, { finding });
  }
}

/** Forgets what has been remembered long enough, a bounded piece at a time. */
function sweep(world: World, now: Now): void {
  world.deadlines.add(now.monoMs + SWEEP_MS, DEADLINE.sweep, 0, 0);
  keepTime(world);
  const forgotten = forgetRequests(world, now, SWEEP_REQUESTS);
  if (forgotten === SWEEP_REQUESTS)
    world.deadlines.add(now.monoMs + SWEEP_AGAIN_MS, DEADLINE.sweepRequests, 0, 0);
  dropForgotten(world);
  forgetWindows(world, now);
  forgetReporters(world, now);
  forgetRuleCounts(world, now.wallMs, SWEEP_ROWS);
  world.rates.forgetFull(now.monoMs, SWEEP_ROWS, world.rows.rates, world.rows.rateTexts);
  forgetSessions(world, now);
}

/**
 * Lets a cut be made though nothing changed. It carries the instant from which a start counts the time away: without it what
 * idled before a kill would count as away, and idle clocks and holds of a quiet daemon would begin anew.
 */
export function keepTime({ executions, generations }: World): void {
  if (executions.live > 0) generations.dirty = true;
}

/** Most request ids that one sweep forgets, and how soon it goes on when there are more: as fast as they can be made. */
const SWEEP_REQUESTS = 1_000;
const SWEEP_AGAIN_MS = 5;

function sweepRequests(world: World, now: Now): void {
  if (forgetRequests(world, now, SWEEP_REQUESTS) < SWEEP_REQUESTS) return;
  world.deadlines.add(now.monoMs + SWEEP_AGAIN_MS, DEADLINE.sweepRequests, 0, 0);
}

/** Most rows that one sweep looks at. */
const SWEEP_ROWS = 2_000;

function forgetWindows(world: World, now: Now): void {
  flushWindows(world);
  world.windows.dropStaleBindings(now.wallMs - HOUR_MS);
  for (const row of world.windows.rowsFrom(SWEEP_ROWS)) {
    const text = world.windows.texts[row];
    if (text === undefined) continue;
    const length = text.endMs - text.startMs;
    if (now.wallMs < text.endMs + Math.max(2 * DAY_MS, length)) continue;
    // A hold that was extended over and over still lies in the window it was made in.
    if (world.windows.isHeld(row)) continue;
    world.rows.windows.touch(row);
    world.rows.windowTexts.touch(row);
    world.windows.remove(row);
  }
}

function forgetReporters(world: World, now: Now): void {
  for (const row of world.reporters.rowsFrom(SWEEP_ROWS)) {
    const entry = world.reporters.entries[row];
    if (entry === undefined || entry.executions > 0) continue;
    const unusedMs = now.monoMs - entry.lastUsedMono;
    if (unusedMs < REPORTER_MEMORY_MS) {
      // The wall clock jumped: the file must not take the jump for time that passed.
      if (Math.abs(now.wallMs - unusedMs - entry.lastUsedMs) < HOUR_MS) continue;
      world.rows.reporters.touch(row);
      entry.lastUsedMs = now.wallMs - unusedMs;
      continue;
    }
    world.rows.reporters.touch(row);
    world.rows.reporterTexts.touch(row);
    world.reporters.remove(row);
  }
}
