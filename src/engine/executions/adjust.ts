import { TollgateError } from "../../domain/errors.ts";
import { LIMIT_KEYS, type LimitOverrides } from "../../domain/limits.ts";
import type { Now } from "../../domain/time.ts";
import { pushEvent } from "../events/push.ts";
import type { LimitPolicy } from "../limits/effective-limits.ts";
import { forgetTold, refreshLimits, refreshStalePolicy } from "../policy/refresh-policy.ts";
import { armDeadlines } from "../time/arm.ts";
import type { World } from "../world.ts";

/** Replaces values for one execution; only the ceilings bound them. */
export function replaceLimits(world: World, index: number, change: LimitOverrides, now: Now): void {
  refreshStalePolicy(world, index, now);
  const record = world.executions.record(index);
  world.rows.executionTexts.touch(index);
  world.rows.executions.touch(index);
  record.adjusted = {
    values: { ...record.adjusted.values, ...change.values },
    custom: { ...record.adjusted.custom, ...change.custom },
  };
  refreshLimits(world, record);
  forgetTold(world, record);
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
export function assertWithinCeilings(policy: LimitPolicy, change: LimitOverrides): void {
  const { byKey, custom } = policy;
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
