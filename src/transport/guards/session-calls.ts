import type { Now } from "../../domain/time.ts";
import { guardPolicyOf } from "../../engine/guards/calls/run-before.ts";
import {
  type BudgetView,
  type SessionView,
  viewLineage,
  viewSession,
} from "../../engine/guards/session/session-view.ts";
import { findExecution } from "../../engine/reservations/resolve.ts";
import { Unit, type UnitAmount } from "../../gen/tollgate/enforcement/v1/amount_pb.ts";
import type {
  AttemptState,
  GetLineageRequest,
  GetLineageResponse,
  GetSessionRequest,
  GetSessionResponse,
  SlotState,
  TimeBudgetState,
} from "../../gen/tollgate/enforcement/v1/session_pb.ts";
import { amountToProto } from "../convert/amounts.ts";
import { durationToProto, timestampToProto } from "../convert/times.ts";
import type { ServiceContext } from "../service-context.ts";
import { LINEAGE_RULE, SESSION_RULE } from "../validate/guard-rules.ts";
import { assertValid } from "../validate/rules.ts";

// What the guards remember, shown. Answered from memory.

/** Generations shown where the request says nothing. */
const DEFAULT_DEPTH = 64;

export function callGetLineage(context: ServiceContext, request: GetLineageRequest): GetLineageResponse {
  assertValid(request, LINEAGE_RULE);
  const { world } = context.host;
  const record = world.executions.record(findExecution(world, context.caller, request.executionId));
  const depth = request.maxDepth ?? DEFAULT_DEPTH;
  const { records, truncated } = viewLineage(world, record, request.referenceId, depth);
  return {
    $typeName: "tollgate.enforcement.v1.GetLineageResponse",
    records: records.map(({ id, tool, argsHash, atMs, callId, parents }) => ({
      $typeName: "tollgate.enforcement.v1.LineageRecord",
      referenceId: id,
      tool,
      argsHash,
      createdAt: timestampToProto(atMs),
      callId,
      parents: [...parents],
    })),
    truncated: truncated ? true : undefined,
  };
}

export function callGetSession(context: ServiceContext, request: GetSessionRequest): GetSessionResponse {
  assertValid(request, SESSION_RULE);
  const { host, caller } = context;
  const { world } = host;
  const now = host.now();
  const record = world.executions.record(findExecution(world, caller, request.executionId));
  const { turnId, planId } = request;
  return sessionToProto(
    viewSession(world, record, guardPolicyOf(world, record), { turnId, planId }, now),
    now,
  );
}

function sessionToProto(view: SessionView, now: Now): GetSessionResponse {
  const { planShape } = view;
  return {
    $typeName: "tollgate.enforcement.v1.GetSessionResponse",
    sessionId: view.sessionId,
    turn: budgetToProto(view.turn),
    plan: budgetToProto(view.plan),
    planShape:
      planShape === undefined
        ? undefined
        : {
            $typeName: "tollgate.enforcement.v1.PlanState",
            depth: planShape.depth,
            fanOut: planShape.fanOut,
            tools: planShape.tools.toSorted(),
            calls: planShape.calls,
          },
    slots: view.slots.map((slot) => slotToProto(slot, now)),
    attempts: view.attempts.map(attemptToProto),
    saturation: view.saturation.map((one) => ({
      $typeName: "tollgate.enforcement.v1.SaturationState",
      ...one,
    })),
    toolBudgets: view.toolBudgets.map(({ budget, used, limit }) => ({
      $typeName: "tollgate.enforcement.v1.ToolBudgetState",
      budget,
      used: callsToProto(used),
      limit: limit === undefined ? undefined : callsToProto(limit),
    })),
    unattributedUses: BigInt(view.unattributedUses),
    modifications: BigInt(view.modifications),
    references: BigInt(view.references),
  };
}

function budgetToProto(budget: BudgetView | undefined): TimeBudgetState | undefined {
  if (budget === undefined) return undefined;
  const { id, elapsedMs, remainingMs } = budget;
  return {
    $typeName: "tollgate.enforcement.v1.TimeBudgetState",
    id,
    elapsed: durationToProto(elapsedMs),
    remaining: remainingMs === undefined ? undefined : durationToProto(remainingMs),
  };
}

function slotToProto({ call, createdMono, expiresMono }: SessionView["slots"][number], now: Now): SlotState {
  return {
    $typeName: "tollgate.enforcement.v1.SlotState",
    callId: call.callId,
    tool: call.tool,
    namespace: call.namespace,
    elapsed: durationToProto(now.monoMs - createdMono),
    remaining: durationToProto(expiresMono - now.monoMs),
  };
}

function attemptToProto({
  tool,
  signature,
  count,
  dueInMs,
  error,
}: SessionView["attempts"][number]): AttemptState {
  return {
    $typeName: "tollgate.enforcement.v1.AttemptState",
    tool,
    signatureHash: signature,
    attempts: count,
    retryAfter: dueInMs === 0 ? undefined : durationToProto(dueInMs),
    lastErrorClass: error,
  };
}

function callsToProto(calls: number): UnitAmount {
  return {
    $typeName: "tollgate.enforcement.v1.UnitAmount",
    unit: Unit.TOOL_CALLS,
    amount: amountToProto({ kind: "count", value: BigInt(calls) }),
  };
}
