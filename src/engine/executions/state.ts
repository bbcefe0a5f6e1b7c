import type { Finding } from "../../domain/decision.ts";
import { STATE } from "../../domain/execution.ts";
import type { Now } from "../../domain/time.ts";
import { executionQuestion, openApproval, withdrawApprovals } from "../approvals/approvals.ts";
import { pushEvent, recordViolation } from "../events/push.ts";
import { freePlaces, takePlaces } from "../gauges/active-places.ts";
import { stillSince } from "../limits/times.ts";
import { armDeadlines, armHalted, armIdle, armWorking } from "../time/arm.ts";
import type { World } from "../world.ts";
import { releaseCarve, takeCarve } from "./carve.ts";

// RUNNING, PAUSED, HALTED, COMPLETED: one flag on one execution; its subtree reads it by walking up.

/** Ends a run for good, unless an operator raises its limits and resumes it. Nothing happens to one that has ended. */
export function haltExecution(world: World, index: number, finding: Finding, now: Now): boolean {
  const table = world.executions;
  const state = table.state.get(index);
  if (state === STATE.halted || state === STATE.completed) return false;
  const record = table.record(index);
  leavePause(world, index, now);
  world.rows.executions.touch(index);
  world.rows.executionTexts.touch(index);
  freePlaces(world, index);
  table.setState(index, STATE.halted);
  record.stateFinding = finding;
  releaseCarve(world, index);
  withdrawApprovals(world, index, now);
  armHalted(world, index);
  recordViolation(world, index, finding, now);
  pushEvent(world, index, "HALT", finding.message, now, { finding });
  world.fanOut.start(world, index, "HALT", finding.message, { finding });
  return true;
}

/** Stops a run until a person answers. A limit or a rule opens an approval; an operator's own pause ends by `Resume`. */
export function pauseExecution(world: World, index: number, finding: Finding, now: Now): boolean {
  const table = world.executions;
  if (table.state.get(index) !== STATE.running) return false;
  const record = table.record(index);
  world.rows.executions.touch(index);
  world.rows.executionTexts.touch(index);
  table.setState(index, STATE.paused);
  table.pausedSince.set(index, now.monoMs);
  const asks = finding.kind === "LIMIT" || finding.kind === "RULE";
  const approvalId = asks ? openApproval(world, index, executionQuestion(finding), now) : undefined;
  const kept = approvalId === undefined ? finding : { ...finding, approvalId };
  record.stateFinding = kept;
  recordViolation(world, index, kept, now);
  pushEvent(world, index, "PAUSE", finding.message, now, { finding: kept });
  world.fanOut.start(world, index, "PAUSE", finding.message, { finding: kept });
  return true;
}

/** Puts another reason in the place of the one that a paused execution waits for. */
export function holdPause(world: World, index: number, finding: Finding, now: Now): void {
  world.rows.executionTexts.touch(index);
  world.executions.record(index).stateFinding = finding;
  pushEvent(world, index, "PAUSE", finding.message, now, { finding });
  world.fanOut.start(world, index, "PAUSE", finding.message, { finding });
}

/**
 * Lets a paused or halted execution go on. A halted one takes the places of its subtree and its carve again. `approvalId` is the approval
 * that let it.
 * @returns a finding when no place or too little for the carve is left
 */
export function resumeExecution(
  world: World,
  index: number,
  message: string,
  now: Now,
  approvalId?: string,
): Finding | undefined {
  const table = world.executions;
  const record = table.record(index);
  const state = table.state.get(index);
  if (state === STATE.halted) {
    const refused = takePlaces(world, index, now);
    if (refused !== undefined) return refused;
    const short = takeCarve(world, index);
    if (short !== undefined) {
      freePlaces(world, index);
      return short;
    }
  }
  leavePause(world, index, now);
  world.rows.executions.touch(index);
  world.rows.executionTexts.touch(index);
  table.setState(index, STATE.running);
  table.lastActivity.set(index, now.monoMs);
  table.verdict.set(index, 0);
  record.stateFinding = undefined;
  armDeadlines(world, index, now);
  const facts = approvalId === undefined ? {} : { approvalId };
  pushEvent(world, index, "RESUME", message, now, facts);
  world.fanOut.start(world, index, "RESUME", message, facts);
  return undefined;
}

/** Ends the pause in force: working time and idle clocks of the execution and its subtree go on where they stood. */
export function leavePause(world: World, index: number, now: Now): void {
  const table = world.executions;
  const since = table.pausedSince.get(index);
  if (since === 0) return;
  world.rows.executions.touch(index);
  table.pausedSince.set(index, 0);
  for (const at of withDescendants(world, index)) {
    if (table.state.get(at) === STATE.completed) continue;
    // What another pause of the chain covers too is left to that one's end.
    const other = stillSince(table, at);
    standStill(world, at, since, other === 0 ? now.monoMs : other);
    if (at === index || other !== 0) continue;
    armWorking(world, at, now);
    armIdle(world, at);
  }
}

/** Leaves a stretch of time out of the working time and the idle clock of one execution. */
export function standStill(world: World, index: number, fromMono: number, untilMono: number): void {
  const table = world.executions;
  world.rows.executions.touch(index);
  const began = Math.max(fromMono, table.startedMono.get(index));
  table.pausedMs.set(index, table.pausedMs.get(index) + Math.max(0, untilMono - began));
  const last = table.lastActivity.get(index);
  table.lastActivity.set(index, last + Math.max(0, untilMono - Math.max(fromMono, last)));
}

function* withDescendants({ executions }: World, index: number): Generator<number> {
  const pending = [index];
  for (let at = pending.pop(); at !== undefined; at = pending.pop()) {
    yield at;
    for (const child of executions.children(at)) pending.push(child);
  }
}
