import { SPENT, SPENT_STRIDE } from "../../domain/counters.ts";
import type { Finding } from "../../domain/decision.ts";
import { STATE } from "../../domain/execution.ts";
import type { Now } from "../../domain/time.ts";
import type { Usage } from "../../domain/usage.ts";
import { chargeChain, chargeCustom, chargeWindows, chargeWindowsCustom } from "../executions/charge.ts";
import { NO_INDEX } from "../executions/execution-table.ts";
import { moveDepth, noteStep, recordModifications } from "../intents/apply-intent.ts";
import { changesSomething } from "../intents/concerns.ts";
import type { CompiledLimits } from "../limits/compiled-limits.ts";
import { exceededFinding, limitFacts } from "../limits/limit-finding.ts";
import { completeStep, judgeLoop, markLoopWarned } from "../limits/loops.ts";
import { EMPTY_PROBE } from "../limits/probe.ts";
import { type PriceSource, priceSource, priceUsage, unknownPrice } from "../prices/price-usage.ts";
import { overrunFindings } from "../reservations/hold-overrun.ts";
import { countUsage } from "../rules/count-usage.ts";
import type { World } from "../world.ts";
import { addUsage } from "./add-usage.ts";

/** Charges one report or settlement with everything it says; answers notes about the usage itself. */
export function chargeUsage(
  world: World,
  index: number,
  from: {
    readonly actual: Usage;
    readonly provider?: string | undefined;
    readonly model?: string | undefined;
    /** Signature of the step whose reservation this usage settles: the step was recorded when it was reserved. */
    readonly reservedStep?: string | undefined;
    /** The reservation held one modification for an operation that changes something. */
    readonly reservedChange?: boolean | undefined;
    /** What was held for this usage, in the order of HELD. */
    readonly reservedAmounts?: BigInt64Array | undefined;
    readonly route?: string | undefined;
    readonly tool?: string | undefined;
  },
  rows: Int32Array,
  now: Now,
  source?: PriceSource,
): Finding[] {
  const { limits: rules } = world.executions.compiled.get(index) as CompiledLimits;
  const notes: Finding[] = [];
  const usage = from.actual;
  const priced = priceUsage(
    world,
    rules,
    source ?? priceSource(world, rules, from.provider, from.model),
    usage.tokens,
    usage.requests ?? 0n,
    usage.costNanoUsd,
    usage.extraCosts,
  );
  if (priced.unpriced) notes.push(unknownPrice(world, "WARN", from.provider, from.model));
  if (priced.mismatch) notes.push(costMismatch(priced.nanoUsd, usage.costNanoUsd ?? 0n));
  const amounts = new BigInt64Array(SPENT_STRIDE);
  addUsage(amounts, usage, priced.nanoUsd);
  amounts[SPENT.discoveredSteps] = discoveredOf(world, index, usage);
  const record = world.executions.record(index);
  if (from.reservedChange === true || changesSomething(record.policy, operationOf(usage)))
    amounts[SPENT.modifications] = (amounts[SPENT.modifications] as bigint) + 1n;
  if (from.reservedAmounts !== undefined) notes.unshift(...overrunFindings(from.reservedAmounts, amounts));
  countUsage(world, record, from, amounts, now.wallMs);
  chargeChain(world, index, amounts);
  chargeWindows(world, rows, amounts);
  chargeCustom(world, index, usage.custom);
  chargeWindowsCustom(world, rows, usage.custom);
  if (usage.storageBytes !== undefined)
    world.storage.set(record.principal, usage.storageBytes, world.rows.storage);
  recordModifications(world, index, amounts[SPENT.modifications] as bigint, now.wallMs);
  const ended = world.executions.state.get(index) === STATE.completed;
  if (usage.memoryBytes !== undefined && !ended) setMemory(world, index, Number(usage.memoryBytes));
  if (usage.depthDelta !== undefined && moveDepth(world, index, usage.depthDelta))
    notes.push(DEPTH_UNDERFLOW);
  if (usage.depthDelta !== undefined && usage.depthDelta > 0) judgeReportedDepth(world, index, notes);
  judgeReportedStep(world, index, usage, notes, from.reservedStep);
  return notes;
}

/** A report names an operation alone. */
function operationOf({ operation }: Usage) {
  return { operation: operation === undefined ? undefined : { name: operation, attributes: NO_ATTRIBUTES } };
}

const NO_ATTRIBUTES = Object.freeze({});

const DEPTH_UNDERFLOW: Finding = Object.freeze({
  verdict: "WARN",
  kind: "STATE",
  reason: "DEPTH_UNDERFLOW",
  message: "more depth was left than had been entered; the depth is 0",
} as const);

export function costMismatch(charged: bigint, reported: bigint): Finding {
  return {
    verdict: "WARN",
    kind: "STATE",
    reason: "COST_MISMATCH",
    message: `reported ${reported} nano-USD, charged ${charged} nano-USD`,
    current: { kind: "nanoUsd", value: reported },
    limit: { kind: "nanoUsd", value: charged },
  };
}

/** A discovered step counts once: when it is announced, or when it runs unannounced. */
function discoveredOf(world: World, index: number, usage: Usage): bigint {
  const { step } = usage;
  if (step === undefined) return 0n;
  if (step.plannedOnly === true) return 1n;
  if (step.discovered !== true) return 0n;
  const announced =
    step.name !== undefined && world.executions.record(index).announced?.has(step.name) === true;
  return announced ? 0n : 1n;
}

/** Memory in use now: a gauge of the execution, and the sum over the live members of every subtree above it. */
export function setMemory(world: World, index: number, bytes: number): void {
  const { memory, subtreeMemory, parent } = world.executions;
  const change = bytes - memory.get(index);
  if (change === 0) return;
  world.rows.executions.touch(index);
  memory.set(index, bytes);
  for (let at = index; at !== NO_INDEX; at = parent.get(at)) {
    world.rows.executions.touch(at);
    world.executions.setSubtreeMemory(at, subtreeMemory.get(at) + change);
  }
}

/** A reported step is judged like one that is about to be taken, and then moves the loop window. */
export function judgeReportedStep(
  world: World,
  index: number,
  usage: Usage,
  notes: Finding[],
  reservedStep?: string,
): void {
  const { step } = usage;
  if (step === undefined) return;
  if (step.signature !== undefined && step.signature === reservedStep) {
    completeStep(world, index, step.signature, step.resultDigest);
    return;
  }
  if (step.signature !== undefined && step.signature !== "" && step.plannedOnly !== true) {
    const { signature, resultDigest, name } = step;
    const before = notes.length;
    judgeLoop(world, index, { ...EMPTY_PROBE, signature, resultDigest, stepName: name }, notes);
    if (notes.length > before && notes[before]?.reason === "SAME_STEP_LOOP") markLoopWarned(world, index);
  }
  noteStep(world, index, step);
}

function judgeReportedDepth(world: World, index: number, notes: Finding[]): void {
  const table = world.executions;
  const depth = BigInt(table.depth.get(index));
  for (const at of [index, ...table.record(index).chain]) {
    const { limits, id } = table.record(at);
    const limit = limits.byKey.max_discovery_depth;
    if (limit === undefined || depth <= limit.value) continue;
    notes.push(exceededFinding(limitFacts("max_discovery_depth", limit, depth, 0n, id)));
  }
}
