import type { Adjustment } from "../../domain/quotas/adjustment.ts";
import type { LevelName } from "../../domain/quotas/levels.ts";
import { adjustingBounds, type WrittenAdjust } from "../adjustments/adjusting-quota.ts";
import { AdjustmentTable } from "../adjustments/adjustment-table.ts";
import { createMemo } from "../memos/memo.ts";
import type { PolicySource } from "../policy/policy-source.ts";
import { PoolTable } from "../pools/pool-table.ts";
import type { PrincipalBounds } from "./principal-bounds.ts";
import { compilePrincipals, matchingEntries, namedEntry, type PrincipalMap } from "./principal-map.ts";
import { type QuotaEntry, type QuotaSettings, quotaAmount, type WrittenQuota } from "./quota-settings.ts";

// What is written about one unit of one principal, and what of it holds: names, patterns, adjustments, ceilings.

const maps = createMemo<QuotaSettings, PrincipalMap<QuotaEntry>>();

function mapOf(settings: QuotaSettings): PrincipalMap<QuotaEntry> {
  const known = maps.get(settings);
  if (known !== undefined) return known;
  const made = compilePrincipals(settings);
  maps.set(settings, made);
  return made;
}

/** Whose quotas are compiled, and what stands beside the policy. */
export interface Compiling {
  readonly bounds: PrincipalBounds;
  readonly tenant: string;
  readonly adjustments: AdjustmentTable;
  readonly pools: PoolTable;
}

/** Who decided a quota: looked up when something is refused. Undefined for what stands beside the policy. */
export type QuotaSource = () => PolicySource | undefined;

/** Custom counters that anything is written about for one principal. */
export function customNames(
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

export interface Bound {
  readonly limit: bigint;
  readonly shadow: boolean;
  readonly setting: string;
  readonly source: QuotaSource;
  /** Present where it follows its load. */
  readonly adjust?: AdjustBounds | undefined;
}

interface AdjustBounds {
  readonly written: WrittenAdjust;
  readonly floor: bigint;
  readonly ceiling: bigint;
}

/**
 * What bounds one unit of one level: what enforces and what only watches, apart. A name stands before patterns, key by key,
 * and an adjustment before both; but what the platform set as the ceiling of a pattern bounds every name that it matches.
 */
export function boundsFor(
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
  const value = adjusted === undefined ? undefined : adjustedValue(adjusted, written);
  const own =
    adjusted === undefined || value === undefined
      ? written
      : [
          {
            limit: value,
            shadow: written.length > 0 && written.every(({ shadow }) => shadow),
            setting: adjusted.cause,
            source: () => undefined,
            adjust: written.find((one) => one.adjust !== undefined)?.adjust,
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
  const adjusts = quota.auto_adjust.mode === "off" ? undefined : quota.auto_adjust;
  const held = adjusts && adjustingBounds(path[0] as string, limit, adjusts, tierCeiling(bounds, key, path));
  const adjust = adjusts && held && { written: adjusts, ...held };
  const source = () => bounds.sourceAt(["quotas", key, ...path, "value"]);
  return [{ limit, shadow: quota.mode === "shadow", setting: settingOf(key, path), source, adjust }];
}

/** An override is what it is; a value that followed the load counts while its quota still follows, within its bounds. */
function adjustedValue({ cause, value }: Adjustment, written: readonly Bound[]): bigint | undefined {
  if (cause === "override") return value;
  const adjust = written.find((one) => one.adjust?.written.mode === "apply")?.adjust;
  if (adjust === undefined) return undefined;
  const { floor, ceiling } = adjust;
  return value < floor ? floor : value > ceiling ? ceiling : value;
}

function tierCeiling(bounds: PrincipalBounds, key: string, path: readonly string[]): bigint | undefined {
  const { ceiling } = bounds.sourceAt(["quotas", key, ...path, "value"]);
  return typeof ceiling === "bigint" || typeof ceiling === "number"
    ? quotaAmount(path[0] as string, ceiling)
    : undefined;
}

function ceilingBound(bounds: PrincipalBounds, key: string, path: readonly string[]): readonly Bound[] {
  const limit = tierCeiling(bounds, key, path);
  // The document of the tenant did not decide this one.
  return limit === undefined
    ? []
    : [{ limit, shadow: false, setting: settingOf(key, path), source: () => undefined }];
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
