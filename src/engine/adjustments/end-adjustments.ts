import type { Adjustment } from "../../domain/quotas/adjustment.ts";
import { formatLevel } from "../../domain/quotas/levels.ts";
import type { Now } from "../../domain/time.ts";
import type { World } from "../world.ts";

/** Ends what is over. Cheap when nothing is: called before anything that adjustments change is read. */
export function endAdjustments(world: World, now: Now): void {
  if (now.wallMs < world.adjustments.firstEndMs) return;
  for (const entry of world.adjustments.entries) {
    if (entry?.untilMs === undefined || now.wallMs < entry.untilMs) continue;
    world.adjustments.remove(entry, world.rows.adjustments);
    auditAdjustment(world, "override_ended", entry, "clock", entry, now);
  }
}

export function auditAdjustment(
  world: World,
  action: string,
  entry: Adjustment,
  by: string,
  before: Adjustment | undefined,
  now: Now,
  evidence: { readonly [name: string]: unknown } = {},
): void {
  const { tenant, target, value, rate, cause, untilMs } = entry;
  world.generations.append("audit", {
    at_ms: now.wallMs,
    tenant,
    subject: formatLevel(entry),
    kind: action,
    body: {
      by,
      target,
      cause,
      after: rate ?? value,
      before: before === undefined ? undefined : (before.rate ?? before.value),
      until_ms: untilMs,
      ...evidence,
    },
  });
}
