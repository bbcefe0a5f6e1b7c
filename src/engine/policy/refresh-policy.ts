import { STATE } from "../../domain/execution.ts";
import {
  CONCURRENCY_LEVELS,
  type EffectiveLimit,
  type EffectiveLimits,
  LIMIT_KEYS,
  NO_OVERRIDES,
} from "../../domain/limits.ts";
import type { Now } from "../../domain/time.ts";
import { pushEvent } from "../events/push.ts";
import type { ExecutionRecord } from "../executions/execution-record.ts";
import { NO_INDEX } from "../executions/execution-table.ts";
import { resolveLimits, sharedLimits } from "../limits/effective-limits.ts";
import { armIdle, armWall, armWorking } from "../time/arm.ts";
import type { Policy, World } from "../world.ts";
import type { EffectivePolicy } from "./effective-policy.ts";
import { resolvePolicy } from "./resolve-policy.ts";

// How executions move to another policy: each at its next touch, and all of them within seconds by a sweep in slices.
// Counters stay as they are.

/** Puts another policy in force. Whoever owns the loop of deadlines runs the sweep that moves the executions nobody touches. */
export function swapPolicy(world: World, policy: Policy): void {
  world.policy = policy;
  world.policySweep.next = 0;
}

/** Resolves the policy of an execution and of its ancestors again where another one is in force. */
export function refreshStalePolicy(world: World, index: number, now: Now): void {
  const { parent, policyGeneration } = world.executions;
  const { generation } = world.policy;
  for (let at = index; at !== NO_INDEX; at = parent.get(at)) {
    if (policyGeneration.get(at) !== generation) refreshPolicy(world, at, now);
  }
}

function refreshPolicy(world: World, index: number, now: Now): void {
  const table = world.executions;
  const record = table.record(index);
  table.policyGeneration.set(index, world.policy.generation);
  const policy = resolvePolicy(world.policy.set, record.principal.tenant, record.labels);
  if (policy === record.policy) return;
  const before = record.limits;
  record.policy = policy;
  refreshLimits(world, record);
  if (record.limits === before || table.state.get(index) === STATE.completed) return;
  armEarlier(world, index, before, now);
  const changed = changedLimits(before, record.limits);
  if (changed.length === 0) return;
  world.rows.executions.touch(index);
  forgetTold(world, record);
  if (!world.watched.has(record)) return;
  pushEvent(world, index, "LIMITS_CHANGED", `limits changed by policy: ${changed.join(", ")}`, now);
}

/** Deadlines that come later than before need nothing: the one that is armed looks again when it comes up. */
function armEarlier(world: World, index: number, before: EffectiveLimits, now: Now): void {
  const { limits } = world.executions.record(index);
  const isEarlier = (key: "max_wall_time_ms" | "max_working_time_ms" | "idle_timeout_seconds") =>
    timeOf(limits, key) < timeOf(before, key);
  if (isEarlier("max_wall_time_ms")) armWall(world, index);
  if (isEarlier("max_working_time_ms")) armWorking(world, index, now);
  if (isEarlier("idle_timeout_seconds")) armIdle(world, index);
}

/** In the unit of the key; the grace counts where there is one. */
function timeOf(limits: EffectiveLimits, key: keyof EffectiveLimits["byKey"]): number {
  const limit = limits.byKey[key];
  if (limit === undefined) return Number.POSITIVE_INFINITY;
  return Number(limit.value) + (key === "idle_timeout_seconds" ? 0 : limits.timeoutGraceMs);
}

/** Computes the limits of an execution from its policy, its requests and its adjustments. */
export function refreshLimits(world: World, record: ExecutionRecord): void {
  world.executions.setLimits(record.index, limitsUnder(record.policy, record));
}

/** The limits that an execution has under a policy. */
export function limitsUnder(
  policy: EffectivePolicy,
  { requested, adjusted }: Pick<ExecutionRecord, "requested" | "adjusted">,
): EffectiveLimits {
  return adjusted === NO_OVERRIDES
    ? sharedLimits(policy.limits, requested)
    : resolveLimits(policy.limits, requested, adjusted);
}

/**
 * Judges as if another policy of the same tenant held: what labels that one request adds make of it. What was spent and held
 * stays; afterwards everything is as it was.
 */
export function underPolicy<T>(
  world: World,
  record: ExecutionRecord,
  policy: EffectivePolicy,
  judge: () => T,
): T {
  const { policy: own, limits } = record;
  record.policy = policy;
  world.executions.setLimits(record.index, limitsUnder(policy, record));
  try {
    return judge();
  } finally {
    record.policy = own;
    world.executions.setLimits(record.index, limits);
  }
}

/** What was told of a limit is told again when the limit has changed. */
export function forgetTold(world: World, record: ExecutionRecord): void {
  world.executions.warned.set(record.index, 0);
  world.executions.verdict.set(record.index, 0);
  record.told = undefined;
}

/** Names of the limits that two sets of them differ in. */
function changedLimits(before: EffectiveLimits, after: EffectiveLimits): readonly string[] {
  const names: string[] = [];
  for (const key of LIMIT_KEYS) if (!isSameLimit(before.byKey[key], after.byKey[key])) names.push(key);
  for (const name of new Set([...Object.keys(before.custom), ...Object.keys(after.custom)]))
    if (!isSameLimit(before.custom[name], after.custom[name])) names.push(`custom.${name}`);
  for (const level of CONCURRENCY_LEVELS) {
    if (!isSameLimit(before.concurrency[level], after.concurrency[level]))
      names.push(`max_concurrent_executions.${level}`);
  }
  return names;
}

function isSameLimit(one: EffectiveLimit | undefined, other: EffectiveLimit | undefined): boolean {
  if (one === undefined || other === undefined) return one === other;
  return one.value === other.value && one.mode === other.mode && one.onExceed === other.onExceed;
}

/** Executions that one piece of the sweep looks at: below 0.2 ms when nothing changed for them. */
const SWEEP_STRIDE = 64;

/** Whether executions are left that the policy in force has not reached. */
export function isSweeping(world: World): boolean {
  return world.policySweep.next < world.executions.used;
}

/** Moves executions to the policy in force, at most `max` pieces; answers how many pieces were done. */
export function runPolicySweep(world: World, now: Now, max: number): number {
  const table = world.executions;
  const sweep = world.policySweep;
  let done = 0;
  while (done < max && sweep.next < table.used) {
    done++;
    for (const end = Math.min(sweep.next + SWEEP_STRIDE, table.used); sweep.next < end; ) {
      const index = sweep.next++;
      if (!table.has(index) || table.policyGeneration.get(index) === world.policy.generation) continue;
      const before = table.record(index).limits;
      refreshStalePolicy(world, index, now);
      // One whose limits changed has armed deadlines and told its watchers: that is a piece of its own.
      if (table.record(index).limits !== before) break;
    }
  }
  return done;
}
