import { HELD_STRIDE, SPENT_STRIDE } from "../../domain/counters.ts";
import { RECORD_PUT } from "../../ports/cut-store.ts";
import { type ExecutionRecord, FLAG } from "../executions/execution-table.ts";
import type { World } from "../world.ts";
import type { CutBuffer } from "./cut-buffer.ts";
import { bigintAsText, deleteRow, tableNumber } from "./generations.ts";

// Images of executions. Numbers that change with every report: a fixed binary row. Texts, limits and carves: JSON, written
// when they change. Instants are those of this boot's monotonic clock; restore moves them to the clock of the next.

const EXECUTIONS = tableNumber("executions");
const EXECUTION_TEXTS = tableNumber("execution_texts");
const LOOPS = tableNumber("loops");

/** Version of the binary image, its first number. */
export const EXECUTION_IMAGE_VERSION = 1;

/** f64: version·flags, started mono, started wall, last activity, paused, paused since, ended, memory, subtree memory. */
const NUMBERS = 9;
/** i32 pairs: state·verdict, depth·max depth, event number·warned, parent·has held. */
const PAIRS = 4;
export const EXECUTION_IMAGE_BYTES = (NUMBERS + PAIRS + SPENT_STRIDE) * 8;

export function encodeExecution(world: World, index: number, out: CutBuffer): void {
  const table = world.executions;
  if (table.records[index] === undefined) return deleteRow(out, EXECUTIONS, index);
  const flags = table.flags[index] as number;
  const hasHeld = (flags & FLAG.held) !== 0;
  out.begin(RECORD_PUT, EXECUTIONS, index, EXECUTION_IMAGE_BYTES + (hasHeld ? HELD_STRIDE * 8 : 0));
  out.writeF64(EXECUTION_IMAGE_VERSION * 256 + flags);
  out.writeF64(table.startedMono[index] as number);
  out.writeF64(table.startedWall[index] as number);
  out.writeF64(table.lastActivity[index] as number);
  out.writeF64(table.pausedMs[index] as number);
  out.writeF64(table.pausedSince[index] as number);
  out.writeF64(table.endedMono[index] as number);
  out.writeF64(table.memory[index] as number);
  out.writeF64(table.subtreeMemory[index] as number);
  out.writeI32Pair(table.state[index] as number, table.verdict[index] as number);
  out.writeI32Pair(table.depth[index] as number, table.maxDepth[index] as number);
  out.writeI32Pair(table.eventNumber[index] as number, table.warned[index] as number);
  out.writeI32Pair(table.parent[index] as number, hasHeld ? 1 : 0);
  const spentBase = index * SPENT_STRIDE;
  for (let unit = 0; unit < SPENT_STRIDE; unit++) out.writeI64(table.spent[spentBase + unit] as bigint);
  if (hasHeld) {
    const heldBase = index * HELD_STRIDE;
    for (let unit = 0; unit < HELD_STRIDE; unit++) out.writeI64(table.held[heldBase + unit] as bigint);
  }
  out.end();
}

export function encodeExecutionText(world: World, index: number, out: CutBuffer): void {
  const record = world.executions.records[index];
  if (record === undefined) return deleteRow(out, EXECUTION_TEXTS, index);
  out.text(RECORD_PUT, EXECUTION_TEXTS, index, JSON.stringify(textOf(world, record), bigintAsText));
}

/** What the JSON row of an execution holds. */
export function textOf(world: World, record: ExecutionRecord) {
  const { caller, id, principal, session, labels, requested, discovered, parentId, adjusted, carve, custom } =
    record;
  return {
    caller,
    id,
    principal,
    session,
    labels,
    requested,
    discovered,
    parentId,
    adjusted,
    carve,
    custom,
    stateFinding: record.stateFinding,
    resolvedReservations: record.resolvedReservations,
    reporters: record.reporters.map((row) => reporterKey(world, row)).filter((key) => key !== undefined),
    openApprovals: record.openApprovals,
    modifications: record.modifications,
    announced: record.announced === undefined ? undefined : [...record.announced],
  };
}

function reporterKey(world: World, row: number): number | undefined {
  return world.reporters.entries[row] === undefined ? undefined : row;
}

/** What is kept of a completed execution in the file, enough to take it up again for late usage. */
export function completedRow(world: World, index: number) {
  const table = world.executions;
  const base = index * SPENT_STRIDE;
  // What only a running execution needs would make the row longer than a store takes.
  const {
    announced: _announced,
    modifications: _modifications,
    reporters: _reporters,
    ...kept
  } = textOf(world, table.record(index));
  return {
    ...kept,
    spent: Array.from(table.spent.subarray(base, base + SPENT_STRIDE), String),
    startedWall: table.startedWall[index],
    wallTimeMs: (table.endedMono[index] as number) - (table.startedMono[index] as number),
    pausedMs: table.pausedMs[index],
    maxDepth: table.maxDepth[index],
    eventNumber: table.eventNumber[index],
  };
}

/** Loop rings: i32 count, window, warned, 0, then four numbers per step. */
export function encodeLoop(world: World, index: number, out: CutBuffer): void {
  const ring = world.executions.records[index]?.loop;
  if (ring === undefined) return deleteRow(out, LOOPS, index);
  const { entries } = ring;
  out.begin(RECORD_PUT, LOOPS, index, 16 + entries.byteLength);
  out.writeI32Pair(ring.count, ring.window);
  out.writeI32Pair(ring.warned ? 1 : 0, 0);
  for (let at = 0; at < entries.length; at += 2)
    out.writeI32Pair(entries[at] as number, entries[at + 1] as number);
  out.end();
}
