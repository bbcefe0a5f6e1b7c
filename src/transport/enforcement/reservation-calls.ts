import { TollgateError } from "../../domain/errors.ts";
import type { CallerId } from "../../domain/ids.ts";
import { HOLD_TTL_DEFAULT_MS, type HoldRequest, type ReservationState } from "../../domain/reservation.ts";
import type { Now } from "../../domain/time.ts";
import { NO_INDEX } from "../../engine/executions/execution-table.ts";
import { canonicalText } from "../../engine/executions/register.ts";
import { extendToolCall } from "../../engine/guards/calls/extend-call.ts";
import { findUsageProblem } from "../../engine/reports/check-usage.ts";
import { extend } from "../../engine/reservations/extend.ts";
import { reserve } from "../../engine/reservations/reserve.ts";
import {
  findExecution,
  findingsOf,
  release,
  type SettleOutcome,
  settle,
} from "../../engine/reservations/resolve.ts";
import type { World } from "../../engine/world.ts";
import {
  type ExtendRequest,
  type ExtendResponse,
  type ReleaseRequest,
  type ReleaseResponse,
  type ReserveRequest,
  type ReserveResponse,
  SettlementOutcome,
  type SettleRequest,
  type SettleResponse,
  ReservationState as WireState,
} from "../../gen/tollgate/enforcement/v1/reservation_pb.ts";
import { decisionToProto, detailFromProto, reachedToProto, waitFromProto } from "../convert/decisions.ts";
import { findingToProto } from "../convert/findings.ts";
import { holdFromProto, settlementFromProto } from "../convert/intents.ts";
import { durationFromProto, timestampToProto } from "../convert/times.ts";
import { countDecision } from "../counters.ts";
import { findAddresses } from "../guards/fetch-facts.ts";
import { principalFromProto } from "../pinned-identity.ts";
import type { ServiceContext } from "../service-context.ts";
import { policyOfRequest } from "../tenant-policy.ts";
import { EXTEND_RULE, RELEASE_RULE, RESERVE_RULE, SETTLE_RULE } from "../validate/intent-rules.ts";
import { assertValid, fieldError } from "../validate/rules.ts";
import { principalOfIntent, whenReached } from "./intent-calls.ts";
import { takeUpCompleted } from "./take-up-completed.ts";

// Holds: made, settled, released, extended.

export function callReserve(
  context: ServiceContext,
  request: ReserveRequest,
): ReserveResponse | Promise<ReserveResponse> {
  assertValid(request, RESERVE_RULE);
  const hold = holdFromProto(request, principalOfIntent(context, request));
  const taken = takeUpCompleted(context, hold);
  return taken === undefined
    ? resolveReserve(context, request, hold)
    : taken.then(() => resolveReserve(context, request, hold));
}

function resolveReserve(
  context: ServiceContext,
  request: ReserveRequest,
  hold: HoldRequest,
): ReserveResponse | Promise<ReserveResponse> {
  const addresses = findAddresses(context, hold);
  if (addresses === undefined) return answerReserve(context, request, hold);
  return addresses.then((found) => answerReserve(context, request, { ...hold, addresses: found }));
}

function answerReserve(
  context: ServiceContext,
  request: ReserveRequest,
  hold: HoldRequest,
): ReserveResponse | Promise<ReserveResponse> {
  const { host, caller, counters } = context;
  const { decision, answer } = host.turn((world, now) => {
    const made = reserve(world, caller, hold, now);
    const expiresAtMs = made.allowed ? expiryOf(world, caller, hold, now) : undefined;
    const response: ReserveResponse = {
      $typeName: "tollgate.enforcement.v1.ReserveResponse",
      decision: decisionToProto(made, hold.detail, hold.executionId),
      expiresAt: expiresAtMs === undefined ? undefined : timestampToProto(expiresAtMs),
    };
    return { decision: made, answer: response };
  });
  countDecision(counters, "reserve", decision, hold.intent.route);
  return whenReached(context, decision, request.wait, answer);
}

/** When a hold expires, wall clock; undefined when there is none. */
function expiryOf(world: World, caller: CallerId, hold: HoldRequest, now: Now): number | undefined {
  const index = world.executions.find(caller, hold.executionId);
  if (index === NO_INDEX) return undefined;
  const entry = world.reservations.find(world.executions.record(index).reservations?.get(hold.reservationId));
  return entry === undefined ? undefined : now.wallMs + Math.max(0, entry.expiresMono - now.monoMs);
}

const OUTCOMES: { readonly [O in SettleOutcome]: SettlementOutcome } = {
  settled: SettlementOutcome.SETTLED,
  late: SettlementOutcome.LATE,
  unknown: SettlementOutcome.UNKNOWN,
};

export async function callSettle(context: ServiceContext, request: SettleRequest): Promise<SettleResponse> {
  assertValid(request, SETTLE_RULE);
  const principal = principalFromProto(request.principal, context.pinned);
  const { host, caller, counters } = context;
  const { limits } = policyOfRequest(host.world, caller, request.executionId, principal, {});
  const problem =
    request.usage === undefined ? undefined : findUsageProblem(request.usage, limits.customCounters);
  if (problem !== undefined)
    throw fieldError([{ field: `usage.${problem.field}`, description: problem.description }]);
  await assertRemembered(context, request.executionId);
  const settlement = settlementFromProto(request);
  const { decision, outcome } = host.turn((world, now) => settle(world, caller, settlement, now));
  countDecision(counters, "settle", decision);
  return {
    $typeName: "tollgate.enforcement.v1.SettleResponse",
    decision: decisionToProto(decision, detailFromProto(request.detail), request.executionId),
    outcome: OUTCOMES[outcome],
    reached: reachedToProto(await host.settled(waitFromProto(request.wait))),
  };
}

/** What an execution reserved is forgotten with it: charging again could count twice. */
async function assertRemembered(context: ServiceContext, executionId: string): Promise<void> {
  const { completed, caller } = context;
  if (!completed.isMissing(caller, executionId)) return;
  if ((await completed.find(caller, executionId)) === undefined) return;
  throw new TollgateError(
    "RESERVATION_FORGOTTEN",
    `execution ${executionId} ended too long ago; report its usage by StreamUsage instead`,
  );
}

const STATES: { readonly [S in ReservationState]: WireState } = {
  held: WireState.HELD,
  settled: WireState.SETTLED,
  released: WireState.RELEASED,
  expired: WireState.EXPIRED,
};

export async function callRelease(
  context: ServiceContext,
  request: ReleaseRequest,
): Promise<ReleaseResponse> {
  assertValid(request, RELEASE_RULE);
  const { host, caller } = context;
  const { executionId, reservationId } = request;
  const answer = host.turn(
    (world, now): ReleaseResponse => ({
      $typeName: "tollgate.enforcement.v1.ReleaseResponse",
      state: STATES[release(world, caller, executionId, reservationId, now)],
      findings: findingsOf(world, findExecution(world, caller, executionId), now).map((one) =>
        findingToProto(one, executionId),
      ),
    }),
  );
  answer.reached = reachedToProto(await host.settled(waitFromProto(request.wait)));
  return answer;
}

export async function callExtend(context: ServiceContext, request: ExtendRequest): Promise<ExtendResponse> {
  assertValid(request, EXTEND_RULE);
  const { host, caller } = context;
  const { executionId, requestId, target, timeToLive } = request;
  const ttlMs = timeToLive === undefined ? HOLD_TTL_DEFAULT_MS : durationFromProto(timeToLive);
  if (target.case === "callId") return extendCall(context, request, target.value, ttlMs);
  // One of the two must be there: the table of request checks has seen to it.
  const reservationId = target.value ?? "";
  const fingerprint = (): string => canonicalText({ verb: "extend", reservationId, ttlMs });
  const asked = { executionId, reservationId, ttlMs, requestId, fingerprint };
  const { expiresAtMs, findings } = host.turn((world, now) => extend(world, caller, asked, now));
  return {
    $typeName: "tollgate.enforcement.v1.ExtendResponse",
    expiresAt: timestampToProto(expiresAtMs),
    findings: findings.map((one) => findingToProto(one, executionId)),
    reached: reachedToProto(await host.settled(waitFromProto(request.wait))),
  };
}

/** Heartbeat of the slot of a tool call, and of what it holds. */
async function extendCall(
  context: ServiceContext,
  request: ExtendRequest,
  callId: string,
  ttlMs: number,
): Promise<ExtendResponse> {
  const { host, caller } = context;
  const { executionId, requestId } = request;
  const fingerprint = (): string => canonicalText({ verb: "extend", callId, ttlMs });
  const asked = { executionId, callId, ttlMs, requestId, fingerprint };
  const { expiresAtMs, findings } = host.turn((world, now) => extendToolCall(world, caller, asked, now));
  return {
    $typeName: "tollgate.enforcement.v1.ExtendResponse",
    expiresAt: timestampToProto(expiresAtMs),
    findings: findings.map((one) => findingToProto(one, executionId)),
    reached: reachedToProto(await host.settled(waitFromProto(request.wait))),
  };
}
