import type { EffectivePolicy } from "../policy/effective-policy.ts";
import { type PolicySource, sourceOf } from "../policy/policy-source.ts";
import { resolvePolicy } from "../policy/resolve-policy.ts";
import type { PoolSettings } from "../pools/pool-table.ts";
import { rateLayers } from "../rates/rate-layers.ts";
import { NO_PLATFORM_RATES, type PlatformRates, type RateSettings } from "../rates/rate-settings.ts";
import type { World } from "../world.ts";
import type { QuotaSettings } from "./quota-settings.ts";

/** What bounds the principals of one tenant under one policy. Made once per effective policy. */
export interface PrincipalBounds {
  /** `quotas` as they are in force. */
  readonly quotas: QuotaSettings;
  readonly hasQuotas: boolean;
  readonly pools: PoolSettings;
  /** Who decided the value at a path of the policy, and the loosest value that any tier may choose there. */
  readonly sourceAt: (path: readonly string[]) => PolicySource;
  /** `rates` of the tiers: ceilings of the platform where there are any, then what is in force. */
  readonly rates: readonly RateSettings[];
  readonly platform: PlatformRates;
  /** Time zone of calendar windows. */
  readonly timeZone: string;
  /** Whether anything beside the time zone is said at all. */
  readonly hasAny: boolean;
}

/** Whether anything at all can bound principals under these bounds now. */
export function boundsAny(world: World, bounds: PrincipalBounds): boolean {
  return bounds.hasAny || world.adjustments.size > 0;
}

export function boundsQuotas(world: World, bounds: PrincipalBounds): boolean {
  return bounds.hasQuotas || world.adjustments.size > 0;
}

/** The bounds of an execution: its tenant's under the labels that it registered with. */
export function boundsOf(world: World, index: number): PrincipalBounds {
  return boundsUnder(world, world.executions.record(index).policy);
}

/** The bounds of a tenant without labels: for usage of executions that nobody registered, and what labels do not change. */
export function boundsOfTenant(world: World, tenant: string): PrincipalBounds {
  return boundsUnder(world, resolvePolicy(world.policy.set, tenant, NO_LABELS));
}

const NO_LABELS = Object.freeze({});

export function boundsUnder(world: World, policy: EffectivePolicy): PrincipalBounds {
  const platform = world.policy.platformRates ?? NO_PLATFORM_RATES;
  const known = policy.bounds;
  if (known?.platform === platform) return known;
  const { quotas, pools, rates, time_zone: timeZone } = policy.settings;
  const layers = rateLayers(policy, rates);
  const hasQuotas = Object.keys(quotas).length > 0 || pools.length > 0;
  const bounds: PrincipalBounds = {
    quotas,
    hasQuotas,
    pools,
    sourceAt: (path) => sourceOf(policy, path),
    rates: layers,
    platform,
    timeZone,
    hasAny: hasQuotas || layers.length > 0 || platform.file !== undefined || platform.fallback !== undefined,
  };
  policy.bounds = bounds;
  return bounds;
}

/** The time zone that a tenant's windows follow: its own, or UTC. */
export function timeZoneOf(world: World, tenant: string): string {
  return boundsOfTenant(world, tenant).timeZone;
}
