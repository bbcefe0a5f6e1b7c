import type { Decision, Finding } from "../../domain/decision.ts";
import { invalidField, TollgateError } from "../../domain/errors.ts";
import {
  DEFAULT_TENANT,
  MAX_TREE_DEPTH,
  type Principal,
  principalKey,
  type Registration,
  STATE,
} from "../../domain/execution.ts";
import type { CallerId } from "../../domain/ids.ts";
import { type EffectiveLimits, isEmptyOverrides, NO_OVERRIDES } from "../../domain/limits.ts";
import type { Now } from "../../domain/time.ts";
import { keepViolation, recordViolation } from "../events/push.ts";
import { checkConcurrency, countActive } from "../gauges/active-places.ts";
import { judgeRegistration } from "../intents/judge-policy.ts";
import { keepFindings } from "../intents/keep-findings.ts";
import { sharedLimits } from "../limits/effective-limits.ts";
import { exceededFinding, limitFacts } from "../limits/limit-finding.ts";
import { decide, isUncertain, storeFinding } from "../limits/standing.ts";
import { resolvePolicy } from "../policy/resolve-policy.ts";
import { judgeNewExecution, takeShadowPlaces } from "../quotas/judge-registration.ts";
import { bigintAsText } from "../rows/generations.ts";
import { armDeadlines } from "../time/arm.ts";
import type { World } from "../world.ts";
import { checkCarve, createCarveHold, takeCarve } from "./carve.ts";
import { createExecutionRecord, type ExecutionRecord } from "./execution-record.ts";
import { NO_INDEX } from "./execution-table.ts";
import { forgetOldestCompleted } from "./forget.ts";
import { pauseExecution } from "./state.ts";
import { stateFindings } from "./state-findings.ts";

export interface RegistrationAnswer {
  readonly decision: Decision;
  /** NO_INDEX when refused: nothing was stored. */
  readonly index: number;
  readonly rejoined: boolean;
}

/**
 * Starts an execution, or rejoins it when the same id comes with the same content.
 *
 * @throws TollgateError EXECUTION_CONFLICT naming the field · EXECUTION_COMPLETED · PARENT_UNKNOWN · PARENT_NOT_RUNNING ·
 * PARENT_TOO_DEEP · EXECUTIONS_FULL · FIELD_INVALID for a tenant or session other than the parent's
 */
export function registerExecution(
  world: World,
  caller: CallerId,
  request: Registration,
  now: Now,
): RegistrationAnswer {
  const table = world.executions;
  const known = table.find(caller, request.executionId);
  if (known !== NO_INDEX) return rejoin(world, known, request, now);
  const parent = request.parentId === undefined ? NO_INDEX : findParent(world, caller, request.parentId);
  const principal = principalOf(world, request, parent);
  const session = sessionOf(world, request, parent);
  if (table.live >= world.maxLiveExecutions) {
    throw new TollgateError(
      "EXECUTIONS_FULL",
      `${table.live} executions are live, as many as may be (max_live_executions)`,
    );
  }
  const policy = resolvePolicy(world.policy.set, principal.tenant, request.labels);
  const limits = sharedLimits(policy.limits, request.requested);
  const carve =
    request.carve === undefined || parent === NO_INDEX
      ? undefined
      : createCarveHold(request.carve, request.carveMode ?? limits.carveMode);
  const candidate = { principal, limits, id: request.executionId as string };
  const quotas = judgeNewExecution(world, principal, policy, now);
  const found = judgeRegistration(world, { policy, principal, session, labels: request.labels }, now);
  const refused =
    storeFinding(world) ??
    found.first.find(refuses) ??
    checkConcurrency(world, candidate) ??
    quotas.find((finding) => finding.shadow !== true) ??
    (carve === undefined ? undefined : checkCarve(world, parent, carve.total)) ??
    checkDepth(world, request, parent, limits) ??
    found.rules.find(refuses);
  if (refused !== undefined) return refuseRegistration(world, request, principal, refused, now);
  if (table.size >= table.capacity && !forgetOldestCompleted(world, now)) throw remembersTooMany(table.size);
  const index = table.allocate();
  const record = createExecutionRecord({
    index,
    caller,
    id: request.executionId,
    principal,
    session,
    labels: Object.keys(request.labels).length === 0 ? NO_LABELS : request.labels,
    requested: isEmptyOverrides(request.requested) ? NO_OVERRIDES : request.requested,
    discovered: request.discovered,
    // The parent's own text, so that a thousand children do not keep a thousand copies of it.
    parentId: parent === NO_INDEX ? undefined : table.record(parent).id,
    chain: chainBelow(world, parent),
    adjusted: NO_OVERRIDES,
    policy,
    limits,
    carve,
  });
  start(world, record, parent, request, now);
  takeShadowPlaces(world, record, now);
  // All that is left would have refused.
  for (const finding of quotas) recordViolation(world, index, finding, now);
  const findings = [...found.first, ...pauseByRule(world, index, found.rules, now), ...quotas];
  return { decision: decide(world, findings, now, false), index, rejoined: false };
}

function remembersTooMany(size: number): TollgateError {
  return new TollgateError(
    "EXECUTIONS_FULL",
    `${size} executions are in memory, and the one that ended first still remembers request ids for up to 10 minutes (max_live_executions)`,
    { retryAfterMs: 1_000 },
  );
}

/** Stores nothing but the violation: the id may be tried again. */
function refuseRegistration(
  world: World,
  { executionId }: Registration,
  { tenant, agent, user }: Principal,
  refused: Finding,
  now: Now,
): RegistrationAnswer {
  keepViolation(world, refused, now, tenant, executionId, agent, user);
  return { decision: decide(world, [refused], now, false), index: NO_INDEX, rejoined: false };
}

/** Whether a finding keeps an execution from being stored: one that only pauses does not. */
function refuses({ verdict, shadow }: Finding): boolean {
  return shadow !== true && (verdict === "BLOCK" || verdict === "THROTTLE");
}

/** A rule that escalates lets the execution begin paused; the others are told. */
function pauseByRule(
  world: World,
  index: number,
  findings: readonly Finding[],
  now: Now,
): readonly Finding[] {
  const pausing = findings.find(({ verdict, shadow }) => verdict === "PAUSE" && shadow !== true);
  keepFindings(world, index, findings, pausing, now);
  if (pausing === undefined || !pauseExecution(world, index, pausing, now)) return findings;
  const { stateFinding } = world.executions.record(index);
  return findings.map((one) => (one === pausing ? (stateFinding ?? one) : one));
}

export const NO_LABELS: { readonly [name: string]: string } = Object.freeze({});

function start(world: World, record: ExecutionRecord, parent: number, request: Registration, now: Now): void {
  const table = world.executions;
  const { index } = record;
  world.rows.executions.touch(index);
  world.rows.executionTexts.touch(index);
  table.insert(record, parent);
  table.startedMono.set(index, now.monoMs);
  table.startedWall.set(index, now.wallMs);
  table.lastActivity.set(index, now.monoMs);
  table.policyGeneration.set(index, world.policy.generation);
  const depth = startDepth(world, request, parent);
  table.depth.set(index, depth);
  table.maxDepth.set(index, depth);
  table.live++;
  countActive(world, record, 1);
  takeCarve(world, index);
  armDeadlines(world, index, now);
}

function rejoin(world: World, index: number, request: Registration, now: Now): RegistrationAnswer {
  const record = world.executions.record(index);
  if (world.executions.state.get(index) === STATE.completed) {
    throw new TollgateError("EXECUTION_COMPLETED", `execution ${record.id} has ended; register another id`);
  }
  const field = findDifference(world, record, request);
  if (field !== undefined) {
    throw new TollgateError(
      "EXECUTION_CONFLICT",
      `execution ${record.id} is registered with another ${field}`,
      {
        fields: [{ field, description: "differs from the registration of the same id" }],
      },
    );
  }
  return {
    decision: decide(world, stateFindings(world, index), now, isUncertain(world, index)),
    index,
    rejoined: true,
  };
}

/** The field in which a repeated registration differs from the first one; what it leaves out is what it would get again. */
function findDifference(world: World, record: ExecutionRecord, request: Registration): string | undefined {
  if (record.parentId !== request.parentId) return "parent";
  const parent = world.executions.parent.get(record.index);
  if (principalKey(principalOf(world, request, parent)) !== principalKey(record.principal))
    return "principal";
  if (sessionOf(world, request, parent) !== record.session) return "session_id";
  if (record.discovered !== request.discovered) return "discovered";
  if (canonicalText(request.labels) !== canonicalText(record.labels)) return "labels";
  if (canonicalText(request.requested) !== canonicalText(record.requested)) return "limits";
  return isSameCarve(record, request) ? undefined : "carve";
}

function isSameCarve(record: ExecutionRecord, request: Registration): boolean {
  if (request.carve === undefined || record.parentId === undefined) return record.carve === undefined;
  const { carve } = record;
  if (carve === undefined) return false;
  const asked = createCarveHold(request.carve, request.carveMode ?? record.policy.limits.carveMode);
  return asked.mode === carve.mode && asked.total.every((amount, unit) => amount === carve.total[unit]);
}

function findParent(world: World, caller: CallerId, parentId: string): number {
  const table = world.executions;
  const parent = table.find(caller, parentId);
  if (parent === NO_INDEX)
    throw new TollgateError("PARENT_UNKNOWN", `parent execution ${parentId} is not registered`);
  const stopped = table.findStopped(parent);
  if (stopped !== NO_INDEX && table.state.get(stopped) >= STATE.halted) {
    throw new TollgateError("PARENT_NOT_RUNNING", `parent execution ${parentId} has ended or was halted`);
  }
  if (table.record(parent).chain.length + 1 >= MAX_TREE_DEPTH) {
    throw new TollgateError("PARENT_TOO_DEEP", `a tree of executions is at most ${MAX_TREE_DEPTH} deep`);
  }
  return parent;
}

function principalOf(world: World, request: Registration, parent: number): Principal {
  const asked = request.principal;
  if (parent === NO_INDEX) return { ...asked, tenant: asked?.tenant ?? DEFAULT_TENANT };
  const above = world.executions.record(parent).principal;
  if (asked === undefined) return above;
  if (asked.tenant !== undefined && asked.tenant !== above.tenant) {
    throw invalidField("principal.tenant", `must be the parent's, "${above.tenant}"`);
  }
  // A level that is left out is the parent's: leaving out the user must not leave the user's windows.
  return {
    tenant: above.tenant,
    team: asked.team ?? above.team,
    user: asked.user ?? above.user,
    apiKeyId: asked.apiKeyId ?? above.apiKeyId,
    agent: asked.agent ?? above.agent,
  };
}

function sessionOf(world: World, request: Registration, parent: number): string {
  if (parent === NO_INDEX) return request.session ?? request.executionId;
  const { session } = world.executions.record(parent);
  if (request.session !== undefined && request.session !== session) {
    throw invalidField("session_id", `must be the parent's, "${session}"`);
  }
  return session;
}

/** The ancestors of a child of `parent`, nearest first. */
export function chainBelow(world: World, parent: number): readonly number[] {
  if (parent === NO_INDEX) return NO_CHAIN;
  const record = world.executions.record(parent);
  record.childChain ??= [parent, ...record.chain];
  return record.childChain;
}

/** Roots share one empty chain. */
const NO_CHAIN: readonly number[] = Object.freeze([]);

function startDepth(world: World, request: Registration, parent: number): number {
  if (parent === NO_INDEX) return request.discovered ? 1 : 0;
  return world.executions.depth.get(parent) + (request.discovered ? 1 : 0);
}

function checkDepth(
  world: World,
  request: Registration,
  parent: number,
  limits: EffectiveLimits,
): Finding | undefined {
  if (!request.discovered) return undefined;
  const depth = BigInt(startDepth(world, request, parent));
  const own = limits.byKey.max_discovery_depth;
  if (own !== undefined && own.mode === "enforce" && depth > own.value) {
    return exceededFinding(limitFacts("max_discovery_depth", own, depth, 0n, request.executionId));
  }
  for (const at of parent === NO_INDEX ? [] : [parent, ...world.executions.record(parent).chain]) {
    const { limits: above, id } = world.executions.record(at);
    const limit = above.byKey.max_discovery_depth;
    if (limit !== undefined && limit.mode === "enforce" && depth > limit.value) {
      return exceededFinding(limitFacts("max_discovery_depth", limit, depth, 0n, id));
    }
  }
  return undefined;
}

/** JSON with sorted keys: equal content is equal text. */
export function canonicalText(content: object): string {
  return JSON.stringify(content, (key, value: unknown) => {
    if (value === null || typeof value !== "object" || Array.isArray(value)) return bigintAsText(key, value);
    return Object.fromEntries(Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1)));
  });
}
