// The engine beside the naive model: counters, holds, windows, marks, states.

import { HELD, HELD_STRIDE, SPENT, SPENT_STRIDE } from "../../src/domain/counters.ts";
import { EXECUTION_STATES } from "../../src/domain/execution.ts";
import { flushWindows } from "../../src/engine/executions/charge.ts";
import { counterPlace } from "../../src/engine/executions/table/columns.ts";
import type { World } from "../../src/engine/world.ts";
import {
  type Amounts,
  CARVED,
  COUNTED_LIMITS,
  type CountedLimit,
  heldAt,
  type Model,
  type ModelExecution,
  type ModelReporter,
  memoryAt,
  nothing,
  UNITS,
} from "./model/model.ts";
import { type Counts, placesOf, slotsOf } from "./model/place-model.ts";
import { floorOf } from "./model/report-model.ts";

/** What differs, in words; empty when nothing does. */
export function findDifferences(world: World, model: Model): string[] {
  return [
    ...executionDifferences(world, model),
    ...windowDifferences(world, model),
    ...reporterDifferences(world, model),
    ...approvalDifferences(world, model),
    ...countDifferences("active executions", world.places, placesOf(model)),
    ...countDifferences("requests in flight", world.slots, slotsOf(model)),
  ];
}

function differ(what: string, engine: unknown, model: unknown): string[] {
  return engine === model ? [] : [`${what}: engine ${String(engine)}, model ${String(model)}`];
}

function* executionDifferences(world: World, model: Model): Generator<string> {
  const table = world.executions;
  const indexes = new Map([...table.indexes()].map((index) => [table.record(index).id, index]));
  yield* differ(
    "executions",
    [...indexes.keys()].toSorted().join(),
    [...model.executions.keys()].toSorted().join(),
  );
  for (const execution of model.executions.values()) {
    const index = indexes.get(execution.id);
    if (index === undefined) continue;
    const { id } = execution;
    yield* differ(`${id} state`, EXECUTION_STATES[table.state.get(index)], execution.state);
    yield* differ(`${id} memory`, table.subtreeMemory.get(index), memoryAt(model, id));
    const spent = spentOf(table.spent, counterPlace(index));
    const held = heldOf(table.held, index);
    for (const unit of UNITS) {
      yield* differ(`${id} spent ${unit}`, spent[unit], execution.spent[unit]);
      yield* differ(`${id} held ${unit}`, held[unit], heldAt(model, id, unit));
    }
    yield* carveDifferences(world, index, execution);
    for (const [reservationId, hold] of execution.holds) {
      const entry = world.reservations.find(table.record(index).reservations?.get(reservationId));
      yield* differ(`${id} ${reservationId}`, entry?.state, hold.state);
      if (hold.state === "held")
        yield* differ(`${id} ${reservationId} expires`, entry?.expiresMono, hold.expiresMono);
    }
  }
}

function* carveDifferences(world: World, index: number, execution: ModelExecution): Generator<string> {
  const { carve } = world.executions.record(index);
  if (carve === undefined || execution.carve === undefined)
    return yield* differ(`${execution.id} carve`, carve, execution.carve);
  yield* differ(`${execution.id} carve active`, carve.active, execution.carve.isActive);
  for (const [place, unit] of CARVED.entries()) {
    yield* differ(
      `${execution.id} carve held ${unit}`,
      Number(carve.held[place]),
      execution.carve.held[unit],
    );
  }
}

/** The amounts of a row of counters that begins at `from`. */
export function spentOf(rows: BigInt64Array, from: number): Amounts {
  const at = (place: number): number => Number(rows[from + place]);
  return {
    steps: at(SPENT.steps),
    discovered: at(SPENT.discoveredSteps),
    tokens: at(SPENT.inputTokens) + at(SPENT.outputTokens),
    cost: at(SPENT.costNanoUsd),
    toolCalls: at(SPENT.toolCalls),
    requests: at(SPENT.requests),
    cpu: at(SPENT.cpuMillis),
  };
}

export function heldOf(rows: BigInt64Array, index: number): Amounts {
  const at = (place: number): number => Number(rows[index * HELD_STRIDE + place]);
  return {
    steps: at(HELD.steps),
    discovered: at(HELD.discoveredSteps),
    tokens: at(HELD.inputTokens) + at(HELD.outputTokens) + at(HELD.plainTokens),
    cost: at(HELD.costNanoUsd),
    toolCalls: at(HELD.toolCalls),
    requests: at(HELD.requests),
    cpu: 0,
  };
}

function* windowDifferences(world: World, model: Model): Generator<string> {
  const { windows } = world;
  flushWindows(world);
  const seen = new Set<string>();
  for (const row of windows.rows()) {
    const text = windows.texts[row];
    if (text === undefined) continue;
    const tenant = text.level === "global" ? "" : text.tenant;
    const name = `${text.level}/${tenant}/${text.name}/${text.period}/${text.startMs}`;
    seen.add(name);
    const known = model.windows.get(name);
    const spent = spentOf(windows.spent, row * SPENT_STRIDE);
    const held = heldOf(windows.held, row);
    for (const unit of UNITS) {
      yield* differ(`${name} spent ${unit}`, spent[unit], known?.spent[unit] ?? 0);
      yield* differ(`${name} held ${unit}`, held[unit], known?.held[unit] ?? 0);
    }
  }
  const none = JSON.stringify(nothing());
  for (const [name, window] of model.windows) {
    const isEmpty = JSON.stringify(window.spent) === none && JSON.stringify(window.held) === none;
    if (!isEmpty && !seen.has(name)) yield `${name}: missing in the engine`;
  }
}

function* reporterDifferences(world: World, model: Model): Generator<string> {
  const entries = world.reporters.entries.filter((entry) => entry !== undefined);
  yield* differ("reporters", entries.length, model.reporters.size);
  for (const entry of entries) {
    const name = `${entry.reporterId} ${entry.epoch}`;
    const known = model.reporters.get(name);
    if (known === undefined) yield `reporter ${name}: unknown to the model`;
    else yield* markDifferences(name, entry, known);
  }
}

function* markDifferences(
  name: string,
  entry: {
    readonly floor: number;
    readonly fenced: boolean;
    readonly ranges: readonly { readonly from: number; readonly to: number }[];
  },
  known: ModelReporter,
): Generator<string> {
  const floor = floorOf(known);
  yield* differ(`reporter ${name} floor`, entry.floor, floor);
  yield* differ(`reporter ${name} fenced`, entry.fenced, known.isFenced);
  const above: number[] = [];
  for (const { from, to } of entry.ranges) for (let at = from; at <= to; at++) above.push(at);
  const wanted = [...known.applied].filter((sequence) => sequence > floor).toSorted((a, b) => a - b);
  yield* differ(`reporter ${name} applied above the floor`, above.join(), wanted.join());
}

function* approvalDifferences(world: World, model: Model): Generator<string> {
  const open = world.approvals.entries.filter((entry) => entry?.state === "open");
  const engine = open.map((entry) => `${entry?.approvalId} ${entry?.executionId} ${entry?.cause}`).toSorted();
  const wanted = [...model.approvals.values()]
    .map((one) => `${one.id} ${one.executionId} ${one.cause}`)
    .toSorted();
  yield* differ("open approvals", engine.join(", "), wanted.join(", "));
}

function countDifferences(what: string, engine: World["places"], wanted: Counts): string[] {
  const told = (counts: Iterable<readonly [string, number]>): string =>
    JSON.stringify([...counts].toSorted());
  return differ(what, told(engine.entries()), told(wanted));
}

/** P3: limits of an execution and its ancestors that are passed right after something was admitted. Read from the rows. */
export function findOvershoot(world: World, index: number): string[] {
  const table = world.executions;
  const found: string[] = [];
  for (let at = index; at >= 0; at = table.parent.get(at)) {
    const spent = spentOf(table.spent, counterPlace(at));
    const held = heldOf(table.held, at);
    const { limits, id } = table.record(at);
    for (const key of Object.keys(COUNTED_LIMITS) as CountedLimit[]) {
      const limit = limits.byKey[key];
      if (limit === undefined || key === "cost_alert_threshold_usd" || key === "max_discovered_steps")
        continue;
      const unit = COUNTED_LIMITS[key];
      const sum = spent[unit] + held[unit];
      if (sum > Number(limit.value))
        found.push(`${id} ${key}: ${spent[unit]} spent + ${held[unit]} held > ${limit.value}`);
    }
  }
  return found;
}
