import type { Finding } from "../../domain/decision.ts";
import { TollgateError } from "../../domain/errors.ts";
import type { CallerId } from "../../domain/ids.ts";
import type { RequestIdentity } from "../../domain/intent.ts";
import { HOLD_TTL_MAX_MS } from "../../domain/reservation.ts";
import type { Now } from "../../domain/time.ts";
import { touchActivity } from "../executions/activity.ts";
import { decide, isUncertain } from "../limits/standing.ts";
import { assertRequestRoom, findRequest, rememberAnswer } from "../requests/requests.ts";
import { DEADLINE } from "../time/deadlines.ts";
import type { World } from "../world.ts";
import { findExecution, getReservation, resolvedBy } from "./resolve.ts";

export interface ExtendRequest extends RequestIdentity {
  readonly executionId: string;
  readonly reservationId: string;
  readonly ttlMs: number;
}

export interface ExtendAnswer {
  /** When the hold expires now, wall clock. */
  readonly expiresAtMs: number;
  readonly findings: readonly Finding[];
}

/**
 * Heartbeat of a hold: it lives `ttlMs` from now, never beyond one hour. The same request id gives the first answer.
 * @throws TollgateError EXECUTION_NOT_FOUND · RESERVATION_NOT_FOUND · RESERVATION_RESOLVED · RESERVATION_TIMED_OUT ·
 * REQUEST_CONFLICT · REQUESTS_FULL
 */
export function extend(world: World, caller: CallerId, request: ExtendRequest, now: Now): ExtendAnswer {
  const { reservationId, ttlMs } = request;
  const index = findExecution(world, caller, request.executionId);
  const known = findRequest(world, index, request);
  if (known?.expiresAtMs !== undefined)
    return { expiresAtMs: known.expiresAtMs, findings: known.answer.findings };
  const entry = getReservation(world, world.executions.record(index), reservationId);
  if (entry.state !== "held") throw resolvedBy(entry);
  if (entry.timedOut)
    throw new TollgateError("RESERVATION_TIMED_OUT", `step ${reservationId} timed out; settle what it used`);
  assertRequestRoom(world, index, request);
  touchActivity(world, index, now.monoMs);
  world.rows.reservations.touch(entry.row);
  // The deadline that is armed already comes up first and re-arms itself at the new instant. A heartbeat never shortens.
  entry.expiresMono = Math.max(entry.expiresMono, now.monoMs + Math.min(ttlMs, HOLD_TTL_MAX_MS));
  world.deadlines.add(entry.expiresMono, DEADLINE.reservation, entry.row, entry.stamp);
  const expiresAtMs = now.wallMs + entry.expiresMono - now.monoMs;
  const decision = decide(world, [], now, isUncertain(world, index));
  rememberAnswer(world, index, request, decision, now, expiresAtMs);
  return { expiresAtMs, findings: decision.findings };
}
