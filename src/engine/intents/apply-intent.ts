import { SPENT } from "../../domain/counters.ts";
import type { Intent } from "../../domain/intent.ts";
import { MAX_MODIFICATIONS, MODIFICATION_WINDOW_MS } from "../../domain/limits.ts";
import type { Now } from "../../domain/time.ts";
import {
  chargeChain,
  chargeCustom,
  chargePrincipal,
  chargeWindowsCustom,
  windowRows,
} from "../executions/charge.ts";
import { rootOf } from "../limits/judge.ts";
import { recordStep } from "../limits/loops.ts";
import type { Probe } from "../limits/probe.ts";
import { countUsage } from "../rules/count-usage.ts";
import type { World } from "../world.ts";

/** Charges what an allowed intent says: counters of the tree, windows, depth, the loop window. */
export function applyIntent(world: World, index: number, intent: Intent, probe: Probe, now: Now): void {
  chargeChain(world, index, probe.add);
  chargePrincipal(world, index, probe.add, now.wallMs);
  chargeCustom(world, index, intent.custom);
  chargeWindowsCustom(world, windowRows(world, index, now.wallMs), intent.custom);
  countUsage(world, world.executions.record(index), intent, probe.add, now.wallMs);
  if (probe.entersDepth) moveDepth(world, index, 1);
  recordModifications(world, index, probe.add[SPENT.modifications] as bigint, now.wallMs);
  if (intent.step !== undefined) noteStep(world, index, intent.step);
}

/** Moves the discovery depth; it never falls below 0. True when it would have. */
export function moveDepth(world: World, index: number, by: number): boolean {
  const { depth, maxDepth } = world.executions;
  world.rows.executions.touch(index);
  const moved = depth.get(index) + by;
  depth.set(index, Math.max(0, moved));
  if (moved > maxDepth.get(index)) maxDepth.set(index, moved);
  return moved < 0;
}

/** Most names of announced steps that are remembered of one execution. */
const MAX_ANNOUNCED = 1_000;

/** Remembers an announced step, or that it runs now, and moves the loop window. */
export function noteStep(world: World, index: number, step: NonNullable<Intent["step"]>): void {
  const record = world.executions.record(index);
  if (step.name !== undefined) {
    if (step.plannedOnly === true) {
      record.announced ??= new Set();
      if (record.announced.size < MAX_ANNOUNCED && !record.announced.has(step.name)) {
        world.rows.executionTexts.touch(index);
        record.announced.add(step.name);
      }
    } else if (record.announced?.delete(step.name) === true) world.rows.executionTexts.touch(index);
  }
  if (step.signature !== undefined && step.signature !== "" && step.plannedOnly !== true) {
    recordStep(world, index, step.signature, step.resultDigest);
  }
}

/** Keeps the instants of modifications per root execution: the limit slides over the last hour. */
export function recordModifications(world: World, index: number, count: bigint, wallMs: number): void {
  if (count === 0n) return;
  const root = world.executions.record(rootOf(world, index));
  world.rows.executionTexts.touch(root.index);
  const recent = (root.modifications ?? []).filter((at) => at > wallMs - MODIFICATION_WINDOW_MS);
  for (let added = 0n; added < count && recent.length < MAX_MODIFICATIONS; added++) recent.push(wallMs);
  root.modifications = recent;
}
