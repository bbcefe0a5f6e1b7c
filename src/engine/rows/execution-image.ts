import { HELD_STRIDE, SPENT_STRIDE } from "../../domain/counters.ts";
import { RECORD_PUT } from "../../ports/cut-store.ts";
import { FLAG } from "../executions/execution-table.ts";
import { counterPlace } from "../executions/table/columns.ts";
import type { World } from "../world.ts";
import type { CutBuffer } from "./cut-buffer.ts";
import { deleteRow, tableNumber } from "./generations.ts";

// Images of executions. Numbers that change with every report: words, without those that are zero. Texts, limits and carves: JSON, written
// when they change. Instants are those of this boot's monotonic clock; restore moves them to the clock of the next.

const EXECUTIONS = tableNumber("executions");
const LOOPS = tableNumber("loops");

/** Version of the binary image, its first number. */
export const EXECUTION_IMAGE_VERSION = 1;

/** f64: version·flags, started mono, started wall, last activity, paused, paused since, ended, memory, subtree memory. */
const NUMBERS = 9;
/** i32 pairs: state·verdict, depth·max depth, event number·warned, parent·first reporter. */
const PAIRS = 4;
export const EXECUTION_WORDS = NUMBERS + PAIRS + SPENT_STRIDE + HELD_STRIDE;
/** The word that the counters begin at; what is held follows them. */
export const COUNTERS_FROM = NUMBERS + PAIRS;

export function encodeExecution(world: World, index: number, out: CutBuffer): void {
  const table = world.executions;
  if (!table.has(index)) return deleteRow(out, EXECUTIONS, index);
  const flags = table.flags.get(index);
  out.beginWords(EXECUTIONS, index, EXECUTION_WORDS);
  out.addF64(EXECUTION_IMAGE_VERSION * 256 + flags);
  out.addF64(table.startedMono.get(index));
  out.addF64(table.startedWall.get(index));
  out.addF64(table.lastActivity.get(index));
  out.addF64(table.pausedMs.get(index));
  out.addF64(table.pausedSince.get(index));
  out.addF64(table.endedMono.get(index));
  out.addF64(table.memory.get(index));
  out.addF64(table.subtreeMemory.get(index));
  out.addI32Pair(table.state.get(index), table.verdict.get(index));
  out.addI32Pair(table.depth.get(index), table.maxDepth.get(index));
  out.addI32Pair(table.eventNumber.get(index), table.warned.get(index));
  out.addI32Pair(table.parent.get(index), table.firstReporter.get(index));
  const spentBase = counterPlace(index);
  for (let unit = 0; unit < SPENT_STRIDE; unit++) out.addI64(table.spent[spentBase + unit] as bigint);
  if ((flags & FLAG.held) !== 0) {
    const heldBase = index * HELD_STRIDE;
    for (let unit = 0; unit < HELD_STRIDE; unit++) out.addI64(table.held[heldBase + unit] as bigint);
  }
  out.endWords();
}

/** Loop rings: i32 count, window, warned, 0, then four numbers per step. */
export function encodeLoop(world: World, index: number, out: CutBuffer): void {
  const ring = world.executions.recordAt(index)?.loop;
  if (ring === undefined) return deleteRow(out, LOOPS, index);
  const { entries } = ring;
  out.begin(RECORD_PUT, LOOPS, index, 16 + entries.byteLength);
  out.writeI32Pair(ring.count, ring.window);
  out.writeI32Pair(ring.warned ? 1 : 0, 0);
  for (let at = 0; at < entries.length; at += 2)
    out.writeI32Pair(entries[at] as number, entries[at + 1] as number);
  out.end();
}
