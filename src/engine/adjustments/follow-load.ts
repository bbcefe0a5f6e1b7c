import { SPENT, SPENT_STRIDE } from "../../domain/counters.ts";
import type { Finding } from "../../domain/decision.ts";
import type { Adjustment } from "../../domain/quotas/adjustment.ts";
import { formatLevel } from "../../domain/quotas/levels.ts";
import type { Now } from "../../domain/time.ts";
import { TOTAL_TOKENS } from "../limits/compiled-limits.ts";
import type { PrincipalAsk } from "../quotas/judge-principals.ts";
import type { World } from "../world.ts";
import type { AdjustingQuota } from "./adjusting-quota.ts";
import { MAX_ADJUSTMENTS } from "./adjustment-table.ts";
import { auditAdjustment } from "./end-adjustments.ts";
import { recommendQuota } from "./recommend.ts";

// `auto_adjust`: a quota that follows its load, one step at a time, within what the operator and the platform wrote.

/** Looks at what is due; true when a value changed. */
export function followLoad(
  world: World,
  tenant: string,
  quotas: readonly AdjustingQuota[],
  now: Now,
): boolean {
  let changed = false;
  for (const quota of quotas) {
    const key = [tenant, formatLevel(quota.level), quota.target].join("\n");
    const dueMs = world.adjustments.dueAt(key, now.wallMs + quota.everyMs);
    if (now.wallMs < dueMs) continue;
    world.adjustments.setDue(key, now.wallMs + quota.everyMs);
    if (adjust(world, tenant, quota, now)) changed = true;
  }
  return changed;
}

function adjust(world: World, tenant: string, quota: AdjustingQuota, now: Now): boolean {
  const { level, target, mode, by } = quota;
  const known = world.adjustments.get(tenant, level.level, level.name, target, "auto_adjust");
  if (known?.isStopped === true) return false;
  const past = pastDemand(world, tenant, quota, now);
  const recommended = recommendQuota(past);
  const value = recommended === undefined ? quota.current : towards(quota, recommended);
  if (value === quota.current) return false;
  const entry: Adjustment = {
    tenant,
    level: level.level,
    name: level.name,
    target,
    value,
    cause: "auto_adjust",
    by,
    sinceMs: now.wallMs,
  };
  const applies = mode === "apply" && (known !== undefined || world.adjustments.size < MAX_ADJUSTMENTS);
  const before: Adjustment = { ...entry, value: quota.current };
  auditAdjustment(world, applies ? "quota_adjusted" : "quota_suggested", entry, by, before, now, {
    recommended,
    windows: past.length,
  });
  world.effects.push({
    type: "quota_adjusted",
    tenant,
    target: `${formatLevel(level)} ${target}`,
    before: quota.current,
    after: value,
    applied: applies,
  });
  if (applies) world.adjustments.put(entry, world.rows.adjustments);
  return applies;
}

/** One step at most, and never out of its bounds. */
function towards({ current, step, floor, ceiling }: AdjustingQuota, wanted: bigint): bigint {
  const most = step === undefined || wanted <= current + step ? wanted : current + step;
  const least = step === undefined || most >= current - step ? most : current - step;
  const raised = least < floor ? floor : least;
  return raised > ceiling ? ceiling : raised;
}

/** Remembers what a refused intent wanted: demand that no window counts. */
export function noteWanted(world: World, asked: PrincipalAsk, findings: readonly Finding[]): void {
  const { binding, quotas } = asked;
  if (binding === undefined || quotas.adjusting.length === 0) return;
  for (const { sourceId, current, principal } of findings) {
    const quota = quotas.windows.find((one) => one.id === sourceId && one.principal === principal);
    if (quota === undefined || current === undefined || typeof current.value !== "bigint") continue;
    const row = binding.rows[quota.place] as number;
    const wanted = world.windows.wanted.get(row) ?? {};
    if (current.value > (wanted[quota.id] ?? 0n)) wanted[quota.id] = current.value;
    world.windows.wanted.set(row, wanted);
  }
}

/** Of every window that has ended and is kept: what was used, or what was wanted when it was refused. */
function pastDemand(world: World, tenant: string, quota: AdjustingQuota, now: Now): readonly bigint[] {
  const { windows } = world;
  return windows.endedRows(quota.level, tenant, quota.period, now.wallMs).map((row) => {
    const used = usedIn(world, quota, row);
    const wanted = windows.wanted.get(row)?.[quota.id] ?? 0n;
    return wanted > used ? wanted : used;
  });
}

function usedIn({ windows }: World, { counter, custom }: AdjustingQuota, row: number): bigint {
  if (custom !== undefined) return windows.custom[row]?.spent[custom] ?? 0n;
  const base = row * SPENT_STRIDE;
  if (counter !== TOTAL_TOKENS) return windows.spent[base + counter] as bigint;
  return (
    (windows.spent[base + SPENT.inputTokens] as bigint) + (windows.spent[base + SPENT.outputTokens] as bigint)
  );
}
