import type { Finding } from "../../domain/decision.ts";
import type { Now } from "../../domain/time.ts";
import { flushWindows } from "../executions/charge.ts";
import type { Probe } from "../limits/probe.ts";
import { lossOfWindow } from "../losses/loss-finding.ts";
import type { World } from "../world.ts";
import { type CompiledQuotas, CUSTOM_COUNTER, type WindowQuota } from "./compile-quotas.ts";
import { quotaFinding } from "./quota-finding.ts";
import { hasRoom, heldOf, measureRoom, usedOf } from "./quota-room.ts";
import { WINDOW_LOST, WINDOW_UNCERTAIN, type WindowBinding } from "./window-table.ts";

// Whether the windows of a principal allow something. What is quiet compares numbers and builds nothing.

/** True when no quota on a window refuses what the probe would add, in earnest or in shadow. */
export function isQuotaQuiet(
  world: World,
  quotas: CompiledQuotas,
  binding: WindowBinding,
  probe: Probe,
): boolean {
  if (quotas.windows.length === 0 || hasRoom(world, quotas, binding, probe.add)) return true;
  flushWindows(world);
  for (const quota of quotas.windows) {
    const row = binding.rows[quota.place] as number;
    const current = usedOf(world, quota, row) + heldOf(world, quota, row) + addedBy(quota, probe);
    if (current > quota.limit || isLost(world, row)) return false;
  }
  measureRoom(world, quotas, binding);
  return true;
}

/** What the quotas on windows say, the tightest first. */
export function judgeQuotas(
  world: World,
  quotas: CompiledQuotas,
  binding: WindowBinding,
  probe: Probe,
  now: Now,
): readonly Finding[] {
  if (quotas.windows.length === 0) return [];
  flushWindows(world);
  const lost = quotas.windows.find(({ place }) => isLost(world, binding.rows[place] as number));
  if (lost !== undefined) {
    const endMs = world.windows.texts[binding.rows[lost.place] as number]?.endMs ?? now.wallMs;
    return [lossOfWindow(Math.max(0, endMs - now.wallMs))];
  }
  const refused: { readonly quota: WindowQuota; readonly current: bigint; readonly finding: Finding }[] = [];
  for (const quota of quotas.windows) {
    const row = binding.rows[quota.place] as number;
    const added = addedBy(quota, probe);
    const held = heldOf(world, quota, row);
    const current = usedOf(world, quota, row) + held + added;
    if (current <= quota.limit) continue;
    // What is above the quota by itself passes in no window.
    const endMs = world.windows.texts[row]?.endMs ?? now.wallMs;
    const retryAfterMs = added > quota.limit ? undefined : Math.max(0, endMs - now.wallMs);
    refused.push({ quota, current, finding: quotaFinding({ quota, current, held, retryAfterMs }) });
  }
  return refused.toSorted(byShare).map(({ finding }) => finding);
}

/** A sum that does not prove bounds nobody: until it is cleared, or its window ends, what it would bound is refused. */
function isLost({ windows, refusesUncertain }: World, row: number): boolean {
  const mark = windows.uncertain[row];
  return mark === WINDOW_LOST || (refusesUncertain && mark === WINDOW_UNCERTAIN);
}

interface Refused {
  readonly quota: WindowQuota;
  readonly current: bigint;
}

/** The one that is passed by the larger share first; a quota of 0 before all. */
function byShare(one: Refused, other: Refused): number {
  const left = one.current * other.quota.limit;
  const right = other.current * one.quota.limit;
  return left === right ? 0 : left > right ? -1 : 1;
}

function addedBy(quota: WindowQuota, probe: Probe): bigint {
  if (quota.counter === CUSTOM_COUNTER) return probe.custom[quota.custom as string] ?? 0n;
  return probe.add[quota.counter] as bigint;
}
