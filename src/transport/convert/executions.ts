import { HELD_STRIDE } from "../../domain/counters.ts";
import type { ExecutionState, Principal, UsageSnapshot } from "../../domain/execution.ts";
import { EXECUTION_STATES, STATE } from "../../domain/execution.ts";
import type { HoldView } from "../../domain/reservation.ts";
import type { Now } from "../../domain/time.ts";
import type { ExecutionRecord } from "../../engine/executions/execution-record.ts";
import { holdsOf, stateOf, usageSnapshot } from "../../engine/executions/snapshot.ts";
import { stateFindings } from "../../engine/executions/state-findings.ts";
import { isUncertain } from "../../engine/limits/standing.ts";
import { wallMs } from "../../engine/limits/times.ts";
import type { World } from "../../engine/world.ts";
import {
  type Execution,
  type ExecutionSummary,
  type Hold,
  type UsageSnapshot as WireSnapshot,
  ExecutionState as WireState,
} from "../../gen/tollgate/enforcement/v1/execution_pb.ts";
import type { Finding as WireFinding } from "../../gen/tollgate/enforcement/v1/finding_pb.ts";
import type { Principal as WirePrincipal } from "../../gen/tollgate/enforcement/v1/request_pb.ts";
import { heldToProto } from "./amounts.ts";
import { approvalToProto } from "./approvals.ts";
import { findingToProto } from "./findings.ts";
import { carveModeToProto, carveToProto, effectiveLimitsToProto } from "./limits.ts";
import { durationToProto, timestampToProto } from "./times.ts";

export const STATE_TO_PROTO: { readonly [S in ExecutionState]: WireState } = {
  RUNNING: WireState.RUNNING,
  PAUSED: WireState.PAUSED,
  HALTED: WireState.HALTED,
  COMPLETED: WireState.COMPLETED,
};

/** The states that a filter names; all when it names none. */
export function statesFromProto(states: readonly WireState[]): ReadonlySet<ExecutionState> {
  const named = EXECUTION_STATES.filter(
    (state) => states.length === 0 || states.includes(STATE_TO_PROTO[state]),
  );
  return new Set(named);
}

export function principalToProto(principal: Principal): WirePrincipal {
  const { tenant, team, user, apiKeyId, agent } = principal;
  return { $typeName: "tollgate.enforcement.v1.Principal", tenant, team, user, apiKeyId, agent };
}

export function snapshotToProto(snapshot: UsageSnapshot): WireSnapshot {
  return {
    $typeName: "tollgate.enforcement.v1.UsageSnapshot",
    executionId: snapshot.executionId,
    tenantId: snapshot.tenantId,
    steps: snapshot.steps,
    discoveredSteps: snapshot.discoveredSteps,
    discoveryDepth: snapshot.discoveryDepth,
    maxDiscoveryDepth: snapshot.maxDiscoveryDepth,
    tokens: { $typeName: "tollgate.enforcement.v1.TokenUsage", ...snapshot.tokens },
    totalTokens: snapshot.totalTokens,
    costNanoUsd: snapshot.costNanoUsd,
    requests: snapshot.requests,
    toolCalls: snapshot.toolCalls,
    modifications: snapshot.modifications,
    cpuMillis: snapshot.cpuMillis,
    memoryMibMillis: snapshot.memoryMibMillis,
    memoryBytes: snapshot.memoryBytes,
    custom: { ...snapshot.custom },
    wallTime: durationToProto(snapshot.wallTimeMs),
    workingTime: durationToProto(snapshot.workingTimeMs),
    idleTime: durationToProto(snapshot.idleMs),
  };
}

export function executionToProto(world: World, index: number, now: Now): Execution {
  const table = world.executions;
  const record = table.record(index);
  const { carve, chain } = record;
  return {
    $typeName: "tollgate.enforcement.v1.Execution",
    ...identityToProto(world, record),
    rootExecutionId: chain.length === 0 ? record.id : table.record(chain[chain.length - 1] as number).id,
    ...standingToProto(world, index, now),
    held: heldToProto(table.held, index * HELD_STRIDE),
    limits: effectiveLimitsToProto(record.limits),
    holds: holdsOf(world, index, now).map(holdToProto),
    openApprovals: record.openApprovals.flatMap((id) => {
      const entry = world.approvals.find(id);
      return entry === undefined ? [] : [approvalToProto(world, entry)];
    }),
    carve: carve === undefined ? undefined : carveToProto(carve.total, carve.total),
    carveLeft:
      carve === undefined
        ? undefined
        : carveToProto(carve.active ? carve.held : carve.total.map(() => 0n), carve.total),
    carveMode: carve === undefined ? undefined : carveModeToProto(carve.mode),
    uncertain: isUncertain(world, index) ? true : undefined,
    lastEventNumber: BigInt(table.eventNumber.get(index)),
    policyEtag: world.policy.etag,
  };
}

export function summaryToProto(world: World, index: number, now: Now): ExecutionSummary {
  return {
    $typeName: "tollgate.enforcement.v1.ExecutionSummary",
    ...identityToProto(world, world.executions.record(index)),
    ...standingToProto(world, index, now),
  };
}

function identityToProto(world: World, record: ExecutionRecord) {
  return {
    executionId: record.id,
    principal: principalToProto(record.principal),
    sessionId: record.session,
    labels: { ...record.labels },
    parentExecutionId: record.parentId,
    registeredAt: timestampToProto(world.executions.startedWall.get(record.index)),
  };
}

function standingToProto(world: World, index: number, now: Now) {
  const table = world.executions;
  const state = stateOf(world, index);
  const completed = table.state.get(index) === STATE.completed;
  const endedAtMs = table.startedWall.get(index) + wallMs(table, index, now);
  return {
    state: STATE_TO_PROTO[state],
    stateFinding: stateFindingToProto(world, index),
    completedAt: completed ? timestampToProto(endedAtMs) : undefined,
    usage: snapshotToProto(usageSnapshot(world, index, now)),
  };
}

/** Why it is paused or halted, its own reason or an ancestor's; for a completed one only what its parent's end says. */
function stateFindingToProto(world: World, index: number): WireFinding | undefined {
  const { id, stateFinding } = world.executions.record(index);
  const finding =
    world.executions.state.get(index) === STATE.completed ? stateFinding : stateFindings(world, index)[0];
  return finding === undefined ? undefined : findingToProto(finding, id);
}

function holdToProto(hold: HoldView): Hold {
  return {
    $typeName: "tollgate.enforcement.v1.Hold",
    reservationId: hold.reservationId,
    elapsed: durationToProto(hold.elapsedMs),
    remaining: durationToProto(hold.remainingMs),
    timeout: hold.timeoutMs === undefined ? undefined : durationToProto(hold.timeoutMs),
    timedOut: hold.timedOut ? true : undefined,
    amounts: heldToProto(hold.amounts),
  };
}
