import type { Finding } from "../../domain/decision.ts";
import type { UsageRules } from "../../domain/limits.ts";
import type { Now } from "../../domain/time.ts";
import type { Usage } from "../../domain/usage.ts";
import type { WindowBinding } from "../quotas/window-table.ts";
import type { World } from "../world.ts";

const LATE_REPORT: Finding = Object.freeze({
  verdict: "WARN",
  kind: "STATE",
  reason: "LATE",
  message: "occurred_at is older than late_tolerance; the usage was charged now",
} as const);

/**
 * The windows that usage is charged to: `rows`, those of now, unless `occurred_at` moves it back into earlier ones. At most by the
 * tolerance, and never forward.
 */
export function windowsOfUsage(
  world: World,
  binding: WindowBinding | undefined,
  { lateToleranceMs }: UsageRules,
  usage: Usage,
  rows: Int32Array,
  now: Now,
): { readonly rows: Int32Array; readonly finding?: Finding } {
  if (usage.occurredAt === undefined) return { rows };
  const at = wallMsOf(usage.occurredAt);
  if (at >= now.wallMs || binding === undefined || at >= binding.fromMs) {
    return now.wallMs - at > lateToleranceMs ? { rows, finding: LATE_REPORT } : { rows };
  }
  if (now.wallMs - at > lateToleranceMs) return { rows, finding: LATE_REPORT };
  return { rows: world.windows.rowsAt(binding, at, world.rows.windows, world.rows.windowTexts) };
}

export function wallMsOf(instant: NonNullable<Usage["occurredAt"]>): number {
  return Number(instant.seconds) * 1000 + Math.floor(instant.nanos / 1_000_000);
}
