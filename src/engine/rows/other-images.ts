import { HELD_STRIDE, SPENT_STRIDE } from "../../domain/counters.ts";
import { MAX_EVENTS } from "../../domain/execution.ts";
import { RECORD_PUT } from "../../ports/cut-store.ts";
import type { World } from "../world.ts";
import type { CutBuffer } from "./cut-buffer.ts";
import { bigintAsText, deleteRow, tableNumber } from "./generations.ts";

// Images of everything but executions.

const WINDOWS = tableNumber("windows");
const WINDOW_TEXTS = tableNumber("window_texts");
const RESERVATIONS = tableNumber("reservations");
const REQUESTS = tableNumber("requests");
const REPORTERS = tableNumber("reporters");
const REPORTER_TEXTS = tableNumber("reporter_texts");
const APPROVALS = tableNumber("approvals");
const EVENTS = tableNumber("execution_events");

export const WINDOW_WORDS = SPENT_STRIDE + HELD_STRIDE + 1;

/** Spent, held and whether the window is uncertain, as words. */
export function encodeWindow(world: World, row: number, out: CutBuffer): void {
  const { windows } = world;
  if (windows.texts[row] === undefined) return deleteRow(out, WINDOWS, row);
  out.beginWords(WINDOWS, row, WINDOW_WORDS);
  for (let unit = 0; unit < SPENT_STRIDE; unit++)
    out.addI64(windows.spent[row * SPENT_STRIDE + unit] as bigint);
  for (let unit = 0; unit < HELD_STRIDE; unit++) out.addI64(windows.held[row * HELD_STRIDE + unit] as bigint);
  out.addI32Pair(windows.uncertain[row] as number, windows.told[row] as number);
  out.endWords();
}

export function encodeWindowText(world: World, row: number, out: CutBuffer): void {
  const text = world.windows.texts[row];
  if (text === undefined) return deleteRow(out, WINDOW_TEXTS, row);
  const custom = world.windows.custom[row];
  // What is held is laid on again by the reservations themselves.
  const kept = custom === undefined ? text : { ...text, custom: { spent: custom.spent, told: custom.told } };
  out.text(RECORD_PUT, WINDOW_TEXTS, row, JSON.stringify(kept, bigintAsText));
}

export function encodeReservation(world: World, row: number, out: CutBuffer): void {
  const entry = world.reservations.entries[row];
  if (entry === undefined) return deleteRow(out, RESERVATIONS, row);
  const { row: _row, stamp: _stamp, amounts, windowRows, ...rest } = entry;
  const image = { ...rest, amounts: Array.from(amounts, String), windowRows: Array.from(windowRows) };
  out.text(RECORD_PUT, RESERVATIONS, row, JSON.stringify(image, bigintAsText));
}

export function encodeRequest(world: World, row: number, out: CutBuffer): void {
  const entry = world.requests.entries[row];
  if (entry === undefined) return deleteRow(out, REQUESTS, row);
  out.text(RECORD_PUT, REQUESTS, row, JSON.stringify(entry, bigintAsText));
}

/** f64 floor, last used (wall), what was lost through; then from and to of each range. Each with the hash of its content. */
export function encodeReporter(world: World, row: number, out: CutBuffer): void {
  const entry = world.reporters.entries[row];
  if (entry === undefined) return deleteRow(out, REPORTERS, row);
  entry.cutFloor = entry.floor;
  world.reporters.inCut.push(row);
  out.begin(RECORD_PUT, REPORTERS, row, 24 + entry.ranges.length * 48);
  out.writeF64(entry.floor);
  out.writeF64(entry.lastUsedMs);
  out.writeF64(entry.lostThrough);
  for (const { from, to, hash } of entry.ranges) {
    out.writeF64(from);
    out.writeF64(to);
    out.writeI64(BigInt.asIntN(64, BigInt(`0x${hash}`)));
  }
  out.end();
}

export function encodeReporterText(world: World, row: number, out: CutBuffer): void {
  const entry = world.reporters.entries[row];
  if (entry === undefined) return deleteRow(out, REPORTER_TEXTS, row);
  const { caller, reporterId, epoch, fenced, principal, lost } = entry;
  out.text(
    RECORD_PUT,
    REPORTER_TEXTS,
    row,
    JSON.stringify({ caller, reporterId, epoch, fenced, principal, ...(lost ? { lost } : {}) }, bigintAsText),
  );
}

export function encodeApproval(world: World, row: number, out: CutBuffer): void {
  const entry = world.approvals.entries[row];
  if (entry === undefined) return deleteRow(out, APPROVALS, row);
  out.text(RECORD_PUT, APPROVALS, row, JSON.stringify(entry, bigintAsText));
}

export function encodeEvent(world: World, row: number, out: CutBuffer): void {
  const index = Math.floor(row / MAX_EVENTS);
  const events = world.executions.recordAt(index)?.events ?? [];
  const event = events.findLast((one) => one.number % MAX_EVENTS === row % MAX_EVENTS);
  if (event === undefined) return deleteRow(out, EVENTS, row);
  out.text(RECORD_PUT, EVENTS, row, JSON.stringify(event, bigintAsText));
}
