import type { Finding } from "../../domain/decision.ts";
import { STATE } from "../../domain/execution.ts";
import { CONCURRENCY_LEVELS, type EffectiveLimit } from "../../domain/limits.ts";
import type { Now } from "../../domain/time.ts";
import type { ExecutionRecord } from "../executions/execution-record.ts";
import { NO_INDEX } from "../executions/execution-table.ts";
import { exceededFinding } from "../limits/limit-finding.ts";
import { judgePlaceAgain, takeShadowPlaces } from "../quotas/judge-registration.ts";
import type { World } from "../world.ts";

// Active executions are RUNNING or PAUSED, and nothing above them is HALTED: each holds a place of every level of its principal.

export function countActive(world: World, record: ExecutionRecord, by: 1 | -1): void {
  world.places.count(record.principal, by);
  if (by < 0) world.places.releaseShadow(record.index);
}

export function holdsPlace(world: World, index: number): boolean {
  return world.executions.state.get(index) <= STATE.paused && !isBelowHalted(world, index);
}

/** Frees the places of an execution and of what is below it. Call before it is halted. */
export function freePlaces(world: World, index: number): void {
  for (const at of activeFrom(world, index)) countActive(world, world.executions.record(at), -1);
}

/** Takes them again, all or none. Call while it is halted. */
export function takePlaces(world: World, index: number, now: Now): Finding | undefined {
  const taken: ExecutionRecord[] = [];
  for (const at of activeFrom(world, index)) {
    const record = world.executions.record(at);
    const refused =
      checkConcurrency(world, record) ??
      judgePlaceAgain(world, record, now).find((finding) => finding.shadow !== true);
    if (refused !== undefined) {
      for (const one of taken) countActive(world, one, -1);
      return refused;
    }
    countActive(world, record, 1);
    takeShadowPlaces(world, record, now);
    taken.push(record);
  }
  return undefined;
}

/** The execution itself and what is active below it; nothing while something above it is halted. */
function* activeFrom(world: World, index: number): Generator<number> {
  if (isBelowHalted(world, index)) return;
  const { executions } = world;
  const pending = [index];
  for (let at = pending.pop(); at !== undefined; at = pending.pop()) {
    yield at;
    for (const child of executions.children(at))
      if (executions.state.get(child) <= STATE.paused) pending.push(child);
  }
}

function isBelowHalted({ executions }: World, index: number): boolean {
  const { parent, state } = executions;
  for (let at = parent.get(index); at !== NO_INDEX; at = parent.get(at))
    if (state.get(at) === STATE.halted) return true;
  return false;
}

/** Whether the principal may have one more active execution. */
export function checkConcurrency(
  world: World,
  record: Pick<ExecutionRecord, "principal" | "limits" | "id">,
): Finding | undefined {
  for (const level of CONCURRENCY_LEVELS) {
    const limit = record.limits.concurrency[level];
    const name = record.principal[level];
    if (limit === undefined || limit.mode === "shadow" || name === undefined) continue;
    const active = BigInt(world.places.of(record.principal.tenant, { level, name }));
    if (active < limit.value) continue;
    return exceededConcurrency(level, limit, active, record.id);
  }
  return undefined;
}

function exceededConcurrency(
  level: string,
  limit: EffectiveLimit,
  active: bigint,
  executionId: string,
): Finding {
  return exceededFinding({
    key: `max_concurrent_executions.${level}`,
    violationType: "concurrency_limit",
    unit: "count",
    limit,
    current: active + 1n,
    held: 0n,
    executionId,
  });
}
