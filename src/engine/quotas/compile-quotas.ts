import type { Severity } from "../../domain/decision.ts";
import { formatLevel, type LevelName, levelsOf } from "../../domain/quotas/levels.ts";
import {
  QUOTA_KEYS,
  QUOTA_UNITS,
  type QuotaPeriod,
  type QuotaUnit,
  quotaSeverity,
} from "../../domain/quotas/quota-units.ts";
import type { Now } from "../../domain/time.ts";
import type { AdjustingQuota } from "../adjustments/adjusting-quota.ts";
import { endAdjustments } from "../adjustments/end-adjustments.ts";
import { followLoad } from "../adjustments/follow-load.ts";
import { PERIODS } from "../time/calendar.ts";
import type { World } from "../world.ts";
import { boundsQuotas, type PrincipalBounds } from "./principal-bounds.ts";
import { quotaAmount } from "./quota-settings.ts";
import type { WindowBinding } from "./window-table.ts";
import { boundsFor, type Compiling, customNames, type QuotaSource } from "./written-bounds.ts";

// The quotas of one principal, as numbers to compare with: made once per principal, bounds and adjustments.

/** One quota on one window of one level. */
export interface WindowQuota {
  /** Place of its window in the rows of the binding. */
  readonly place: number;
  /** Counter of the window's row, TOTAL_TOKENS, or CUSTOM_COUNTER. */
  readonly counter: number;
  readonly custom: string | undefined;
  readonly limit: bigint;
  readonly shadow: boolean;
  readonly principal: string;
  readonly period: QuotaPeriod;
  readonly unit: QuotaUnit;
  readonly severity: Severity;
  /** Id of its findings: `quota_requests_hour`. */
  readonly id: string;
  /** The setting that decided it: `quotas["user:*"].requests.hour`. */
  readonly setting: string;
  readonly source: QuotaSource;
  /** First of its bits in `told` of the window; -1 for custom counters, which have names there. */
  readonly bit: number;
}

/** A bound on what is in use now, on one level. */
export interface GaugeQuota {
  readonly key: "concurrent_requests" | "concurrent_executions" | "storage_gb";
  readonly level: LevelName;
  readonly limit: bigint;
  readonly shadow: boolean;
  readonly principal: string;
  readonly setting: string;
  readonly source: QuotaSource;
}

export interface CompiledQuotas {
  /** What they were made for. */
  readonly bounds: PrincipalBounds | undefined;
  /** Of the adjustments and shares of pools that are in it. */
  readonly version: number;
  readonly windows: readonly WindowQuota[];
  readonly requests: readonly GaugeQuota[];
  readonly executions: readonly GaugeQuota[];
  readonly storage: readonly GaugeQuota[];
  readonly isEmpty: boolean;
  /** Those that follow their load. */
  readonly adjusting: readonly AdjustingQuota[];
}

/** Of `WindowQuota.counter`: a custom counter. */
export const CUSTOM_COUNTER = -1;
/** Bits of `told` that one unit has: 75 %, 90 %, used up, would have refused. */
export const BITS_PER_UNIT = 4;

export const NO_QUOTAS: CompiledQuotas = Object.freeze({
  bounds: undefined,
  version: -1,
  windows: [],
  requests: [],
  executions: [],
  storage: [],
  isEmpty: true,
  adjusting: [],
});

/** The quotas that bound a principal now. */
export function quotasOf(
  world: World,
  bounds: PrincipalBounds,
  binding: WindowBinding,
  now: Now,
): CompiledQuotas {
  const { adjustments, pools } = world;
  endAdjustments(world, now);
  if (!boundsQuotas(world, bounds)) return NO_QUOTAS;
  const { tenant } = binding.principal;
  if (bounds.pools.length > 0) pools.refresh(world, tenant, bounds.pools, bounds.timeZone, now);
  const version = adjustments.version + pools.version;
  const { lastQuotas } = binding;
  const known = lastQuotas?.bounds === bounds ? lastQuotas : binding.quotas.get(bounds);
  if (
    known?.version === version &&
    (known.adjusting.length === 0 || !followLoad(world, tenant, known.adjusting, now))
  ) {
    binding.lastQuotas = known;
    return known;
  }
  const made = compileQuotas({ bounds, tenant, adjustments, pools }, binding);
  binding.quotas.set(bounds, made);
  binding.lastQuotas = made;
  return made;
}

function compileQuotas(compiling: Compiling, binding: WindowBinding): CompiledQuotas {
  const windows: WindowQuota[] = [];
  const adjusting: AdjustingQuota[] = [];
  const gauges: GaugeQuota[] = [];
  for (const [at, level] of levelsOf(binding.principal, binding.unattributed).entries()) {
    addWindows({ windows, adjusting }, compiling, level, at * PERIODS.length);
    addShares(windows, compiling, level, at * PERIODS.length);
    for (const key of GAUGE_KEYS)
      for (const { adjust: _adjust, ...bound } of boundsFor(compiling, level, [key]))
        gauges.push({ key, level, principal: formatLevel(level), ...bound });
  }
  const of = (key: GaugeQuota["key"]) => gauges.filter((one) => one.key === key);
  return {
    bounds: compiling.bounds,
    version: compiling.adjustments.version + compiling.pools.version,
    adjusting,
    windows,
    requests: of("concurrent_requests"),
    executions: of("concurrent_executions"),
    storage: of("storage_gb"),
    isEmpty: windows.length === 0 && gauges.length === 0,
  };
}

const GAUGE_KEYS = ["concurrent_requests", "concurrent_executions", "storage_gb"] as const;

function addWindows(into: Collected, compiling: Compiling, level: LevelName, base: number): void {
  for (const [at, period] of PERIODS.entries()) {
    for (const [place, key] of QUOTA_KEYS.entries()) {
      const unit = QUOTA_UNITS[key];
      const about = { place: base + at, custom: undefined, bit: place * BITS_PER_UNIT, period, unit };
      addOne(into, compiling, level, [key, period], { ...about, counter: unit.counter });
    }
    for (const name of customNames(compiling, level)) {
      const unit: QuotaUnit = {
        counter: CUSTOM_COUNTER,
        id: `quota_custom_${name}`,
        metric: name,
        noun: `${name} quota`,
        reason: "QUOTA_CUSTOM",
        unit: "count",
      };
      const about = { place: base + at, counter: CUSTOM_COUNTER, custom: name, bit: -1, period, unit };
      addOne(into, compiling, level, ["custom", name, period], about);
    }
  }
}

/** A share of a pool is a quota of money like any other. */
function addShares(
  into: WindowQuota[],
  { bounds, tenant, pools }: Compiling,
  level: LevelName,
  base: number,
): void {
  if (bounds.pools.length === 0) return;
  const principal = formatLevel(level);
  const member = level.level === "tenant" ? "tenant" : principal;
  for (const { poolId, period, shadow, nanoUsd } of pools.sharesOf(tenant, bounds.pools, member)) {
    const unit = QUOTA_UNITS.cost_usd;
    into.push({
      place: base + PERIODS.indexOf(period),
      counter: unit.counter,
      custom: undefined,
      limit: nanoUsd,
      shadow,
      principal,
      period,
      unit,
      severity: quotaSeverity("cost_usd", period),
      id: `${unit.id}_${period}`,
      setting: `pools["${poolId}"]`,
      source: () => bounds.sourceAt(["pools", poolId, "usd"]),
      bit: QUOTA_KEYS.indexOf("cost_usd") * BITS_PER_UNIT,
    });
  }
}

interface Collected {
  readonly windows: WindowQuota[];
  readonly adjusting: AdjustingQuota[];
}

function addOne(
  into: Collected,
  compiling: Compiling,
  level: LevelName,
  path: readonly string[],
  about: Pick<WindowQuota, "place" | "counter" | "custom" | "bit" | "period" | "unit">,
): void {
  const id = `${about.unit.id}_${about.period}`;
  for (const { adjust, ...bound } of boundsFor(compiling, level, path)) {
    const severity = quotaSeverity(path[0] as string, about.period);
    into.windows.push({ ...about, ...bound, principal: formatLevel(level), severity, id });
    if (adjust === undefined || adjust.written.mode === "off") continue;
    const { mode, step, every } = adjust.written;
    into.adjusting.push({
      level,
      target: path.join("."),
      id,
      period: about.period,
      counter: about.counter,
      custom: about.custom,
      mode,
      current: bound.limit,
      floor: adjust.floor,
      ceiling: adjust.ceiling,
      step: step === undefined ? undefined : quotaAmount(path[0] as string, step),
      everyMs: every,
      by: `auto_adjust ${bound.setting}`,
    });
  }
}
