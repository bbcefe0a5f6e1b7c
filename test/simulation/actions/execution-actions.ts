// Executions come, branch, are watched over by operators, and end.
import type { ExecutionId } from "../../../src/domain/ids.ts";
import type { LimitKey, LimitOverrides } from "../../../src/domain/limits.ts";
import { approve, reject } from "../../../src/engine/approvals/answer-approvals.ts";
import {
  adjustByOperator,
  haltByOperator,
  pauseByOperator,
  resumeByOperator,
} from "../../../src/engine/executions/administer.ts";
import { completeExecution } from "../../../src/engine/executions/complete.ts";
import { registerExecution } from "../../../src/engine/executions/register.ts";
import { CALLER } from "../../unit/engine/engine-fixture.ts";
import { takeCarve } from "../model/charge-model.ts";
import {
  carveFits,
  complete,
  halt,
  pause,
  resume,
  standingOf,
  stoppedOf,
  withdrawApprovals,
} from "../model/judge-model.ts";
import {
  type CarveAmounts,
  COUNTED_LIMITS,
  type CountedLimit,
  chainOf,
  type ModelCarve,
  type ModelExecution,
  type ModelLimits,
  type ModelPrincipal,
  nothing,
  nothingCarved,
} from "../model/model.ts";
import { placesFit } from "../model/place-model.ts";
import type { Simulation } from "../simulation.ts";

const DEEPEST = 4;
const KEYS = Object.keys(COUNTED_LIMITS) as CountedLimit[];

export function register(sim: Simulation): void {
  const parents = [...sim.model.executions.values()].filter(
    (one) => chainOf(sim.model, one.id).length < DEEPEST,
  );
  const parent = parents.length > 0 && sim.chance(0.65) ? sim.pick(parents) : undefined;
  const id = `e${++sim.names}`;
  const requested = chooseLimits(sim, parent === undefined);
  const carve = parent !== undefined && sim.chance(0.5) ? chooseCarve(sim) : undefined;
  const mode = sim.pick(["cap", "floor"] as const);
  const user = sim.pick(["ann", "bob", undefined]);
  const tenant = sim.pick(["acme", "zeta"]);
  const request = {
    executionId: id as ExecutionId,
    principal: parent === undefined ? { tenant, user } : undefined,
    labels: {},
    discovered: false,
    requested: toOverrides(requested),
    parentId: parent?.id as ExecutionId | undefined,
    carve: carve === undefined ? undefined : toCarve(carve),
    carveMode: mode,
  };
  const stopped = parent === undefined ? undefined : stoppedOf(sim.model, parent.id);
  const isStopped = stopped?.state === "HALTED" || stopped?.state === "COMPLETED";
  const fits =
    isStopped ||
    (placesFit(sim.model, [parent ?? { tenant, user }]) &&
      (carve === undefined || parent === undefined || carveFits(sim.model, parent.id, carve)));
  const { value, error } = sim.attempt(() =>
    registerExecution(sim.daemon.world, CALLER, request, sim.daemon.now),
  );
  sim.note(
    `register ${id} below ${parent?.id} carve ${JSON.stringify(carve)} ${mode}: ${error ?? value?.decision.verdict}`,
  );
  sim.expect(`error of registering ${id}`, error, isStopped ? "PARENT_NOT_RUNNING" : undefined);
  if (error !== undefined) return;
  sim.expect(`${id} registered`, value.index >= 0, fits);
  if (fits) addExecution(sim, { id, parent, tenant, user, requested, carve, mode });
}

interface Added {
  readonly id: string;
  readonly parent: ModelExecution | undefined;
  readonly tenant: string;
  readonly user: string | undefined;
  readonly requested: ModelLimits;
  readonly carve: CarveAmounts | undefined;
  readonly mode: "cap" | "floor";
}

/** What a call that takes something registers. */
export function addRegistered(sim: Simulation, id: string, principal: ModelPrincipal): void {
  addExecution(sim, { id, ...principal, parent: undefined, requested: {}, carve: undefined, mode: "cap" });
}

function addExecution(sim: Simulation, { id, parent, tenant, user, requested, carve, mode }: Added): void {
  const limits: ModelLimits = { ...requested };
  for (const key of KEYS) {
    const policy = Number(sim.policy.byKey[key]?.value);
    limits[key] = Math.min(policy, requested[key] ?? policy);
  }
  const carved: ModelCarve | undefined =
    carve === undefined
      ? undefined
      : { mode, total: carve, held: nothingCarved(), taken: nothingCarved(), takes: [], isActive: false };
  sim.model.executions.set(id, {
    id,
    parentId: parent?.id,
    tenant: parent?.tenant ?? tenant,
    user: parent === undefined ? user : parent.user,
    state: "RUNNING",
    cause: undefined,
    spent: nothing(),
    limits,
    carve: carved,
    memory: 0,
    holds: new Map(),
    requests: new Set(),
    startedMono: sim.clock.monoMs,
    lastActivityMono: sim.clock.monoMs,
    endedMono: 0,
    reporters: new Set(),
  });
  if (carved !== undefined && parent !== undefined && carve !== undefined)
    takeCarve(sim.model, parent.id, carved, carve);
}

function chooseLimits(sim: Simulation, isRoot: boolean): ModelLimits {
  const limits: ModelLimits = {};
  if (sim.chance(0.3)) limits.max_steps = 3 + sim.below(30);
  if (sim.chance(0.2)) limits.max_tokens = 300 + sim.below(3_000);
  if (sim.chance(0.2)) limits.cost_alert_threshold_usd = 200 + sim.below(2_000);
  // Time limits only where no carve can be released at the very millisecond at which a hold in it expires.
  if (isRoot && sim.chance(0.2)) limits.max_wall_time_ms = 60_000 + sim.below(3_600_000);
  if (isRoot && sim.chance(0.2)) limits.idle_timeout_seconds = 60 + sim.below(1_800);
  return limits;
}

function chooseCarve(sim: Simulation): CarveAmounts {
  return { steps: sim.below(8), tokens: sim.below(800), cost: sim.below(600), toolCalls: sim.below(4) };
}

function toOverrides(limits: ModelLimits): LimitOverrides {
  const values: { [K in LimitKey]?: bigint } = {};
  for (const [key, value] of Object.entries(limits) as [LimitKey, number][]) values[key] = BigInt(value);
  return { values, custom: {} };
}

function toCarve({ steps, tokens, cost, toolCalls }: CarveAmounts) {
  return {
    steps: BigInt(steps),
    tokens: BigInt(tokens),
    costNanoUsd: BigInt(cost),
    toolCalls: BigInt(toolCalls),
  };
}

export function completeOne(sim: Simulation): void {
  const execution = pickExecution(sim);
  if (execution === undefined) return;
  sim.note(`complete ${execution.id}`);
  completeExecution(sim.daemon.world, sim.index(execution.id), sim.daemon.now);
  complete(sim.model, execution.id, sim.now);
}

/** Any execution; often one that still runs, and among those one inside a carve. */
export function pickExecution(sim: Simulation): ModelExecution | undefined {
  const every = [...sim.model.executions.values()];
  const running = every.filter((one) => stoppedOf(sim.model, one.id) === undefined);
  const carved = running.filter((one) =>
    chainOf(sim.model, one.id).some((at) => at.carve?.isActive === true),
  );
  const all =
    carved.length > 0 && sim.chance(0.4) ? carved : running.length > 0 && sim.chance(0.5) ? running : every;
  return all.length === 0 ? undefined : sim.pick(all);
}

export function operate(sim: Simulation): void {
  const stopped = [...sim.model.executions.values()].filter(
    (one) => one.state === "HALTED" || one.state === "PAUSED",
  );
  const carved = [...sim.model.executions.values()].filter((one) => one.carve?.isActive === true);
  const action = sim.pick(["pause", "resume", "resume", "halt", "halt", "adjust", "adjust"] as const);
  const wanted = action === "resume" ? stopped : action === "halt" ? carved : [];
  const execution = wanted.length > 0 && sim.chance(0.8) ? sim.pick(wanted) : pickExecution(sim);
  if (execution === undefined) return;
  const error = OPERATORS[action](sim, execution);
  sim.note(`operator: ${action} ${execution.id}: ${error ?? "done"}`);
}

type Operator = (sim: Simulation, execution: ModelExecution) => string | undefined;

const OPERATORS: { readonly [name in "pause" | "resume" | "halt" | "adjust"]: Operator } = {
  pause: (sim, execution) => {
    const { error } = sim.attempt(() =>
      pauseByOperator(sim.daemon.world, sim.index(execution.id), "op", undefined, sim.daemon.now),
    );
    const isStopped = execution.state === "HALTED" || execution.state === "COMPLETED";
    sim.expect("error of pausing", error, isStopped ? "EXECUTION_NOT_RUNNING" : undefined);
    if (error === undefined) pause(sim.model, execution, "EXECUTION_PAUSED", undefined, sim.now, sim.opened);
    return error;
  },
  resume: (sim, execution) => {
    const { value, error } = sim.attempt(() =>
      resumeByOperator(sim.daemon.world, sim.index(execution.id), "op", undefined, sim.daemon.now),
    );
    sim.expect(
      "error of resuming",
      error,
      execution.state === "COMPLETED" ? "EXECUTION_COMPLETED" : undefined,
    );
    if (error !== undefined || execution.state === "RUNNING") return error;
    const isResumed = resume(sim.model, execution, sim.now);
    sim.expect("resumed", value === undefined, isResumed);
    if (isResumed) withdrawApprovals(sim.model, execution.id);
    return value?.message;
  },
  halt: (sim, execution) => {
    const { error } = sim.attempt(() =>
      haltByOperator(sim.daemon.world, sim.index(execution.id), "op", undefined, sim.daemon.now),
    );
    sim.expect(
      "error of halting",
      error,
      execution.state === "COMPLETED" ? "EXECUTION_COMPLETED" : undefined,
    );
    if (error === undefined) halt(sim.model, execution, "EXECUTION_HALTED", undefined);
    return error;
  },
  adjust: (sim, execution) => {
    const key = sim.pick(KEYS);
    const value = Math.floor((execution.limits[key] ?? 10) * (0.5 + sim.random.next() * 2)) + 1;
    const change = toOverrides({ [key]: value });
    const { error } = sim.attempt(() =>
      adjustByOperator(sim.daemon.world, sim.index(execution.id), change, "op", undefined, sim.daemon.now),
    );
    sim.expect(
      "error of adjusting",
      error,
      execution.state === "COMPLETED" ? "EXECUTION_COMPLETED" : undefined,
    );
    if (error === undefined) execution.limits[key] = value;
    return error ?? `${key} = ${value}`;
  },
};

export function answerApproval(sim: Simulation): void {
  const open = [...sim.model.approvals.values()];
  if (open.length === 0) return;
  const approval = sim.pick(open);
  const execution = sim.model.executions.get(approval.executionId);
  if (execution === undefined) return;
  const { world, now } = sim.daemon;
  const answer = { approvalId: approval.id, approvedBy: "op", note: undefined };
  const isApproved = sim.chance(0.75);
  sim.note(`${isApproved ? "approve" : "reject"} ${approval.id} of ${execution.id}, ${approval.cause}`);
  sim.model.approvals.delete(approval.id);
  if (!isApproved) {
    reject(world, answer, now);
    return halt(sim.model, execution, "APPROVAL_REJECTED", undefined);
  }
  approve(world, answer, now);
  raise(sim, execution, approval.cause, approval.limit);
  const isHeld = execution.cause?.reason === "EXECUTION_PAUSED";
  if (execution.state === "PAUSED" && !isHeld) resume(sim.model, execution, sim.now);
}

/** The new threshold: what stands plus the original once more, for money at most `max_cost_usd`. */
function raise(sim: Simulation, execution: ModelExecution, cause: CountedLimit, original: number): void {
  const standing = standingOf(sim.model, execution, cause);
  const { limits } = execution;
  if (cause === "cost_alert_threshold_usd") {
    limits[cause] = Math.min(standing + original, limits.max_cost_usd ?? Number.POSITIVE_INFINITY);
  } else if (limits[cause] !== undefined) limits[cause] = standing + limits[cause];
}

/** A registration that comes again: the same content rejoins, another user is refused. */
export function rejoin(sim: Simulation): void {
  const roots = [...sim.model.executions.values()].filter((one) => one.parentId === undefined);
  if (roots.length === 0) return;
  const { id } = sim.pick(roots);
  const record = sim.daemon.world.executions.record(sim.index(id));
  const other = sim.chance(0.3);
  const principal = other ? { ...record.principal, user: "eve" } : record.principal;
  const request = {
    executionId: id as ExecutionId,
    principal,
    labels: {},
    discovered: false,
    requested: record.requested,
  };
  const { value, error } = sim.attempt(() =>
    registerExecution(sim.daemon.world, CALLER, request, sim.daemon.now),
  );
  const isCompleted = sim.model.executions.get(id)?.state === "COMPLETED";
  sim.note(`rejoin ${id}: ${error ?? "rejoined"}`);
  sim.expect(
    `error of rejoining ${id}`,
    error,
    isCompleted ? "EXECUTION_COMPLETED" : other ? "EXECUTION_CONFLICT" : undefined,
  );
  if (error === undefined) sim.expect(`rejoined ${id}`, value.rejoined, true);
}
