import type { Finding } from "../../domain/decision.ts";
import { TollgateError } from "../../domain/errors.ts";
import { EXECUTION_STATES, STATE } from "../../domain/execution.ts";
import type { LimitOverrides } from "../../domain/limits.ts";
import type { Now } from "../../domain/time.ts";
import { withdrawApprovals } from "../approvals/approvals.ts";
import { audit } from "../events/push.ts";
import { refreshStalePolicy } from "../policy/refresh-policy.ts";
import type { World } from "../world.ts";
import { assertWithinCeilings, replaceLimits } from "./adjust.ts";
import { haltExecution, holdPause, pauseExecution, resumeExecution } from "./state.ts";

// What operators do to running executions. Nothing here is reachable from the agent socket (P12).

/**
 * Stops a run until an operator resumes it. One that waits for an approval waits for both from then on: the answer alone no longer lets
 * it go on.
 * @throws TollgateError EXECUTION_NOT_RUNNING
 */
export function pauseByOperator(
  world: World,
  index: number,
  by: string,
  note: string | undefined,
  now: Now,
): void {
  const { id, stateFinding } = world.executions.record(index);
  const state = world.executions.state.get(index);
  if (state === STATE.paused && stateFinding?.reason === "EXECUTION_PAUSED") return;
  if (state !== STATE.running && state !== STATE.paused) {
    throw new TollgateError("EXECUTION_NOT_RUNNING", `execution ${id} is not running`);
  }
  const finding: Finding = {
    verdict: "PAUSE",
    kind: "STATE",
    reason: "EXECUTION_PAUSED",
    message: `paused by ${by}${note === undefined || note === "" ? "" : `: ${note}`}`,
    executionId: id,
  };
  if (state === STATE.paused) holdPause(world, index, finding, now);
  else pauseExecution(world, index, finding, now);
  audit(world, index, "pause", by, { note, before: EXECUTION_STATES[state], after: "PAUSED" }, now);
}

/**
 * Lets a paused or halted execution go on.
 * @returns a finding when its place or its carve is no longer to be had
 * @throws TollgateError EXECUTION_COMPLETED
 */
export function resumeByOperator(
  world: World,
  index: number,
  by: string,
  note: string | undefined,
  now: Now,
): Finding | undefined {
  const { id } = world.executions.record(index);
  const state = world.executions.state.get(index);
  if (state === STATE.completed) throw new TollgateError("EXECUTION_COMPLETED", `execution ${id} has ended`);
  if (state === STATE.running) return undefined;
  const refused = resumeExecution(world, index, `resumed by ${by}`, now);
  if (refused !== undefined) return refused;
  // The operator has answered: a question that nobody answers later must not halt the run again.
  withdrawApprovals(world, index, now, "execution");
  audit(world, index, "resume", by, { note, before: EXECUTION_STATES[state], after: "RUNNING" }, now);
  return undefined;
}

/** @throws TollgateError EXECUTION_COMPLETED */
export function haltByOperator(
  world: World,
  index: number,
  by: string,
  note: string | undefined,
  now: Now,
): void {
  const { id } = world.executions.record(index);
  const state = world.executions.state.get(index);
  if (state === STATE.completed) throw new TollgateError("EXECUTION_COMPLETED", `execution ${id} has ended`);
  const finding: Finding = {
    verdict: "BLOCK",
    kind: "STATE",
    reason: "EXECUTION_HALTED",
    message: `halted by ${by}${note === undefined || note === "" ? "" : `: ${note}`}`,
    executionId: id,
  };
  if (!haltExecution(world, index, finding, now)) return;
  audit(world, index, "halt", by, { note, before: EXECUTION_STATES[state], after: "HALTED" }, now);
}

/** Sets limits of one execution, within the ceilings. @throws TollgateError ABOVE_CEILING · EXECUTION_COMPLETED */
export function adjustByOperator(
  world: World,
  index: number,
  change: LimitOverrides,
  by: string,
  note: string | undefined,
  now: Now,
): void {
  const record = world.executions.record(index);
  if (world.executions.state.get(index) === STATE.completed)
    throw new TollgateError("EXECUTION_COMPLETED", `execution ${record.id} has ended`);
  refreshStalePolicy(world, index, now);
  assertWithinCeilings(record.policy.limits, change);
  const before = record.adjusted;
  replaceLimits(world, index, change, now);
  audit(world, index, "adjust_limits", by, { note, before, after: record.adjusted }, now);
}
