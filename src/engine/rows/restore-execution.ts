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
import { COUNTERS_FROM, EXECUTION_WORDS } from "./execution-image.ts";
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
  const known = parent !== NO_INDEX && table.has(parent);
  const record = createRecord(world, index, text, known ? parent : NO_INDEX);
  table.insert(record, known ? parent : NO_INDEX);
  countInserted(world, index);
  return record;
}

/** After an execution from the file was inserted. */
export function countInserted({ executions, policy }: World, index: number): void {
  executions.policyGeneration.set(index, policy.generation);
  if (executions.state.get(index) !== STATE.completed) executions.live++;
}

/**
 * Writes the numbers of an image to its index, which is allocated and all zero. Its parent may not be there yet. What is zero
 * is not written: most counters of most executions are, and their lines need not be fetched.
 */
export function restoreNumbers(world: World, image: RowPlace, { monoMs }: Shift): void {
  const table = world.executions;
  const index = image.key;
  const { i32, f64, i64 } = expandWords(image, EXECUTION_WORDS);
  table.flags.set(index, (f64[0] as number) % 256);
  table.startedMono.set(index, (f64[1] as number) + monoMs);
  table.startedWall.set(index, f64[2] as number);
  table.lastActivity.set(index, (f64[3] as number) + monoMs);
  if (f64[4] !== 0) table.pausedMs.set(index, f64[4] as number);
  if (f64[5] !== 0) table.pausedSince.set(index, (f64[5] as number) + monoMs);
  if (f64[6] !== 0) table.endedMono.set(index, (f64[6] as number) + monoMs);
  if (f64[7] !== 0) table.memory.set(index, f64[7] as number);
  table.setSubtreeMemory(index, f64[8] as number);
  table.setState(index, i32[18] as number);
  table.verdict.set(index, i32[19] as number);
  table.depth.set(index, i32[20] as number);
  table.maxDepth.set(index, i32[21] as number);
  table.eventNumber.set(index, i32[22] as number);
  table.warned.set(index, i32[23] as number);
  table.parent.set(index, i32[24] as number);
  table.firstReporter.set(index, i32[25] as number);
  const { spent, held } = table;
  const spentBase = counterPlace(index);
  for (let unit = 0; unit < SPENT_STRIDE; unit++) {
    const sum = i64[COUNTERS_FROM + unit] as bigint;
    if (sum !== 0n) spent[spentBase + unit] = sum;
  }
  if ((table.flags.get(index) & FLAG.held) === 0) return;
  const heldFrom = COUNTERS_FROM + SPENT_STRIDE;
  held.set(i64.subarray(heldFrom, heldFrom + HELD_STRIDE), index * HELD_STRIDE);
}

/** What bounds an execution, and what it is made of. */
export type Bounds = Pick<ExecutionRecord, "policy" | "limits" | "requested" | "adjusted">;

export function boundsOf(
  world: World,
  { principal, labels }: Pick<ExecutionText, "principal" | "labels">,
  requested: LimitOverrides,
  adjusted: LimitOverrides,
): Bounds {
  const policy = resolvePolicy(world.policy.set, principal.tenant, labels ?? NO_LABELS);
  const limits =
    adjusted === NO_OVERRIDES
      ? sharedLimits(policy.limits, requested)
      : resolveLimits(policy.limits, requested, adjusted);
  return { policy, limits, requested, adjusted };
}

/** A record from its JSON row; `parent` must be in the table already. */
export function createRecord(
  world: World,
  index: number,
  text: ExecutionText,
  parent: number,
  bounds = boundsOf(world, text, overridesOf(text.requested), overridesOf(text.adjusted)),
): ExecutionRecord {
  const above = parent === NO_INDEX ? undefined : world.executions.record(parent);
  const record = createExecutionRecord({
    index,
    caller: text.caller,
    id: text.id,
    principal: isSame(above?.principal, text.principal) ? above.principal : text.principal,
    session: above?.session ?? text.session,
    labels: text.labels ?? NO_LABELS,
    requested: bounds.requested,
    discovered: text.discovered === true,
    parentId: above?.id ?? text.parentId,
    chain: chainBelow(world, parent),
    adjusted: bounds.adjusted,
    policy: bounds.policy,
    limits: bounds.limits,
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
    (above === own ||
      (above.tenant === own.tenant &&
        above.team === own.team &&
        above.user === own.user &&
        above.apiKeyId === own.apiKeyId &&
        above.agent === own.agent))
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
