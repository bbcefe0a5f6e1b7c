import { TollgateError } from "../../../domain/errors.ts";
import type { CallerId } from "../../../domain/ids.ts";
import { HOLD_TTL_MAX_MS } from "../../../domain/reservation.ts";
import type { Now } from "../../../domain/time.ts";
import { touchActivity } from "../../executions/activity.ts";
import { decide, isUncertain } from "../../limits/standing.ts";
import { assertRequestRoom, findRequest, rememberAnswer } from "../../requests/requests.ts";
import type { ExtendAnswer } from "../../reservations/extend.ts";
import { findExecution } from "../../reservations/resolve.ts";
import { DEADLINE } from "../../time/deadlines.ts";
import type { World } from "../../world.ts";
import { getCall } from "./tool-calls.ts";

export interface ExtendCallRequest {
  readonly executionId: string;
  readonly callId: string;
  readonly ttlMs: number;
  readonly requestId?: string | undefined;
  readonly fingerprint: () => string;
}

/**
 * Heartbeat of a call in flight: its slot and what it holds live `ttlMs` from now, never beyond one hour.
 * @throws TollgateError EXECUTION_NOT_FOUND · CALL_NOT_FOUND · CALL_ENDED · REQUEST_CONFLICT · REQUESTS_FULL
 */
export function extendToolCall(
  world: World,
  caller: CallerId,
  request: ExtendCallRequest,
  now: Now,
): ExtendAnswer {
  const { callId, ttlMs } = request;
  const index = findExecution(world, caller, request.executionId);
  const known = findRequest(world, index, request);
  if (known?.expiresAtMs !== undefined)
    return { expiresAtMs: known.expiresAtMs, findings: known.answer.findings };
  const record = world.executions.record(index);
  const entry = getCall(world, record, callId);
  if (!entry.inFlight) throw new TollgateError("CALL_ENDED", `call ${callId} has ended, or its slot expired`);
  assertRequestRoom(world, index, request);
  touchActivity(world, index, now.monoMs);
  world.rows.toolCalls.touch(entry.row);
  // The deadline that is armed already comes up first and re-arms itself. A heartbeat never shortens.
  entry.expiresMono = Math.max(entry.expiresMono, now.monoMs + Math.min(ttlMs, HOLD_TTL_MAX_MS));
  const hold = world.reservations.find(record.reservations?.get(entry.reservationId ?? ""));
  if (hold?.state === "held") {
    world.rows.reservations.touch(hold.row);
    hold.expiresMono = Math.max(hold.expiresMono, entry.expiresMono);
    world.deadlines.add(hold.expiresMono, DEADLINE.reservation, hold.row, hold.stamp);
  }
  const expiresAtMs = now.wallMs + entry.expiresMono - now.monoMs;
  const decision = decide(world, [], now, isUncertain(world, index));
  rememberAnswer(world, index, request, decision, now, expiresAtMs);
  return { expiresAtMs, findings: decision.findings };
}
