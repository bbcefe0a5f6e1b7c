// What limits say in the naive model: docs/limits.md, "Limits" and "States".
import { endHold, releaseCarve, takeCarve } from "./charge-model.ts";
import {
  type Amounts,
  CARVED,
  type CarveAmounts,
  COUNTED_LIMITS,
  type CountedLimit,
  chainOf,
  childrenOf,
  getExecution,
  heldAt,
  isCarved,
  type Model,
  type ModelExecution,
  nothing,
} from "./model.ts";
import { placesFit, resumedWith } from "./place-model.ts";

export interface Clock {
  readonly monoMs: number;
  readonly wallMs: number;
}

/** How ids of approvals are told: the engine makes them, in the order in which the model asks. */
export type NewApproval = (executionId: string, cause: CountedLimit) => string;

const KEYS = Object.keys(COUNTED_LIMITS) as CountedLimit[];
const CAPPED: { readonly [K in CountedLimit]?: keyof CarveAmounts } = {
  max_steps: "steps",
  max_tokens: "tokens",
  max_cost_usd: "cost",
  max_tool_calls: "toolCalls",
};
const REASONS: { readonly [K in CountedLimit]: string } = {
  max_steps: "STEP_LIMIT",
  max_tokens: "TOKEN_LIMIT",
  max_cost_usd: "COST_THRESHOLD",
  cost_alert_threshold_usd: "COST_THRESHOLD",
  max_discovered_steps: "DISCOVERED_STEP_LIMIT",
  max_requests: "REQUEST_LIMIT",
  max_tool_calls: "TOOL_CALL_LIMIT",
};
const APPROVAL_TIMEOUT_MS = 3_600_000;
const STRICTNESS = { RUNNING: 0, PAUSED: 1, HALTED: 2, COMPLETED: 3 } as const;

/** A limit of one execution; with `carve: cap` the carve is one too. */
export function limitOf(execution: ModelExecution, key: CountedLimit): number | undefined {
  const own = execution.limits[key];
  const unit = CAPPED[key];
  const cap = unit === undefined || execution.carve?.mode !== "cap" ? 0 : execution.carve.total[unit];
  if (cap === 0) return own;
  return own === undefined ? cap : Math.min(own, cap);
}

export function standingOf(model: Model, execution: ModelExecution, key: CountedLimit): number {
  const unit = COUNTED_LIMITS[key];
  return execution.spent[unit] + heldAt(model, execution.id, unit);
}

interface Crossing {
  readonly execution: ModelExecution;
  readonly key: CountedLimit;
  readonly verdict: "PAUSE" | "BLOCK";
}

/** Every limit, at the execution and its ancestors, that would be passed with `add` on top of what stands. */
export function crossingsOf(model: Model, id: string, add: Amounts | undefined): Crossing[] {
  const crossings: Crossing[] = [];
  const covered = nothing();
  for (const execution of chainOf(model, id)) {
    for (const key of KEYS) {
      const limit = limitOf(execution, key);
      const unit = COUNTED_LIMITS[key];
      if (limit === undefined) continue;
      const standing = standingOf(model, execution, key);
      if (key === "cost_alert_threshold_usd") {
        if (standing >= limit) crossings.push({ execution, key, verdict: "PAUSE" });
        continue;
      }
      if (add !== undefined && key === "max_discovered_steps" && add.discovered === 0) continue;
      if (standing + (add?.[unit] ?? 0) - covered[unit] > limit)
        crossings.push({ execution, key, verdict: "BLOCK" });
    }
    const { carve } = execution;
    if (carve?.isActive !== true || add === undefined) continue;
    for (const unit of CARVED) covered[unit] += Math.min(add[unit] - covered[unit], carve.held[unit]);
  }
  return crossings;
}

/** The strictest state on the way up that is not RUNNING; the nearest among equals. */
export function stoppedOf(model: Model, id: string): ModelExecution | undefined {
  let found: ModelExecution | undefined;
  for (const execution of chainOf(model, id)) {
    if (execution.state === "RUNNING") continue;
    if (found === undefined || STRICTNESS[execution.state] > STRICTNESS[found.state]) found = execution;
  }
  return found;
}

/** The verdict on an intent. A pause of a limit opens its question; nothing else changes. */
export function judgeIntent(
  model: Model,
  id: string,
  add: Amounts,
  clock: Clock,
  opened: NewApproval,
): "ALLOW" | "PAUSE" | "BLOCK" {
  const stopped = stoppedOf(model, id);
  const isStateReason = (one: Crossing): boolean =>
    one.execution === stopped && stopped.state !== "COMPLETED" && stopped.cause?.reason === REASONS[one.key];
  const crossings = crossingsOf(model, id, add).filter((one) => !isStateReason(one));
  if (stopped !== undefined && stopped.state !== "PAUSED") return "BLOCK";
  if (crossings.some((one) => one.verdict === "BLOCK")) return "BLOCK";
  if (stopped === undefined && crossings.length === 0) return "ALLOW";
  if (stopped?.cause?.key !== undefined) openApproval(model, stopped, stopped.cause.key, clock, opened);
  for (const { execution, key } of crossings) openApproval(model, execution, key, clock, opened);
  return "PAUSE";
}

function openApproval(
  model: Model,
  execution: ModelExecution,
  cause: CountedLimit,
  clock: Clock,
  opened: NewApproval,
): void {
  for (const open of model.approvals.values())
    if (open.executionId === execution.id && open.cause === cause) return;
  const id = opened(execution.id, cause);
  const limit = limitOf(execution, cause) ?? 0;
  const times = {
    expiresWall: clock.wallMs + APPROVAL_TIMEOUT_MS,
    dueMono: clock.monoMs + APPROVAL_TIMEOUT_MS,
  };
  model.approvals.set(id, { id, executionId: execution.id, cause, limit, ...times });
}

/** What stands after usage: crossed limits halt, pause or refuse the next. */
export function actOnStanding(model: Model, id: string, clock: Clock, opened: NewApproval): void {
  for (const { execution, key } of crossingsOf(model, id, undefined)) {
    const isAlert = key === "cost_alert_threshold_usd";
    const action = isAlert ? "pause" : execution.limits[key] === undefined ? "halt" : model.actions[key];
    if (action === "halt") halt(model, execution, REASONS[key], undefined);
    if (action === "pause") pause(model, execution, REASONS[key], key, clock, opened);
  }
}

export function halt(
  model: Model,
  execution: ModelExecution,
  reason: string,
  key: CountedLimit | undefined,
): void {
  if (execution.state === "HALTED" || execution.state === "COMPLETED") return;
  execution.state = "HALTED";
  execution.cause = { reason, key };
  releaseCarve(model, execution.carve);
  withdrawApprovals(model, execution.id);
}

export function pause(
  model: Model,
  execution: ModelExecution,
  reason: string,
  key: CountedLimit | undefined,
  clock: Clock,
  opened: NewApproval,
): void {
  // An operator's pause goes before the question of another: its answer no longer lets the run go on.
  const isHeld = execution.state === "PAUSED" && reason === "EXECUTION_PAUSED";
  if (execution.state !== "RUNNING" && !isHeld) return;
  execution.state = "PAUSED";
  execution.cause = { reason, key };
  if (key !== undefined) openApproval(model, execution, key, clock, opened);
}

export function withdrawApprovals(model: Model, id: string): void {
  for (const approval of [...model.approvals.values()])
    if (approval.executionId === id) model.approvals.delete(approval.id);
}

/** Whether a slice of what remains above `parentId` is to be had. */
export function carveFits(model: Model, parentId: string, amounts: CarveAmounts): boolean {
  const covered = nothing();
  for (const execution of chainOf(model, parentId)) {
    for (const key of [
      "max_steps",
      "max_tokens",
      "max_cost_usd",
      "cost_alert_threshold_usd",
      "max_tool_calls",
    ] as const) {
      const unit = COUNTED_LIMITS[key];
      const limit = limitOf(execution, key);
      const wanted = isCarved(unit) ? amounts[unit] - covered[unit] : 0;
      if (limit === undefined || wanted <= 0) continue;
      if (standingOf(model, execution, key) + wanted > limit) return false;
    }
    if (execution.carve?.isActive !== true) continue;
    for (const unit of CARVED)
      covered[unit] += Math.min(amounts[unit] - covered[unit], execution.carve.held[unit]);
  }
  return true;
}

/** False when a place or the carve is no longer to be had: nothing changes then. */
export function resume(model: Model, execution: ModelExecution, clock: Clock): boolean {
  const { carve, parentId } = execution;
  if (execution.state === "HALTED" && !placesFit(model, resumedWith(model, execution))) return false;
  if (execution.state === "HALTED" && carve !== undefined && parentId !== undefined && !carve.isActive) {
    const amounts = { ...carve.total };
    for (const unit of CARVED) {
      amounts[unit] = Math.max(0, amounts[unit] - execution.spent[unit] - heldAt(model, execution.id, unit));
    }
    if (!carveFits(model, parentId, amounts)) return false;
    takeCarve(model, parentId, carve, amounts);
  }
  execution.state = "RUNNING";
  execution.cause = undefined;
  execution.lastActivityMono = clock.monoMs;
  return true;
}

/** Ends an execution and its subtree, children first. */
export function complete(model: Model, id: string, clock: Clock): void {
  const execution = getExecution(model, id);
  if (execution.state === "COMPLETED") return;
  for (const child of childrenOf(model, id)) complete(model, child.id, clock);
  for (const hold of execution.holds.values()) if (hold.state === "held") endHold(model, hold, "expired");
  releaseCarve(model, execution.carve);
  execution.memory = 0;
  withdrawApprovals(model, id);
  execution.state = "COMPLETED";
  execution.endedMono = clock.monoMs;
}
