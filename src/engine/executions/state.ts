import type { Finding } from "../../domain/decision.ts";
import { STATE } from "../../domain/execution.ts";
import { CONCURRENCY_LEVELS, type EffectiveLimit } from "../../domain/limits.ts";
import type { Now } from "../../domain/time.ts";
import { executionQuestion, openApproval, withdrawApprovals } from "../approvals/approvals.ts";
import { pushEvent, recordViolation } from "../events/push.ts";
import { exceededFinding } from "../limits/limit-finding.ts";
import { stillSince } from "../limits/times.ts";
import { judgePlaceAgain, takeShadowPlaces } from "../quotas/judge-registration.ts";
import { armDeadlines, armHalted, armIdle, armWorking } from "../time/arm.ts";
import type { World } from "../world.ts";
import { releaseCarve, takeCarve } from "./carve.ts";
import type { ExecutionRecord } from "./execution-record.ts";

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
  table.setState(index, STATE.halted);
  record.stateFinding = finding;
  countActive(world, record, -1);
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

/**
 * Lets a paused or halted execution go on. A halted one takes its place and its carve again. `approvalId` is the approval
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
    const refused =
      checkConcurrency(world, record) ??
      judgePlaceAgain(world, record, now).find((finding) => finding.shadow !== true) ??
      takeCarve(world, index);
    if (refused !== undefined) return refused;
    countActive(world, record, 1);
    takeShadowPlaces(world, record, now);
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

/** RUNNING and PAUSED executions hold a place of every level of their principal. */
export function countActive(world: World, record: ExecutionRecord, by: 1 | -1): void {
  world.places.count(record.principal, by);
  if (by < 0) world.places.releaseShadow(record.index);
}

/** Whether the principal may have one more active execution. */
export function checkConcurrency(
  world: World,
  record: Pick<ExecutionRecord, "principal" | "limits" | "id">,
): Finding | undefined {
  for (const level of CONCURRENCY_LEVELS) {
    const limit = record.limits.concurrency[level];
    const name = record.principal[level];
    if (limit === undefined || limit.mode === "shadow" || name === undefined) continue;
    const active = BigInt(world.places.of(record.principal.tenant, { level, name }));
    if (active < limit.value) continue;
    return exceededConcurrency(level, limit, active, record.id);
  }
  return undefined;
}

function exceededConcurrency(
  level: string,
  limit: EffectiveLimit,
  active: bigint,
  executionId: string,
): Finding {
  return exceededFinding({
    key: `max_concurrent_executions.${level}`,
    violationType: "concurrency_limit",
    unit: "count",
    limit,
    current: active + 1n,
    held: 0n,
    executionId,
  });
}
