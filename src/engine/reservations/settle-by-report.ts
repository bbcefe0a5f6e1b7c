import type { Finding } from "../../domain/decision.ts";
import type { Now } from "../../domain/time.ts";
import { windowRows } from "../executions/charge.ts";
import type { World } from "../world.ts";
import type { ReservationRow } from "./reservation-table.ts";
import { forgetResolved, rememberUnknown, unhold } from "./resolve.ts";

/**
 * A report settles a reservation: its hold is released, the report's own usage is the true usage. Exact in constant memory,
 * because the report's sequence makes it count once. A resolved or unknown reservation is told and the usage still counts; an unknown
 * one is remembered, so that `Settle` does not charge it again.
 */
export function settleByReport(world: World, index: number, reservationId: string, now: Now): Finding[] {
  const record = world.executions.record(index);
  const entry = findReservation(world, index, reservationId);
  if (entry === undefined) {
    const unknown = rememberUnknown(world, record, reservationId, windowRows(world, index, now.wallMs), now);
    unknown.resolvedAs = "unknown";
    forgetResolved(world, record);
    const message = `reservation ${reservationId} was not known; the reported usage was charged`;
    return [{ verdict: "WARN", kind: "STATE", reason: "RESERVATION_UNKNOWN", message }];
  }
  world.rows.reservations.touch(entry.row);
  if (entry.state === "held") {
    unhold(world, entry);
    entry.state = "settled";
    entry.resolvedAs = "settled";
    forgetResolved(world, record);
    return [];
  }
  const wasExpired = entry.state === "expired";
  if (wasExpired) {
    entry.state = "settled";
    entry.resolvedAs = "late";
  }
  const message = wasExpired
    ? `reservation ${reservationId} had expired; the reported usage was charged`
    : `reservation ${reservationId} was ${entry.state} already; the reported usage was charged on top`;
  return [{ verdict: "WARN", kind: "STATE", reason: "LATE", message }];
}

export function findReservation(
  world: World,
  index: number,
  reservationId: string,
): ReservationRow | undefined {
  return world.reservations.find(world.executions.record(index).reservations?.get(reservationId));
}
