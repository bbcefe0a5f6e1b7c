import { NO_PLATFORM_RATES, type PlatformRates, type RateSettings } from "../rates/rate-settings.ts";
import type { World } from "../world.ts";
import { UTC } from "./calendar.ts";
import type { QuotaSettings } from "./quota-settings.ts";

/** What bounds the principals of one tenant under one policy and one set of labels. Equal settings are one object. */
export interface PrincipalBounds {
  /** `quotas` as they are in force. */
  readonly quotas: QuotaSettings;
  readonly hasQuotas: boolean;
  /** The loosest value that any tier may choose at a path of the policy, in the unit of the policy; undefined = none. */
  readonly ceilingOf: (path: readonly string[]) => unknown;
  /** `rates` of the tiers: ceilings first, then what is in force. */
  readonly rates: readonly RateSettings[];
  readonly platform: PlatformRates;
  /** Time zone of calendar windows. */
  readonly timeZone: string;
  /** Whether anything beside the time zone is said at all. */
  readonly hasAny: boolean;
}

export const NO_BOUNDS: PrincipalBounds = Object.freeze({
  quotas: {},
  hasQuotas: false,
  ceilingOf: () => undefined,
  rates: [],
  platform: NO_PLATFORM_RATES,
  timeZone: UTC,
  hasAny: false,
});

/** Whether anything at all can bound principals under these bounds now. */
export function boundsAny(world: World, bounds: PrincipalBounds): boolean {
  return bounds.hasAny || world.adjustments.size > 0;
}

export function boundsQuotas(world: World, bounds: PrincipalBounds): boolean {
  return bounds.hasQuotas || world.adjustments.size > 0;
}

/** The bounds of an execution: its tenant's under the labels that it registered with. */
export function boundsOf(world: World, _index: number): PrincipalBounds {
  return world.policy.bounds ?? NO_BOUNDS;
}

/** The bounds of a tenant without labels: for usage of executions that nobody registered. */
export function boundsOfTenant(world: World, _tenant: string): PrincipalBounds {
  return world.policy.bounds ?? NO_BOUNDS;
}
