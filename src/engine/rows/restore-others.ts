import { HELD_COUNT } from "../../domain/counters.ts";
import type { RequestedPrincipal } from "../../domain/execution.ts";
import type { CallerId } from "../../domain/ids.ts";
import type { MonoMs, Now } from "../../domain/time.ts";
import type { ApprovalRow } from "../approvals/approval-table.ts";
import { holdWindows, holdWindowsCustom } from "../executions/charge.ts";
import { type AnyRequestRow, isOfExecution, isOfOperator } from "../requests/request-table.ts";
import { holdsSlot, type ReservationRow } from "../reservations/reservation-table.ts";
import type { World } from "../world.ts";
import { reviveAmounts, type Shift, viewOf } from "./read-image.ts";

export interface ReporterText {
  readonly caller: CallerId;
  readonly reporterId: string;
  readonly epoch: string;
  readonly fenced: boolean;
  readonly principal?: RequestedPrincipal;
  readonly lost?: boolean;
}

/** Numbers that stand before the ranges in a reporter's image: floor, last used, lost through. */
const REPORTER_NUMBERS = 3;

export function restoreReporter(
  world: World,
  row: number,
  text: ReporterText,
  image: Uint8Array | undefined,
  now: Now,
): void {
  const view = image === undefined ? undefined : viewOf(image);
  const number = (place: number): number => view?.getFloat64(place * 8, true) ?? 0;
  const count = image === undefined ? 0 : image.byteLength / 8 - REPORTER_NUMBERS;
  const ranges = [];
  for (let at = 0; at < count; at += 3) {
    const hash = BigInt.asUintN(64, view?.getBigInt64((REPORTER_NUMBERS + at + 2) * 8, true) ?? 0n);
    const from = number(REPORTER_NUMBERS + at);
    ranges.push({ from, to: number(REPORTER_NUMBERS + at + 1), hash: hash.toString(16).padStart(16, "0") });
  }
  const floor = number(0);
  world.reporters.insert({
    ...text,
    epoch: BigInt(text.epoch),
    principal: text.principal,
    lost: text.lost === true,
    row,
    floor,
    ranges,
    cutFloor: floor,
    durableFloor: floor,
    lostThrough: number(2),
    session: 0,
    executions: 0,
    lastUsedMs: number(1),
    lastUsedMono: (now.monoMs - Math.max(0, now.wallMs - number(1))) as MonoMs,
  });
}

type Stored<Row> = Omit<Row, "amounts" | "windowRows" | "takes" | "custom" | "row" | "stamp"> & {
  readonly amounts: readonly string[];
  readonly windowRows: readonly number[];
  readonly takes: readonly { readonly index: number; readonly amounts: readonly string[] }[];
  readonly custom: { readonly [name: string]: string };
};

export function restoreReservation(
  world: World,
  row: number,
  stored: Stored<ReservationRow>,
  shift: Shift,
): void {
  const record = world.executions.recordAt(stored.index);
  if (record === undefined) return;
  const amounts = BigInt64Array.from({ length: Math.max(HELD_COUNT, stored.amounts.length) }, (_, at) =>
    BigInt(stored.amounts[at] ?? "0"),
  );
  const entry: ReservationRow = {
    ...stored,
    row,
    stamp: world.reservations.nextStamp(),
    amounts,
    custom: Object.fromEntries(Object.entries(stored.custom).map(([name, amount]) => [name, BigInt(amount)])),
    takes: stored.takes.map(({ index, amounts: taken }) => ({ index, amounts: taken.map(BigInt) })),
    windowRows: Int32Array.from(stored.windowRows),
    createdMono: stored.createdMono + shift.monoMs,
    expiresMono: stored.expiresMono + shift.monoMs,
    timeoutMs: stored.timeoutMs,
    answer: reviveAmounts(stored.answer),
    resolution: reviveAmounts(stored.resolution),
    resolvedAs: stored.resolvedAs,
  };
  world.reservations.insert(entry);
  record.reservations ??= new Map();
  record.reservations.set(entry.reservationId, row);
  if (entry.state !== "held") return;
  holdWindows(world, entry.windowRows, entry.amounts, 1n);
  holdWindowsCustom(world, entry.windowRows, entry.custom, 1n);
  if (holdsSlot(entry)) world.slots.count(record.principal, 1);
}

export function restoreRequest(world: World, row: number, stored: AnyRequestRow, shift: Shift): void {
  const expiresMono = stored.expiresMono + shift.monoMs;
  if (isOfOperator(stored)) {
    world.requests.insert({ ...stored, row, expiresMono });
    return;
  }
  if (isOfExecution(stored)) {
    const record = world.executions.recordAt(stored.index);
    if (record === undefined) return;
    record.requests ??= new Map();
    record.requests.set(stored.requestId, { digest: stored.digest, row });
  }
  world.requests.insert({ ...stored, row, answer: reviveAmounts(stored.answer), expiresMono });
}

export function restoreApproval(world: World, row: number, stored: ApprovalRow): void {
  if (!world.executions.has(stored.index)) return;
  const { tenant } = stored;
  world.approvals.insert({ ...stored, row, finding: reviveAmounts(stored.finding) });
  if (stored.state === "open")
    world.approvals.openPerTenant.set(tenant, (world.approvals.openPerTenant.get(tenant) ?? 0) + 1);
}
