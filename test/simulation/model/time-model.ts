// What time does in the naive model: docs/limits.md, "Timers push" and "Start".
import { endHold } from "./charge-model.ts";
import { type Clock, complete, halt } from "./judge-model.ts";
import {
  chainOf,
  childrenOf,
  type Model,
  type ModelApproval,
  type ModelExecution,
  type ModelHold,
} from "./model.ts";

const GRACE_MS = 1_000;
const FORGET_MS = 3_600_000;
const ABANDONED_MS = 86_400_000;
const RECONNECT_GRACE_MS = 30_000;

interface Due {
  readonly atMono: number;
  readonly run: (clock: Clock) => void;
}

/** Idle clocks stand still below a pause: what passes moves on what was the last activity. */
export function passTime(model: Model, ms: number): void {
  for (const execution of model.executions.values())
    if (isStill(model, execution)) execution.lastActivityMono += ms;
}

function isStill(model: Model, { id, state }: ModelExecution): boolean {
  return state !== "COMPLETED" && chainOf(model, id).some((one) => one.state === "PAUSED");
}

/** Does everything that is due at `clock`, in the order in which it came due. */
export function runTimers(model: Model, clock: Clock): void {
  for (;;) {
    const next = dueOf(model, clock).reduce<Due | undefined>(
      (least, one) => (least === undefined || one.atMono < least.atMono ? one : least),
      undefined,
    );
    if (next === undefined || next.atMono > clock.monoMs) return;
    next.run(clock);
  }
}

function dueOf(model: Model, clock: Clock): Due[] {
  const due: Due[] = [];
  for (const execution of model.executions.values()) {
    for (const hold of execution.holds.values()) if (hold.state === "held") due.push(expiryOf(model, hold));
    due.push(...timeLimitsOf(model, execution));
  }
  for (const approval of model.approvals.values()) due.push(approvalExpiry(model, approval, clock));
  return due;
}

function expiryOf(model: Model, hold: ModelHold): Due {
  return { atMono: hold.expiresMono, run: () => endHold(model, hold, "expired") };
}

function timeLimitsOf(model: Model, execution: ModelExecution): Due[] {
  const { state, limits, startedMono, lastActivityMono, endedMono } = execution;
  if (state === "COMPLETED") return [{ atMono: endedMono + FORGET_MS, run: () => forget(model, execution) }];
  if (state === "HALTED") {
    const run = (clock: Clock): void => complete(model, execution.id, clock);
    return [{ atMono: lastActivityMono + ABANDONED_MS, run }];
  }
  const due: Due[] = [];
  const { max_wall_time_ms: wall, idle_timeout_seconds: idle } = limits;
  if (wall !== undefined) {
    const run = (): void => halt(model, execution, "WALL_TIME_LIMIT", undefined);
    due.push({ atMono: startedMono + wall + GRACE_MS + 1, run });
  }
  if (idle !== undefined && state === "RUNNING" && !isStill(model, execution)) {
    const run = (): void => halt(model, execution, "IDLE_TIMEOUT", undefined);
    due.push({ atMono: lastActivityMono + idle * 1000, run });
  }
  return due;
}

function approvalExpiry(model: Model, approval: ModelApproval, clock: Clock): Due {
  const run = (): void => {
    if (clock.wallMs < approval.expiresWall) {
      approval.dueMono = clock.monoMs + (approval.expiresWall - clock.wallMs);
      return;
    }
    model.approvals.delete(approval.id);
    const execution = model.executions.get(approval.executionId);
    if (execution !== undefined) halt(model, execution, "APPROVAL_EXPIRED", undefined);
  };
  return { atMono: approval.dueMono, run };
}

/** A completed execution is forgotten with its subtree. */
function forget(model: Model, execution: ModelExecution): void {
  for (const child of childrenOf(model, execution.id)) forget(model, child);
  model.executions.delete(execution.id);
}

/**
 * The process starts again from what stood at `cut`: wall time and approvals include the time away; idle clocks and holds
 * go on with what was left, at least the reconnect grace.
 */
export function restartModel(model: Model, cut: Clock, isSameBoot: boolean, clock: Clock): void {
  const awayMs = isSameBoot ? Math.max(0, clock.monoMs - cut.monoMs) : Math.max(0, clock.wallMs - cut.wallMs);
  const moved = isSameBoot ? 0 : clock.monoMs - awayMs - cut.monoMs;
  for (const execution of model.executions.values()) {
    execution.startedMono += moved;
    execution.endedMono += moved;
    execution.lastActivityMono += moved;
    for (const hold of execution.holds.values()) {
      hold.expiresMono += moved;
      if (hold.state === "held")
        hold.expiresMono = Math.max(hold.expiresMono + awayMs, clock.monoMs + RECONNECT_GRACE_MS);
    }
    if (execution.state === "COMPLETED") continue;
    if (isStill(model, execution)) {
      execution.lastActivityMono += awayMs;
      continue;
    }
    const idle = execution.limits.idle_timeout_seconds;
    const graced = idle === undefined ? 0 : clock.monoMs + RECONNECT_GRACE_MS - idle * 1000;
    execution.lastActivityMono = Math.max(
      execution.lastActivityMono + awayMs,
      Math.min(graced, clock.monoMs),
    );
  }
  for (const approval of model.approvals.values()) {
    approval.dueMono = clock.monoMs + Math.max(0, approval.expiresWall - clock.wallMs);
  }
}
