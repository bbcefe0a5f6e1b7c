import { HELD_STRIDE } from "../../domain/counters.ts";
import type { Decision, Finding } from "../../domain/decision.ts";
import { TollgateError } from "../../domain/errors.ts";
import { STATE } from "../../domain/execution.ts";
import type { CallerId } from "../../domain/ids.ts";
import { MAX_RESERVATIONS, RESERVATION_MEMORY_MS, type ReservationState } from "../../domain/reservation.ts";
import { DAY_MS, type Now } from "../../domain/time.ts";
import type { Usage } from "../../domain/usage.ts";
import { pushEvent, recordViolation } from "../events/push.ts";
import { touchActivity } from "../executions/activity.ts";
import { holdWindows, holdWindowsCustom, windowRows } from "../executions/charge.ts";
import type { ExecutionRecord } from "../executions/execution-record.ts";
import { NO_INDEX } from "../executions/execution-table.ts";
import { haltExecution } from "../executions/state.ts";
import { decide, isUncertain, judgeStanding } from "../limits/standing.ts";
import { chargeUsage } from "../reports/charge-usage.ts";
import { DEADLINE } from "../time/deadlines.ts";
import type { World } from "../world.ts";
import { releaseChain } from "./hold.ts";
import { holdsSlot, type ReservationRow } from "./reservation-table.ts";

// A hold resolves exactly once: settled with what was really used, released, or expired. True usage is always charged.

export interface SettleRequest {
  readonly executionId: string;
  readonly reservationId: string;
  readonly actual: Usage;
  readonly provider: string | undefined;
  readonly model: string | undefined;
  readonly fingerprint: () => string;
}

export type SettleOutcome = "settled" | "late" | "unknown";

export interface SettleAnswer {
  readonly decision: Decision;
  readonly outcome: SettleOutcome;
}

/**
 * Releases the hold and charges the true usage, even above the hold or the limit.
 * @throws TollgateError EXECUTION_NOT_FOUND · RESERVATION_RESOLVED · RESERVATION_FORGOTTEN
 */
export function settle(world: World, caller: CallerId, request: SettleRequest, now: Now): SettleAnswer {
  const index = findExecution(world, caller, request.executionId);
  const record = world.executions.record(index);
  const entry = world.reservations.find(record.reservations?.get(request.reservationId));
  const digest = world.digest.digest128(`settle\n${request.fingerprint()}`);
  if (entry !== undefined && entry.state !== "held" && entry.state !== "expired") {
    return { decision: repeated(entry, digest), outcome: entry.resolvedAs ?? "settled" };
  }
  touchActivity(world, index, now.monoMs);
  return settleRow(world, record, entry, request, digest, now);
}

function settleRow(
  world: World,
  record: ExecutionRecord,
  entry: ReservationRow | undefined,
  request: SettleRequest,
  digest: string,
  now: Now,
): SettleAnswer {
  const { index } = record;
  if (entry === undefined) assertRemembered(world, record, now);
  const outcome: SettleOutcome =
    entry === undefined ? "unknown" : entry.state === "expired" ? "late" : "settled";
  const reserved = reservedOf(entry);
  if (entry?.state === "held") unhold(world, entry);
  const rows = windowsOf(world, record, entry, now);
  const notes = chargeUsage(world, index, { ...request, ...reserved }, rows, now);
  const finding = outcomeFinding(outcome, request.reservationId);
  const decision = judgeStanding(world, index, [...(finding === undefined ? [] : [finding]), ...notes], now);
  const resolved = entry ?? rememberUnknown(world, record, request.reservationId, rows, now);
  world.rows.reservations.touch(resolved.row);
  resolved.state = "settled";
  resolved.resolvedAs = outcome;
  resolved.resolution = { digest, answer: decision };
  // An expired hold was counted when it expired.
  if (outcome !== "late") forgetResolved(world, record);
  return { decision, outcome };
}

/** What of a hold its settlement has to know. Call before it is resolved. */
export function reservedOf(entry: ReservationRow | undefined) {
  const isOpen = entry?.state === "held" || entry?.state === "expired";
  return {
    reservedStep: entry?.signature,
    reservedChange: entry?.mutating === true,
    reservedAmounts: isOpen ? entry.amounts : undefined,
  };
}

/** A hold is settled in the windows it was made in; after a day those may be gone. */
function windowsOf(
  world: World,
  record: ExecutionRecord,
  entry: ReservationRow | undefined,
  now: Now,
): Int32Array {
  const recent = entry !== undefined && now.monoMs - entry.createdMono < DAY_MS;
  return recent ? entry.windowRows : windowRows(world, record.index, now.wallMs);
}

function outcomeFinding(outcome: SettleOutcome, reservationId: string): Finding | undefined {
  if (outcome === "settled") return undefined;
  const reason = outcome === "late" ? "LATE" : "RESERVATION_UNKNOWN";
  const message =
    outcome === "late"
      ? `reservation ${reservationId} had expired; its usage was charged`
      : `reservation ${reservationId} was not known; its usage was charged once under this id`;
  return { verdict: "WARN", kind: "STATE", reason, message };
}

/** An execution that ended over an hour ago, or resolved too many, cannot tell a repetition from a first settlement. */
function assertRemembered(world: World, record: ExecutionRecord, now: Now): void {
  const table = world.executions;
  const ended = table.state.get(record.index) === STATE.completed;
  const forgotten = ended && now.monoMs - table.endedMono.get(record.index) > RESERVATION_MEMORY_MS;
  if (!forgotten && record.resolvedReservations <= MAX_RESERVATIONS) return;
  throw new TollgateError(
    "RESERVATION_FORGOTTEN",
    "the reservation is no longer remembered; report its usage by StreamUsage instead",
  );
}

/** A resolved reservation under an id that nobody had held: the same id is charged once. */
export function rememberUnknown(
  world: World,
  record: ExecutionRecord,
  reservationId: string,
  rows: Int32Array,
  now: Now,
): ReservationRow {
  const { row, stamp } = world.reservations.allocate();
  const entry: ReservationRow = {
    row,
    index: record.index,
    reservationId,
    digest: "",
    amounts: new BigInt64Array(HELD_STRIDE),
    custom: {},
    signature: undefined,
    mutating: false,
    takes: [],
    windowRows: rows,
    createdMono: now.monoMs,
    expiresMono: now.monoMs,
    timeoutMs: undefined,
    timedOut: false,
    state: "settled",
    answer: undefined,
    resolution: undefined,
    resolvedAs: undefined,
    stamp,
  };
  world.rows.reservations.touch(row);
  world.reservations.insert(entry);
  record.reservations ??= new Map();
  record.reservations.set(reservationId, row);
  return entry;
}

/**
 * Releases the hold and charges nothing.
 * @throws TollgateError EXECUTION_NOT_FOUND · RESERVATION_NOT_FOUND · RESERVATION_RESOLVED
 */
export function release(
  world: World,
  caller: CallerId,
  executionId: string,
  reservationId: string,
  now: Now,
): ReservationState {
  const index = findExecution(world, caller, executionId);
  const record = world.executions.record(index);
  const entry = getReservation(world, record, reservationId);
  if (entry.state === "released" || entry.state === "expired") return entry.state;
  if (entry.state === "settled") throw resolvedBy(entry);
  touchActivity(world, index, now.monoMs);
  world.rows.reservations.touch(entry.row);
  unhold(world, entry);
  entry.state = "released";
  forgetResolved(world, record);
  return "released";
}

/** The hold's time is over, unless it was extended or resolved. */
export function expireReservation(world: World, row: number, stamp: number, now: Now): void {
  const entry = world.reservations.entries[row];
  if (
    entry === undefined ||
    entry.stamp !== stamp ||
    entry.state !== "held" ||
    entry.expiresMono > now.monoMs
  )
    return;
  world.rows.reservations.touch(row);
  unhold(world, entry);
  entry.state = "expired";
  const record = world.executions.record(entry.index);
  forgetResolved(world, record);
  const { reservationId } = entry;
  pushEvent(world, entry.index, "RESERVATION_EXPIRED", `reservation ${reservationId} expired`, now, {
    reservationId,
  });
}

/** A step took longer than its reservation allowed: its watchers are told, and the run is halted where policy says so. */
export function timeOutStep(world: World, row: number, stamp: number, now: Now): void {
  const entry = world.reservations.entries[row];
  if (entry === undefined || entry.stamp !== stamp || entry.state !== "held" || entry.timeoutMs === undefined)
    return;
  const elapsedMs = Math.floor(now.monoMs - entry.createdMono);
  if (elapsedMs <= entry.timeoutMs) {
    world.deadlines.add(entry.createdMono + entry.timeoutMs + 1, DEADLINE.stepTimeout, row, stamp);
    return;
  }
  world.rows.reservations.touch(row);
  entry.timedOut = true;
  const finding: Finding = {
    verdict: "WARN",
    kind: "LIMIT",
    reason: "STEP_TIMEOUT",
    message: `Step ${entry.reservationId} timed out after ${entry.timeoutMs}ms`,
    category: "timeout",
    retryable: false,
    current: { kind: "durationMs", value: elapsedMs },
    limit: { kind: "durationMs", value: entry.timeoutMs },
  };
  const facts = { finding, reservationId: entry.reservationId, elapsedMs, limitMs: entry.timeoutMs };
  pushEvent(world, entry.index, "STEP_TIMEOUT", finding.message, now, facts);
  recordViolation(world, entry.index, finding, now);
  const { limits } = world.executions.record(entry.index);
  if (limits.onStepTimeout === "halt")
    haltExecution(world, entry.index, { ...finding, verdict: "BLOCK" }, now);
}

/** Takes the hold off every level it was laid on. */
export function unhold(world: World, entry: ReservationRow): void {
  releaseChain(world, entry.index, entry.amounts, entry.custom, entry.takes);
  holdWindows(world, entry.windowRows, entry.amounts, -1n);
  holdWindowsCustom(world, entry.windowRows, entry.custom, -1n);
  if (holdsSlot(entry)) {
    world.slots.count(world.executions.record(entry.index).principal, -1);
    world.slots.releaseShadow(entry.row);
  }
  world.reservations.held--;
}

/** Counts a resolved hold, once each; beyond the bound every further one makes the oldest be forgotten. */
export function forgetResolved(world: World, record: ExecutionRecord): void {
  world.rows.executionTexts.touch(record.index);
  record.resolvedReservations++;
  const { reservations } = record;
  if (reservations === undefined || record.resolvedReservations <= MAX_RESERVATIONS) return;
  for (const [id, row] of reservations) {
    if (world.reservations.find(row)?.state === "held") continue;
    world.rows.reservations.touch(row);
    world.reservations.remove(row);
    reservations.delete(id);
    return;
  }
}

function repeated(entry: ReservationRow, digest: string): Decision {
  if (entry.resolution !== undefined && entry.resolution.digest === digest) return entry.resolution.answer;
  throw resolvedBy(entry);
}

export function resolvedBy(entry: ReservationRow): TollgateError {
  return new TollgateError(
    "RESERVATION_RESOLVED",
    `reservation ${entry.reservationId} is ${entry.state} already`,
    {
      metadata: { resolved_by: entry.state },
    },
  );
}

export function getReservation(world: World, record: ExecutionRecord, reservationId: string): ReservationRow {
  const entry = world.reservations.find(record.reservations?.get(reservationId));
  if (entry !== undefined) return entry;
  throw new TollgateError(
    "RESERVATION_NOT_FOUND",
    `execution ${record.id} has no reservation ${reservationId}`,
  );
}

export function findExecution(world: World, caller: CallerId, executionId: string): number {
  const index = world.executions.find(caller, executionId);
  if (index !== NO_INDEX) return index;
  throw new TollgateError("EXECUTION_NOT_FOUND", `execution ${executionId} is not known`);
}

/** For answers to `Release` and `Extend`, which carry only findings. */
export function findingsOf(world: World, index: number, now: Now): readonly Finding[] {
  return decide(world, [], now, isUncertain(world, index)).findings;
}
