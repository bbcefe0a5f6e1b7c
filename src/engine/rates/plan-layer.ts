import type { Adjustment } from "../../domain/quotas/adjustment.ts";
import { formatLevel, type LevelName } from "../../domain/quotas/levels.ts";
import type { AdjustmentTable } from "../adjustments/adjustment-table.ts";
import type { AdjustingRate } from "../adjustments/follow-rates.ts";
import { RATE } from "../adjustments/targets.ts";
import { createMemo } from "../memos/memo.ts";
import { compilePrincipals, type Entry, entriesFor, type PrincipalMap } from "../quotas/principal-map.ts";
import { CidrTrie, parseAddress, parseRange } from "./cidr-trie.ts";
import type { Rate } from "./gcra.ts";
import { createRateCheck, type RateAsker, type RateCheck, type RateSource } from "./rate-check.ts";
import type { RateEntry, RateSettings } from "./rate-settings.ts";
import { compileMultipliers, findNamedRoute, type Multipliers, scaleRate } from "./route.ts";

// `rates` of one tier: one bucket per level of the chain that it names, one per provider, one for the longest range of
// addresses.

interface CompiledEntry {
  readonly written: RateEntry;
  readonly multipliers: Multipliers;
}

interface CompiledLayer {
  readonly byPrincipal: PrincipalMap<CompiledEntry>;
  readonly ranges: CidrTrie<Entry<CompiledEntry>>;
  readonly hasRanges: boolean;
}

const compiledLayers = createMemo<RateSettings, CompiledLayer>();

function compileLayer(settings: RateSettings): CompiledLayer {
  const known = compiledLayers.get(settings);
  if (known !== undefined) return known;
  const entries: { [principal: string]: CompiledEntry } = {};
  const ranges = new CidrTrie<Entry<CompiledEntry>>();
  let hasRanges = false;
  for (const [key, written] of Object.entries(settings)) {
    if (written.rps === undefined || written.mode === "off") continue;
    const value: CompiledEntry = { written, multipliers: compileMultipliers(written.endpoint_multipliers) };
    const range = key.startsWith("ip:") ? parseRange(key.slice("ip:".length)) : undefined;
    if (range === undefined) entries[key] = value;
    else ranges.set(range, { key, value });
    hasRanges ||= range !== undefined;
  }
  const layer: CompiledLayer = { byPrincipal: compilePrincipals(entries), ranges, hasRanges };
  compiledLayers.set(settings, layer);
  return layer;
}

export interface LayerPlan {
  readonly checks: readonly RateCheck[];
  /** A level of the chain has a rate: then the daemon's default is not meant for it. */
  readonly namesLevel: boolean;
}

export function planLayer(
  settings: RateSettings,
  place: string,
  asker: RateAsker,
  adjustments: AdjustmentTable | undefined,
): LayerPlan {
  const layer = compileLayer(settings);
  const { tenant, provider, sourceIp } = asker;
  const checks: RateCheck[] = [];
  const sourceOf =
    adjustments &&
    ((key: string): RateSource =>
      () =>
        asker.sourceAt(["rates", key, "rps"]));
  for (const { level, name } of asker.levels) {
    const entries = entriesFor(layer.byPrincipal, level, name);
    const owner = level === "global" ? "" : tenant;
    const adjusted = adjustments?.find(tenant, level, name, RATE);
    const isFollowed = adjusted?.cause !== "auto_adjust" || followed(entries) !== undefined;
    const named = adjusted !== undefined && isFollowed ? [adjustedEntry(adjusted, entries)] : entries;
    const first = adjustments === undefined ? undefined : followed(entries);
    const follows = first && {
      tenant,
      level: { level, name },
      adjust: first.auto_adjust,
      written: first.rps as number,
    };
    // Of an override and of a ceiling no document in force is to be named.
    const source = named === entries ? sourceOf : undefined;
    addChecks(checks, named, asker, formatLevel({ level, name }), [place, owner], {
      follows,
      sourceOf: source,
    });
  }
  const namesLevel = checks.length > 0;
  if (provider !== undefined) {
    const entries = entriesFor(layer.byPrincipal, "provider", provider);
    addChecks(checks, entries, asker, `provider:${provider}`, [place, tenant], { sourceOf });
  }
  const address = layer.hasRanges && sourceIp !== undefined ? parseAddress(sourceIp) : undefined;
  const range = address === undefined ? undefined : layer.ranges.find(address);
  if (range !== undefined) addChecks(checks, [range], asker, range.key, [place, tenant], { sourceOf });
  return { checks, namesLevel };
}

/** The entry that follows its load. What names routes is left as it is written: a route's demand says nothing of the others. */
function followed(entries: readonly Entry<CompiledEntry>[]): RateEntry | undefined {
  return entries.find(({ value }) => value.written.auto_adjust.mode !== "off" && value.multipliers.size === 0)
    ?.value.written;
}

/** An adjustment in the place of what is written; routes keep their factors, what only watched goes on so. */
function adjustedEntry(
  { rate, cause }: Adjustment,
  entries: readonly Entry<CompiledEntry>[],
): Entry<CompiledEntry> {
  const first = entries[0]?.value;
  const mode = entries.length > 0 && entries.every(({ value }) => value.written.mode === "shadow");
  const written = { ...first?.written, mode: mode ? "shadow" : "enforce", ...rate } as RateEntry;
  return { key: cause, value: { written, multipliers: first?.multipliers ?? NO_MULTIPLIERS } };
}

const NO_MULTIPLIERS: Multipliers = new Map();

/**
 * The fastest that an administrator of the tenant may let a principal be: what the platform sets as ceilings, and for the
 * tenant itself what it has. Undefined = unbounded. A principal below the tenant takes from the tenant's bucket as well.
 */
export function loosestRate(layers: readonly RateSettings[], { level, name }: LevelName): Rate | undefined {
  const bounding = level === "tenant" ? layers : layers.slice(0, -1);
  const rates = bounding
    .map((layer) => entriesFor(compileLayer(layer).byPrincipal, level, name))
    .filter((entries) => entries.length > 0)
    .map((entries) => tightest(entries, undefined));
  if (rates.length === 0) return undefined;
  return {
    rps: Math.min(...rates.map(({ rps }) => rps)),
    burst: Math.min(...rates.map(({ burst }) => burst)),
  };
}

interface More {
  readonly follows?: AdjustingRate | undefined;
  readonly sourceOf: ((key: string) => RateSource) | undefined;
}

/** What enforces and what only watches have buckets of their own. */
function addChecks(
  checks: RateCheck[],
  entries: readonly Entry<CompiledEntry>[],
  { route }: RateAsker,
  principal: string,
  key: readonly string[],
  { follows, sourceOf }: More,
): void {
  for (const shadow of [false, true]) {
    const meant = entries.filter(({ value }) => (value.written.mode === "shadow") === shadow);
    const [first, ...others] = meant;
    if (first === undefined) continue;
    const named = longest(meant.map(({ value }) => namedRoute(value, route)));
    const strictest = others.reduce((one, other) => (rpsOf(other) < rpsOf(one) ? other : one), first).key;
    const about = {
      principal,
      route: named,
      setting: `rates["${strictest}"]`,
      source: sourceOf?.(strictest),
      shadow,
      hasRoutes: meant.some(({ value }) => value.multipliers.size > 0),
      follows,
    };
    checks.push(createRateCheck(tightest(meant, route), about, ...key, principal));
  }
}

function rpsOf({ value }: Entry<CompiledEntry>): number {
  return value.written.rps as number;
}

function namedRoute({ multipliers }: CompiledEntry, route: string | undefined): string | undefined {
  return route === undefined ? undefined : findNamedRoute(multipliers, route);
}

function longest(routes: readonly (string | undefined)[]): string | undefined {
  return routes.reduce((best, one) => ((one?.length ?? -1) > (best?.length ?? -1) ? one : best));
}

function tightest(entries: readonly Entry<CompiledEntry>[], route: string | undefined): Rate {
  let rps = Number.POSITIVE_INFINITY;
  let burst = Number.POSITIVE_INFINITY;
  for (const { value } of entries) {
    const named = namedRoute(value, route);
    const factor = named === undefined ? undefined : value.multipliers.get(named);
    const ownRps = value.written.rps as number;
    const ownBurst = value.written.burst ?? Math.max(1, Math.ceil(2 * ownRps));
    rps = Math.min(rps, factor === undefined ? ownRps : scaleRate(ownRps, factor));
    burst = Math.min(burst, factor === undefined ? ownBurst : scaleRate(ownBurst, factor));
  }
  // A rate of 0 lets nothing pass, whatever its burst.
  return { rps, burst: rps === 0 ? 0 : burst };
}
