import { HELD_STRIDE, SPENT_STRIDE } from "../../domain/counters.ts";
import { type Principal, STATE } from "../../domain/execution.ts";
import { type LimitOverrides, NO_OVERRIDES } from "../../domain/limits.ts";
import { createCarveHold } from "../executions/carve.ts";
import {
  type CarveHold,
  createExecutionRecord,
  type ExecutionRecord,
  type LoopRing,
} from "../executions/execution-record.ts";
import { FLAG, NO_INDEX } from "../executions/execution-table.ts";
import { chainBelow, NO_LABELS } from "../executions/register.ts";
import { counterPlace } from "../executions/table/columns.ts";
import { resolveLimits, sharedLimits } from "../limits/effective-limits.ts";
import { resolvePolicy } from "../policy/resolve-policy.ts";
import type { World } from "../world.ts";
import { EXECUTION_WORDS, FIRST_REPORTER_AT, PARENT_AT } from "./execution-image.ts";
import type { ExecutionText, StoredOverrides, Texts } from "./execution-text.ts";
import { expandWords, type RowPlace } from "./loaded-rows.ts";
import { reviveAmounts, type Shift, viewOf } from "./read-image.ts";

/** The record of an execution whose numbers stand in the table already. */
export function insertRecord(
  world: World,
  index: number,
  text: ExecutionText,
  parent: number,
): ExecutionRecord {
  const table = world.executions;
  const known = parent !== NO_INDEX && table.records[parent] !== undefined;
  const record = createRecord(world, index, text, known ? parent : NO_INDEX);
  table.insert(record, known ? parent : NO_INDEX);
  table.policyGeneration.set(index, world.policy.generation);
  const state = table.state.get(index);
  if (state !== STATE.completed) table.live++;
  return record;
}

/** Writes the numbers of an image to its index, which is allocated. Its parent may not be there yet. */
export function restoreNumbers(world: World, image: RowPlace, shift: Shift): void {
  const table = world.executions;
  const index = image.key;
  const view = expandWords(image, EXECUTION_WORDS);
  const number = (place: number): number => view.getFloat64(place * 8, true);
  const pair = (place: number, half: 0 | 1): number => view.getInt32((9 + place) * 8 + half * 4, true);
  table.flags.set(index, number(0) % 256);
  table.startedMono.set(index, number(1) + shift.monoMs);
  table.startedWall.set(index, number(2));
  table.lastActivity.set(index, number(3) + shift.monoMs);
  table.pausedMs.set(index, number(4));
  table.pausedSince.set(index, number(5) === 0 ? 0 : number(5) + shift.monoMs);
  table.endedMono.set(index, number(6) === 0 ? 0 : number(6) + shift.monoMs);
  table.memory.set(index, number(7));
  table.setSubtreeMemory(index, number(8));
  table.setState(index, pair(0, 0));
  table.verdict.set(index, pair(0, 1));
  table.depth.set(index, pair(1, 0));
  table.maxDepth.set(index, pair(1, 1));
  table.eventNumber.set(index, pair(2, 0));
  table.warned.set(index, pair(2, 1));
  const counters = (9 + 4) * 8;
  for (let unit = 0; unit < SPENT_STRIDE; unit++)
    table.spent[counterPlace(index) + unit] = view.getBigInt64(counters + unit * 8, true);
  if ((table.flags.get(index) & FLAG.held) !== 0) {
    const held = counters + SPENT_STRIDE * 8;
    for (let unit = 0; unit < HELD_STRIDE; unit++)
      table.held[index * HELD_STRIDE + unit] = view.getBigInt64(held + unit * 8, true);
  }
  table.firstReporter.set(index, view.getInt32(FIRST_REPORTER_AT, true));
  table.parent.set(index, view.getInt32(PARENT_AT, true));
}

/** A record from its JSON row; `parent` must be in the table already. */
export function createRecord(
  world: World,
  index: number,
  text: ExecutionText,
  parent: number,
): ExecutionRecord {
  const requested = overridesOf(text.requested);
  const adjusted = overridesOf(text.adjusted);
  const policy = resolvePolicy(world.policy.set, text.principal.tenant, text.labels ?? NO_LABELS);
  const limits =
    adjusted === NO_OVERRIDES
      ? sharedLimits(policy.limits, requested)
      : resolveLimits(policy.limits, requested, adjusted);
  const above = parent === NO_INDEX ? undefined : world.executions.record(parent);
  const record = createExecutionRecord({
    index,
    caller: text.caller,
    id: text.id,
    principal: isSame(above?.principal, text.principal) ? above.principal : text.principal,
    session: above?.session ?? text.session,
    labels: text.labels ?? NO_LABELS,
    requested,
    discovered: text.discovered === true,
    parentId: above?.id ?? text.parentId,
    chain: chainBelow(world, parent),
    adjusted,
    policy,
    limits,
    carve: text.carve === undefined ? undefined : carveOf(text.carve),
  });
  if (text.custom !== undefined)
    record.custom = { spent: amountsOf(text.custom.spent), held: amountsOf(text.custom.held) };
  record.stateFinding = reviveAmounts(text.stateFinding);
  record.resolvedReservations = text.resolvedReservations ?? 0;
  const first = world.executions.firstReporter.get(index) - 1;
  if (first >= 0) record.reporters = [first, ...(text.reporters ?? [])];
  else if (text.reporters !== undefined) record.reporters = text.reporters;
  if (text.openApprovals !== undefined) record.openApprovals = text.openApprovals;
  if (text.modifications !== undefined) record.modifications = [...text.modifications];
  if (text.announced !== undefined) record.announced = new Set(text.announced);
  return record;
}

/** A child's principal is mostly its parent's: one object for both. */
function isSame(above: Principal | undefined, own: Principal): above is Principal {
  return (
    above !== undefined &&
    above.tenant === own.tenant &&
    above.team === own.team &&
    above.user === own.user &&
    above.apiKeyId === own.apiKeyId &&
    above.agent === own.agent
  );
}

function overridesOf(stored: StoredOverrides | undefined): LimitOverrides {
  if (stored === undefined) return NO_OVERRIDES;
  const { concurrency, ...others } = stored;
  return {
    ...others,
    values: amountsOf(stored.values),
    custom: amountsOf(stored.custom),
    ...(concurrency === undefined ? {} : { concurrency: amountsOf(concurrency) }),
  };
}

function amountsOf(stored: Texts): { [name: string]: bigint } {
  return Object.fromEntries(Object.entries(stored).map(([name, amount]) => [name, BigInt(amount)]));
}

function carveOf(stored: NonNullable<ExecutionText["carve"]>): CarveHold {
  const hold = createCarveHold({}, stored.mode);
  const takes = stored.takes.map(({ index, amounts }) => ({ index, amounts: amounts.map(BigInt) }));
  const total = stored.total.map(BigInt);
  return {
    ...hold,
    total,
    held: stored.held.map(BigInt),
    taken: stored.taken.map(BigInt),
    takes,
    active: stored.active,
  };
}

export function restoreLoop(image: Uint8Array): LoopRing {
  const view = viewOf(image);
  const entries = new Int32Array((image.byteLength - 16) / 4);
  for (let at = 0; at < entries.length; at++) entries[at] = view.getInt32(16 + at * 4, true);
  return {
    entries,
    count: view.getInt32(0, true),
    window: view.getInt32(4, true),
    warned: view.getInt32(8, true) === 1,
  };
}
