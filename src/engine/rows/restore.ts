import { HELD_STRIDE, SPENT_STRIDE } from "../../domain/counters.ts";
import type { ExecutionEvent } from "../../domain/event.ts";
import { MAX_EVENTS } from "../../domain/execution.ts";
import { DAY_MS, type Now } from "../../domain/time.ts";
import { type Loaded, STATE_TABLES, type StateTable } from "../../ports/cut-store.ts";
import type { World } from "../world.ts";
import { packedRecords } from "./cut-buffer.ts";
import { reviveAmounts, type Shift, viewOf } from "./read-image.ts";
import { addRestoredExecution, type ExecutionText } from "./restore-execution.ts";
import {
  type ReporterText,
  restoreApproval,
  restoreReporter,
  restoreRequest,
  restoreReservation,
} from "./restore-others.ts";
import { settleRestored } from "./settle-restored.ts";

// From the rows of a file to a world, and from the clock of the boot that wrote them to the clock of this one.

/** Most time away that is believed when the machine was started anew. */
const LONGEST_AWAY_MS = 30 * DAY_MS;

interface Image {
  readonly key: number;
  readonly bytes: Uint8Array;
}

/** Loads everything; call once, on an empty world, before the first request. `bootId` is this boot's. */
export function restoreWorld(world: World, loaded: Loaded, bootId: string, now: Now): Shift {
  const shift = shiftOf(loaded, bootId, now);
  const images = imagesByTable(loaded);
  const reporters = pairs(images, "reporter_texts", "reporters");
  for (const [row, text, image] of reporters) restoreReporter(world, row, parse<ReporterText>(text), image);
  for (const [row, text, image] of pairs(images, "window_texts", "windows")) {
    world.windows.restore(row, parse(text));
    if (image !== undefined) restoreWindow(world, row, image);
  }
  const loops = new Map(images.loops.map(({ key, bytes }) => [key, bytes]));
  const executions = [...pairs(images, "execution_texts", "executions")].filter(
    ([, , image]) => image !== undefined,
  );
  for (const [index, text, image] of parentsFirst(executions)) {
    addRestoredExecution(
      world,
      index,
      parse<ExecutionText>(text),
      image as Uint8Array,
      loops.get(index),
      shift,
    );
  }
  for (const { key, bytes } of images.execution_events)
    restoreEvent(world, key, parse<ExecutionEvent>(bytes));
  for (const { key, bytes } of images.reservations) restoreReservation(world, key, parse(bytes), shift);
  for (const { key, bytes } of images.requests) restoreRequest(world, key, parse(bytes), shift);
  for (const { key, bytes } of images.approvals) restoreApproval(world, key, parse(bytes));
  world.requests.byAge.sort((a, b) => a.expiresMono - b.expiresMono);
  Object.assign(world.generations.lastSequences, loaded.lastSequences);
  settleRestored(world, loaded, shift, now);
  return shift;
}

/** On the same boot the clock went on; on another one the wall clock tells the time away, between 0 and 30 days. */
function shiftOf(loaded: Loaded, bootId: string, now: Now): Shift {
  const at = loaded.lastCutAt;
  if (at === undefined) return { monoMs: 0, awayMs: 0 };
  if (at.bootId === bootId) return { monoMs: 0, awayMs: Math.max(0, now.monoMs - at.monoMs) };
  const awayMs = Math.min(Math.max(0, now.wallMs - at.wallMs), LONGEST_AWAY_MS);
  return { monoMs: now.monoMs - awayMs - at.monoMs, awayMs };
}

function imagesByTable(loaded: Loaded): { readonly [T in StateTable]: readonly Image[] } {
  const images = Object.fromEntries(STATE_TABLES.map((table) => [table, [] as Image[]])) as {
    [T in StateTable]: Image[];
  };
  for (const { records, byteLength } of loaded.rows) {
    for (const record of packedRecords(records, byteLength)) {
      const table = STATE_TABLES[record.table];
      if (table === undefined) continue;
      images[table].push({
        key: record.key,
        bytes: new Uint8Array(records, record.bodyAt, record.bodyLength),
      });
    }
  }
  return images;
}

/** Rows of two tables that share a key: the text, and the numbers when they are there. */
function* pairs(
  images: { readonly [T in StateTable]: readonly Image[] },
  texts: StateTable,
  numbers: StateTable,
): Generator<[number, Uint8Array, Uint8Array | undefined]> {
  const byKey = new Map(images[numbers].map(({ key, bytes }) => [key, bytes]));
  for (const { key, bytes } of images[texts]) yield [key, bytes, byKey.get(key)];
}

/** Parents before their children: the chain of a child is made from its parent's. */
function* parentsFirst(
  rows: readonly (readonly [number, Uint8Array, Uint8Array | undefined])[],
): Generator<readonly [number, Uint8Array, Uint8Array | undefined]> {
  const byIndex = new Map(rows.map((row) => [row[0], row]));
  const done = new Set<number>();
  for (const row of rows) {
    const path: (typeof rows)[number][] = [];
    for (let at: (typeof rows)[number] | undefined = row; at !== undefined && !done.has(at[0]); ) {
      path.push(at);
      done.add(at[0]);
      at = byIndex.get(parentOf(at[2]));
    }
    for (const one of path.reverse()) yield one;
  }
}

/** Place of the parent's index in an execution's image, in bytes: after nine numbers and three pairs. */
const PARENT_AT = (9 + 3) * 8;

function parentOf(image: Uint8Array | undefined): number {
  return image === undefined ? -1 : viewOf(image).getInt32(PARENT_AT, true);
}

function restoreWindow(world: World, row: number, image: Uint8Array): void {
  const view = viewOf(image);
  for (let unit = 0; unit < SPENT_STRIDE; unit++)
    world.windows.spent[row * SPENT_STRIDE + unit] = view.getBigInt64(unit * 8, true);
  // What was held is laid on again by the reservations themselves, so that both always agree.
  world.windows.uncertain[row] = Number(view.getBigInt64((SPENT_STRIDE + HELD_STRIDE) * 8, true));
}

function restoreEvent(world: World, row: number, event: ExecutionEvent): void {
  const record = world.executions.records[Math.floor(row / MAX_EVENTS)];
  if (record === undefined) return;
  record.events = [...record.events, reviveAmounts(event)].sort((a, b) => a.number - b.number);
}

const decoder = new TextDecoder();

function parse<T>(bytes: Uint8Array): T {
  return JSON.parse(decoder.decode(bytes)) as T;
}
