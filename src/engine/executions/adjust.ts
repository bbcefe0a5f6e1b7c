import { TollgateError } from "../../domain/errors.ts";
import { LIMIT_KEYS, type LimitOverrides, NO_OVERRIDES } from "../../domain/limits.ts";
import type { Now } from "../../domain/time.ts";
import { pushEvent } from "../events/push.ts";
import { resolveLimits, sharedLimits } from "../limits/effective-limits.ts";
import { armDeadlines } from "../time/arm.ts";
import type { World } from "../world.ts";
import { NO_INDEX } from "./execution-table.ts";

/** Resolves an execution's limits again from the policy in force, its requests and its adjustments. */
export function refreshLimits(world: World, index: number): void {
  const { requested, adjusted } = world.executions.record(index);
  world.executions.setLimits(
    index,
    adjusted === NO_OVERRIDES
      ? sharedLimits(world, requested)
      : resolveLimits(world.policy.limits, requested, adjusted),
  );
  world.executions.policyGeneration[index] = world.policy.generation;
}

/** Resolves the limits of an execution and of its ancestors again where the policy has changed since. */
export function refreshStaleLimits(world: World, index: number): void {
  const { parent, policyGeneration } = world.executions;
  for (let at = index; at !== NO_INDEX; at = parent[at] as number) {
    if (policyGeneration[at] !== world.policy.generation) refreshLimits(world, at);
  }
}

/** Replaces values for one execution; only the ceilings bound them. */
export function replaceLimits(world: World, index: number, change: LimitOverrides, now: Now): void {
  const record = world.executions.record(index);
  world.rows.executionTexts.touch(index);
  world.rows.executions.touch(index);
  record.adjusted = {
    values: { ...record.adjusted.values, ...change.values },
    custom: { ...record.adjusted.custom, ...change.custom },
  };
  refreshLimits(world, index);
  world.executions.warned[index] = 0;
  record.told = undefined;
  world.executions.verdict[index] = 0;
  armDeadlines(world, index, now);
  const names = [
    ...Object.keys(change.values),
    ...Object.keys(change.custom).map((name) => `custom.${name}`),
  ];
  pushEvent(world, index, "LIMITS_CHANGED", `limits changed: ${names.join(", ")}`, now);
}

/**
 * Refuses values above their ceiling.
 * @throws TollgateError ABOVE_CEILING naming every field
 */
export function assertWithinCeilings(world: World, change: LimitOverrides): void {
  const { byKey, custom } = world.policy.limits;
  const fields = LIMIT_KEYS.flatMap((key) => {
    const wanted = change.values[key];
    const ceiling = byKey[key]?.ceiling;
    return wanted !== undefined && ceiling !== undefined && wanted > ceiling
      ? [{ field: `limits.${key}`, description: `${wanted} is above the ceiling ${ceiling}` }]
      : [];
  });
  for (const [name, wanted] of Object.entries(change.custom)) {
    const ceiling = Object.hasOwn(custom, name) ? custom[name]?.ceiling : undefined;
    if (ceiling === undefined || wanted <= ceiling) continue;
    fields.push({ field: `limits.custom.${name}`, description: `${wanted} is above the ceiling ${ceiling}` });
  }
  if (fields.length > 0) {
    throw new TollgateError(
      "ABOVE_CEILING",
      fields.map((one) => `${one.field}: ${one.description}`).join("; "),
      { fields },
    );
  }
}
