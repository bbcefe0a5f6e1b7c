// Everything of a world that must survive a kill, as one text: two worlds with the same text answer alike.

import { HELD_STRIDE, SPENT_STRIDE } from "../../src/domain/counters.ts";
import { flushWindows } from "../../src/engine/executions/charge.ts";
import { keyOf } from "../../src/engine/executions/execution-record.ts";
import { canonicalText } from "../../src/engine/executions/register.ts";
import { counterPlace } from "../../src/engine/executions/table/columns.ts";
import { stillSince } from "../../src/engine/limits/times.ts";
import { isOfExecution, isOfOperator } from "../../src/engine/requests/request-table.ts";
import type { ReservationRow } from "../../src/engine/reservations/reservation-table.ts";
import { textOf } from "../../src/engine/rows/execution-text.ts";
import { RECONNECT_GRACE_MS } from "../../src/engine/rows/read-image.ts";
import type { World } from "../../src/engine/world.ts";

type Part = readonly [string, object];

/** Lines by table and id, sorted. `monoMs` is the instant at which the world is, or would be, taken up again. */
export function digestWorld(world: World, monoMs: number): string {
  const parts: Part[] = [
    ...executionParts(world, monoMs),
    ...reservationParts(world, monoMs),
    ...windowParts(world),
    ...reporterParts(world),
    ...approvalParts(world),
    ["counts", countsOf(world)],
  ];
  return parts
    .map(([name, content]) => `${name} ${canonicalText(content)}`)
    .toSorted()
    .join("\n");
}

function* executionParts(world: World, monoMs: number): Generator<Part> {
  const table = world.executions;
  for (const index of table.indexes()) {
    const record = table.record(index);
    const parent = table.parent.get(index);
    const text = textOf(world, record);
    yield [`execution ${keyOf(record)} text`, { ...text, reporters: text.reporters?.toSorted() }];
    yield [`execution ${keyOf(record)} limits`, record.limits];
    yield [`execution ${keyOf(record)} memory`, { loop: loopOf(record.loop), events: record.events }];
    yield [
      `execution ${keyOf(record)} numbers`,
      {
        index,
        parent: parent < 0 ? undefined : keyOf(table.record(parent)),
        chain: [...record.chain],
        state: table.state.get(index),
        flags: table.flags.get(index),
        verdict: table.verdict.get(index),
        depth: [table.depth.get(index), table.maxDepth.get(index)],
        eventNumber: table.eventNumber.get(index),
        warned: table.warned.get(index),
        started: [table.startedMono.get(index), table.startedWall.get(index)],
        lastActivity: activityOf(world, index, monoMs),
        paused: [table.pausedMs.get(index), table.pausedSince.get(index)],
        ended: table.endedMono.get(index),
        memory: [table.memory.get(index), table.subtreeMemory.get(index)],
        spent: [...table.spent.subarray(counterPlace(index), counterPlace(index) + SPENT_STRIDE)],
        held: [...table.held.subarray(index * HELD_STRIDE, (index + 1) * HELD_STRIDE)],
      },
    ];
  }
}

function loopOf(loop: ReturnType<World["executions"]["record"]>["loop"]): object | undefined {
  return loop === undefined ? undefined : { ...loop, entries: [...loop.entries] };
}

/** Clients that come back find at least the reconnect grace on every idle clock. */
function activityOf(world: World, index: number, monoMs: number): number {
  const last = world.executions.lastActivity.get(index);
  const timeout = world.executions.record(index).limits.byKey.idle_timeout_seconds;
  const { executions } = world;
  const isStill = executions.state.get(index) === 3 || stillSince(executions, index) !== 0;
  if (timeout === undefined || isStill) return last;
  return Math.max(last, Math.min(monoMs, monoMs + RECONNECT_GRACE_MS - Number(timeout.value) * 1000));
}

function* reservationParts(world: World, monoMs: number): Generator<Part> {
  for (const entry of world.reservations.entries) {
    if (entry === undefined) continue;
    const { row: _row, stamp: _stamp, ...kept } = entry;
    const windows = [...entry.windowRows].map((row) => world.windows.texts[row]?.startMs);
    const image = { ...kept, ...clockOf(entry, monoMs), windowRows: windows, amounts: [...entry.amounts] };
    yield [`reservation ${keyOf(world.executions.record(entry.index))} ${entry.reservationId}`, image];
  }
  for (const entry of world.requests.entries) {
    if (entry === undefined || isOfOperator(entry)) continue;
    const asker = isOfExecution(entry) ? world.executions.record(entry.index) : entry;
    const id = "id" in asker ? asker.id : asker.executionId;
    yield [`request ${asker.caller} ${id} ${entry.requestId}`, entry];
  }
}

/** Holds and step timers have at least the reconnect grace left. */
function clockOf(entry: ReservationRow, monoMs: number): object {
  if (entry.state !== "held") return {};
  const grace = monoMs + RECONNECT_GRACE_MS;
  const { timeoutMs, createdMono, expiresMono } = entry;
  const runs = timeoutMs !== undefined && !entry.timedOut;
  const created = runs ? Math.max(createdMono, Math.min(monoMs, grace - timeoutMs)) : createdMono;
  return { expiresMono: Math.max(expiresMono, grace), createdMono: created };
}

function* windowParts(world: World): Generator<Part> {
  const { windows } = world;
  flushWindows(world);
  for (const row of windows.rows()) {
    const text = windows.texts[row];
    const spent = [...windows.spent.subarray(row * SPENT_STRIDE, (row + 1) * SPENT_STRIDE)];
    const held = [...windows.held.subarray(row * HELD_STRIDE, (row + 1) * HELD_STRIDE)];
    yield [`window ${row}`, { text, spent, held, uncertain: windows.uncertain[row] }];
  }
}

function* reporterParts(world: World): Generator<Part> {
  for (const entry of world.reporters.entries) {
    if (entry === undefined) continue;
    const { cutFloor: _cut, durableFloor: _durable, session: _session, lastUsedMono: _mono, ...kept } = entry;
    yield [`reporter ${entry.row}`, kept];
  }
}

function* approvalParts(world: World): Generator<Part> {
  for (const entry of world.approvals.entries)
    if (entry !== undefined) yield [`approval ${entry.approvalId}`, entry];
}

function countsOf(world: World): object {
  return {
    active: world.places.entries(),
    live: world.executions.live,
    held: world.reservations.held,
    openPerTenant: [...world.approvals.openPerTenant].toSorted(),
    sequences: world.generations.lastSequences,
    completed: [...world.completed].filter(({ index, stamp }) => world.executions.stamp.get(index) === stamp)
      .length,
  };
}
