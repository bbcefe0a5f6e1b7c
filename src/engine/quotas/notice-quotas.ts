import type { Finding } from "../../domain/decision.ts";
import { ALERT_PERCENTS } from "../../domain/quotas/quota-units.ts";
import type { Now } from "../../domain/time.ts";
import { pushEvent, recordViolation } from "../events/push.ts";
import { flushWindows, windowBinding } from "../executions/charge.ts";
import { EMPTY_PROBE } from "../limits/probe.ts";
import type { World } from "../world.ts";
import { type CompiledQuotas, quotasOf, type WindowQuota } from "./compile-quotas.ts";
import { judgeQuotas } from "./judge-quotas.ts";
import { boundsOf, boundsQuotas } from "./principal-bounds.ts";
import { alertFinding, quotaFinding } from "./quota-finding.ts";
import { hasRoom, isAbove, isTold, measureRoom, TOLD, toldName, usedOf } from "./quota-room.ts";
import type { WindowBinding } from "./window-table.ts";

// What stands after usage was charged: levels of quotas that were passed are told once per window, and quotas that are used
// up refuse what comes next. A crossed quota never stops an execution.

/** True when no quota of an execution's principals has anything to say about what is used. Builds nothing. */
export function isQuotaStandingQuiet(world: World, index: number, now: Now): boolean {
  return isBindingQuiet(world, index, windowBinding(world, index, now.wallMs), now);
}

/** The same of an execution whose windows are at hand. */
export function isBindingQuiet(world: World, index: number, binding: WindowBinding, now: Now): boolean {
  const bounds = boundsOf(world, index);
  if (!boundsQuotas(world, bounds)) return true;
  const quotas = quotasOf(world, bounds, binding, now);
  if (quotas.windows.length === 0 || hasRoom(world, quotas, binding, EMPTY_PROBE.add)) return true;
  flushWindows(world);
  for (const quota of quotas.windows) {
    const row = binding.rows[quota.place] as number;
    const used = usedOf(world, quota, row);
    if (used > quota.limit || (!quota.shadow && isDue(world, quota, row, used))) return false;
  }
  measureRoom(world, quotas, binding);
  return true;
}

/** Whether a level was passed that nobody has heard of. */
function isDue(world: World, quota: WindowQuota, row: number, used: bigint): boolean {
  if (used === 0n) return false;
  for (const [place, percent] of ALERT_PERCENTS.entries())
    if (isAbove(used, quota.limit, percent) && !isTold(world, quota, row, place)) return true;
  return used >= quota.limit && !isTold(world, quota, row, TOLD.exhausted);
}

/** Tells what was passed, and answers what refuses the next intent. */
export function noticeQuotas(world: World, index: number, now: Now): readonly Finding[] {
  const bounds = boundsOf(world, index);
  if (!boundsQuotas(world, bounds)) return [];
  const binding = windowBinding(world, index, now.wallMs);
  const quotas = quotasOf(world, bounds, binding, now);
  if (quotas.windows.length === 0) return [];
  flushWindows(world);
  for (const quota of quotas.windows) notice(world, index, quota, binding, now);
  return standingQuotas(world, quotas, binding, now);
}

function standingQuotas(
  world: World,
  quotas: CompiledQuotas,
  binding: WindowBinding,
  now: Now,
): readonly Finding[] {
  return judgeQuotas(world, quotas, binding, NOTHING_HELD, now);
}

/** Standing usage is judged without anything added. */
const NOTHING_HELD = EMPTY_PROBE;

function notice(world: World, index: number, quota: WindowQuota, binding: WindowBinding, now: Now): void {
  const row = binding.rows[quota.place] as number;
  const used = usedOf(world, quota, row);
  if (used === 0n) return;
  if (quota.shadow) {
    if (used > quota.limit && tell(world, quota, row, TOLD.refused))
      recordViolation(world, index, exceeded(world, quota, row, used, now), now);
    return;
  }
  for (const [place, percent] of ALERT_PERCENTS.entries()) {
    if (!isAbove(used, quota.limit, percent) || !tell(world, quota, row, place)) continue;
    const finding = alertFinding(quota, used, percent);
    pushEvent(world, index, "QUOTA_ALERT", finding.message, now, { finding, levelPercent: percent });
  }
  if (used < quota.limit || !tell(world, quota, row, TOLD.exhausted)) return;
  const finding = exceeded(world, quota, row, used, now);
  const windowEndsAtMs = world.windows.texts[row]?.endMs;
  const message = `${quota.id} of ${quota.principal} is used up`;
  pushEvent(world, index, "QUOTA_EXHAUSTED", message, now, { finding, windowEndsAtMs });
  world.quotaFanOut.start(world, index, quota, row, message, finding);
}

function exceeded(world: World, quota: WindowQuota, row: number, used: bigint, now: Now): Finding {
  const retryAfterMs = Math.max(0, (world.windows.texts[row]?.endMs ?? now.wallMs) - now.wallMs);
  return quotaFinding({ quota, current: used, held: 0n, retryAfterMs });
}

/** True when it is told now for the first time in this window. */
function tell(world: World, quota: WindowQuota, row: number, place: number): boolean {
  if (isTold(world, quota, row, place)) return false;
  const { windows, rows } = world;
  if (quota.bit >= 0) {
    rows.windows.touch(row);
    windows.told[row] = (windows.told[row] as number) | (1 << (quota.bit + place));
  } else {
    rows.windowTexts.touch(row);
    windows.customOf(row).told.push(toldName(quota, place));
  }
  return true;
}
