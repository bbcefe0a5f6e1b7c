import { MAX_COUNTER } from "../../domain/amounts.ts";
import { SPENT } from "../../domain/counters.ts";
import type { Usage } from "../../domain/usage.ts";

// One report into a row of counters. The row is reused: nothing is allocated per report.

/** Adds a report's amounts to `into` (in the order of SPENT); `costNanoUsd` is what it costs. */
export function addUsage(into: BigInt64Array, usage: Usage, costNanoUsd: bigint): void {
  addTo(into, SPENT.steps, stepsOf(usage));
  if (costNanoUsd !== 0n) addCost(into, costNanoUsd);
  const { tokens } = usage;
  if (tokens !== undefined) {
    addOptional(into, SPENT.inputTokens, tokens.input);
    addOptional(into, SPENT.outputTokens, tokens.output);
    addOptional(into, SPENT.cacheRead, tokens.cacheRead);
    addOptional(into, SPENT.cacheWrite, tokens.cacheWrite);
    addOptional(into, SPENT.cacheWriteLong, tokens.cacheWriteLong);
    addOptional(into, SPENT.reasoning, tokens.reasoning);
    addOptional(into, SPENT.audioIn, tokens.audioIn);
    addOptional(into, SPENT.audioOut, tokens.audioOut);
  }
  addOptional(into, SPENT.requests, usage.requests);
  addOptional(into, SPENT.toolCalls, usage.toolCalls);
  addOptional(into, SPENT.modifications, usage.modifications);
  addOptional(into, SPENT.cpuMillis, usage.cpuMillis);
  addOptional(into, SPENT.memoryMibMillis, usage.memoryMibMillis);
}

/** Money is computed: a message of huge reports stays at the bound, so that no sum of 64 bits can wrap. */
function addCost(into: BigInt64Array, costNanoUsd: bigint): void {
  const sum = BigInt.asIntN(64, (into[SPENT.costNanoUsd] as bigint) + costNanoUsd);
  into[SPENT.costNanoUsd] = sum;
  if (sum >= MAX_COUNTER) into[SPENT.costNanoUsd] = MAX_COUNTER - 1n;
}

function addTo(into: BigInt64Array, unit: number, amount: bigint): void {
  if (amount !== 0n) into[unit] = BigInt.asIntN(64, (into[unit] as bigint) + amount);
}

function addOptional(into: BigInt64Array, unit: number, amount: bigint | undefined): void {
  if (amount !== undefined) into[unit] = BigInt.asIntN(64, (into[unit] as bigint) + amount);
}

/** A report that describes a step which ran counts one, unless it says how many. */
export function stepsOf(usage: Usage): bigint {
  if (usage.steps !== undefined) return usage.steps;
  return usage.step !== undefined && usage.step.plannedOnly !== true ? 1n : 0n;
}

/** Whether a report changes more than counters: it is then charged by itself, in its place. */
export function isPlain(usage: Usage): boolean {
  const { step } = usage;
  if (
    step !== undefined &&
    (step.discovered === true || step.plannedOnly === true || step.name !== undefined)
  )
    return false;
  if (
    usage.settlesReservationId !== undefined ||
    usage.storageBytes !== undefined ||
    usage.depthDelta !== undefined ||
    usage.modifications !== undefined ||
    usage.operation !== undefined
  )
    return false;
  for (const _name in usage.custom) return false;
  return true;
}
