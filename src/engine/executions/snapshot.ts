import { SPENT } from "../../domain/counters.ts";
import { EXECUTION_STATES, type ExecutionState, type UsageSnapshot } from "../../domain/execution.ts";
import type { HoldView } from "../../domain/reservation.ts";
import type { Now } from "../../domain/time.ts";
import { idleMs, wallMs, workingMs } from "../limits/times.ts";
import type { World } from "../world.ts";
import { counterPlace } from "./table/columns.ts";

/** Everything counted about one execution, at `now`. */
export function usageSnapshot(world: World, index: number, now: Now): UsageSnapshot {
  const table = world.executions;
  const record = table.record(index);
  const base = counterPlace(index);
  const spent = (unit: number): bigint => table.spent[base + unit] as bigint;
  const input = spent(SPENT.inputTokens);
  const output = spent(SPENT.outputTokens);
  return {
    executionId: record.id,
    tenantId: record.principal.tenant,
    steps: spent(SPENT.steps),
    discoveredSteps: spent(SPENT.discoveredSteps),
    discoveryDepth: table.depth.get(index),
    maxDiscoveryDepth: table.maxDepth.get(index),
    tokens: {
      input,
      output,
      cacheRead: spent(SPENT.cacheRead),
      cacheWrite: spent(SPENT.cacheWrite),
      cacheWriteLong: spent(SPENT.cacheWriteLong),
      reasoning: spent(SPENT.reasoning),
      audioIn: spent(SPENT.audioIn),
      audioOut: spent(SPENT.audioOut),
    },
    totalTokens: input + output,
    costNanoUsd: spent(SPENT.costNanoUsd),
    requests: spent(SPENT.requests),
    toolCalls: spent(SPENT.toolCalls),
    modifications: spent(SPENT.modifications),
    cpuMillis: spent(SPENT.cpuMillis),
    memoryMibMillis: spent(SPENT.memoryMibMillis),
    memoryBytes: BigInt(table.subtreeMemory.get(index)),
    custom: { ...record.custom?.spent },
    wallTimeMs: Math.floor(wallMs(table, index, now)),
    workingTimeMs: Math.floor(workingMs(table, index, now)),
    idleMs: Math.floor(idleMs(table, index, now)),
  };
}

/** The state as the caller sees it: its own, or that of the ancestor that stopped it. */
export function stateOf(world: World, index: number): ExecutionState {
  const stopped = world.executions.findStopped(index);
  const state =
    stopped < 0 ? 0 : Math.max(world.executions.state.get(index), world.executions.state.get(stopped));
  return EXECUTION_STATES[state] as ExecutionState;
}

/** Holds in force, oldest first. */
export function holdsOf(world: World, index: number, now: Now): readonly HoldView[] {
  const holds: HoldView[] = [];
  for (const row of world.executions.record(index).reservations?.values() ?? []) {
    const entry = world.reservations.find(row);
    if (entry?.state !== "held") continue;
    const { reservationId, timeoutMs, timedOut, createdMono, expiresMono, amounts } = entry;
    const elapsedMs = Math.max(0, Math.floor(now.monoMs - createdMono));
    const remainingMs = Math.max(0, Math.floor(expiresMono - now.monoMs));
    holds.push({ reservationId, elapsedMs, remainingMs, timeoutMs, timedOut, amounts });
  }
  return holds;
}
