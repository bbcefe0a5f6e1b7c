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
import { AdjustmentTable } from "../adjustments/adjustment-table.ts";
import { endAdjustments } from "../adjustments/end-adjustments.ts";
import type { PolicySource } from "../policy/policy-source.ts";
import { PoolTable } from "../pools/pool-table.ts";
import { PERIODS } from "../time/calendar.ts";
import type { World } from "../world.ts";
import { boundsQuotas, type PrincipalBounds } from "./principal-bounds.ts";
import { compilePrincipals, matchingEntries, namedEntry, type PrincipalMap } from "./principal-map.ts";
import { type QuotaEntry, type QuotaSettings, quotaAmount, type WrittenQuota } from "./quota-settings.ts";
import type { WindowBinding } from "./window-table.ts";

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

/** Who decided a quota: looked up when something is refused. Undefined for what stands beside the policy. */
export type QuotaSource = () => PolicySource | undefined;

export interface CompiledQuotas {
  /** Of the adjustments and shares of pools that are in it. */
  readonly version: number;
  readonly windows: readonly WindowQuota[];
  readonly requests: readonly GaugeQuota[];
  readonly executions: readonly GaugeQuota[];
  readonly storage: readonly GaugeQuota[];
  readonly isEmpty: boolean;
}

/** Of `WindowQuota.counter`: a custom counter. */
export const CUSTOM_COUNTER = -1;
/** Bits of `told` that one unit has: 75 %, 90 %, used up, would have refused. */
export const BITS_PER_UNIT = 4;

const maps = new WeakMap<QuotaSettings, PrincipalMap<QuotaEntry>>();

function mapOf(settings: QuotaSettings): PrincipalMap<QuotaEntry> {
  const known = maps.get(settings);
  if (known !== undefined) return known;
  const made = compilePrincipals(settings);
  maps.set(settings, made);
  return made;
}

export const NO_QUOTAS: CompiledQuotas = Object.freeze({
  version: -1,
  windows: [],
  requests: [],
  executions: [],
  storage: [],
  isEmpty: true,
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
  binding.quotas ??= new WeakMap();
  const known = binding.quotas.get(bounds);
  if (known?.version === version) return known;
  const made = compileQuotas({ bounds, tenant, adjustments, pools }, binding, version);
  binding.quotas.set(bounds, made);
  return made;
}

interface Compiling {
  readonly bounds: PrincipalBounds;
  readonly tenant: string;
  readonly adjustments: AdjustmentTable;
  readonly pools: PoolTable;
}

function compileQuotas(compiling: Compiling, binding: WindowBinding, version: number): CompiledQuotas {
  const windows: WindowQuota[] = [];
  const gauges: GaugeQuota[] = [];
  for (const [at, level] of levelsOf(binding.principal, binding.unattributed).entries()) {
    addWindows(windows, compiling, level, at * PERIODS.length);
    addShares(windows, compiling, level, at * PERIODS.length);
    for (const key of GAUGE_KEYS)
      for (const bound of boundsFor(compiling, level, [key]))
        gauges.push({ key, level, principal: formatLevel(level), ...bound });
  }
  const of = (key: GaugeQuota["key"]) => gauges.filter((one) => one.key === key);
  return {
    version,
    windows,
    requests: of("concurrent_requests"),
    executions: of("concurrent_executions"),
    storage: of("storage_gb"),
    isEmpty: windows.length === 0 && gauges.length === 0,
  };
}

const GAUGE_KEYS = ["concurrent_requests", "concurrent_executions", "storage_gb"] as const;

function addWindows(into: WindowQuota[], compiling: Compiling, level: LevelName, base: number): void {
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

function addOne(
  into: WindowQuota[],
  compiling: Compiling,
  level: LevelName,
  path: readonly string[],
  about: Pick<WindowQuota, "place" | "counter" | "custom" | "bit" | "period" | "unit">,
): void {
  for (const bound of boundsFor(compiling, level, path)) {
    into.push({
      ...about,
      ...bound,
      principal: formatLevel(level),
      severity: quotaSeverity(path[0] as string, about.period),
      id: `${about.unit.id}_${about.period}`,
    });
  }
}

function customNames(
  { bounds, tenant, adjustments }: Compiling,
  { level, name }: LevelName,
): readonly string[] {
  const map = mapOf(bounds.quotas);
  const named = namedEntry(map, level, name);
  const entries = [...(named === undefined ? [] : [named]), ...matchingEntries(map, level, name)];
  return [
    ...new Set([
      ...entries.flatMap(({ value }) => Object.keys(value.custom)),
      ...adjustments.customNames(tenant, level, name),
    ]),
  ];
}

interface Bound {
  readonly limit: bigint;
  readonly shadow: boolean;
  readonly setting: string;
  readonly source: QuotaSource;
}

/**
 * What bounds one unit of one level: what enforces and what only watches, apart. A name stands before patterns, key by key,
 * and an adjustment before both; but what the platform set as the ceiling of a pattern bounds every name that it matches.
 */
function boundsFor(
  { bounds, tenant, adjustments }: Compiling,
  { level, name }: LevelName,
  path: readonly string[],
): readonly Bound[] {
  const map = mapOf(bounds.quotas);
  const named = namedEntry(map, level, name);
  const matching = matchingEntries(map, level, name);
  const isNamed = named !== undefined && quotaAt(named.value, path) !== undefined;
  const written = (isNamed ? [named] : matching).flatMap(({ key, value }) =>
    boundOf(bounds, key, path, quotaAt(value, path)),
  );
  const adjusted = adjustments.find(tenant, level, name, path.join("."));
  const own =
    adjusted === undefined
      ? written
      : [
          {
            limit: adjusted.value,
            shadow: written.length > 0 && written.every(({ shadow }) => shadow),
            setting: adjusted.cause,
            source: () => undefined,
          },
        ];
  const ceilings =
    isNamed || adjusted !== undefined
      ? [...(named === undefined ? [] : [named]), ...matching].flatMap(({ key }) =>
          ceilingBound(bounds, key, path),
        )
      : [];
  const all = [...own, ...ceilings];
  return [tightest(all.filter(({ shadow }) => !shadow)), tightest(own.filter(({ shadow }) => shadow))].filter(
    (one) => one !== undefined,
  );
}

function boundOf(
  bounds: PrincipalBounds,
  key: string,
  path: readonly string[],
  quota: WrittenQuota | undefined,
): readonly Bound[] {
  if (quota === undefined || quota.mode === "off") return [];
  const limit = quotaAmount(path[0] as string, quota.value);
  const source = () => bounds.sourceAt(["quotas", key, ...path, "value"]);
  return [{ limit, shadow: quota.mode === "shadow", setting: settingOf(key, path), source }];
}

function ceilingBound(bounds: PrincipalBounds, key: string, path: readonly string[]): readonly Bound[] {
  const ceiling = bounds.sourceAt(["quotas", key, ...path, "value"]).ceiling;
  if (typeof ceiling !== "bigint" && typeof ceiling !== "number") return [];
  const limit = quotaAmount(path[0] as string, ceiling);
  // The document of the tenant did not decide this one.
  return [{ limit, shadow: false, setting: settingOf(key, path), source: () => undefined }];
}

/**
 * The largest value that an administrator of the tenant may give a principal: not beyond the platform's ceilings, nor what
 * the tenant has itself; the tenant's own value cannot be raised at all. Undefined = unbounded.
 */
export function loosestQuota(
  bounds: PrincipalBounds,
  tenant: string,
  level: LevelName,
  path: readonly string[],
): bigint | undefined {
  const map = mapOf(bounds.quotas);
  const named = namedEntry(map, level.level, level.name);
  const entries = [...(named === undefined ? [] : [named]), ...matchingEntries(map, level.level, level.name)];
  const plain: Compiling = { bounds, tenant, adjustments: NO_ADJUSTMENTS, pools: NO_POOLS };
  const own = boundsFor(plain, { level: "tenant", name: tenant }, path);
  const all = [...own, ...entries.flatMap(({ key }) => ceilingBound(bounds, key, path))];
  return tightest(all.filter(({ shadow }) => !shadow))?.limit;
}

const NO_ADJUSTMENTS = new AdjustmentTable();
const NO_POOLS = new PoolTable();

function tightest(all: readonly Bound[]): Bound | undefined {
  return all.reduce<Bound | undefined>(
    (best, one) => (best === undefined || one.limit < best.limit ? one : best),
    undefined,
  );
}

function settingOf(principal: string, path: readonly string[]): string {
  return `quotas["${principal}"].${path.join(".")}`;
}

/** The quota at a path of keys below a principal's entry. */
function quotaAt(entry: QuotaEntry, path: readonly string[]): WrittenQuota | undefined {
  let at: unknown = entry;
  for (const key of path) {
    if (typeof at !== "object" || at === null) return undefined;
    at = (at as { readonly [key: string]: unknown })[key];
  }
  return at as WrittenQuota | undefined;
}
