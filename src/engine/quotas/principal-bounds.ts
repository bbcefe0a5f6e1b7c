import { NO_PLATFORM_RATES, type PlatformRates, type RateSettings } from "../rates/rate-settings.ts";
import type { World } from "../world.ts";
import { UTC } from "./calendar.ts";

/** What bounds the principals of one tenant under one policy and one set of labels. Equal settings are one object. */
export interface PrincipalBounds {
  /** `rates` of the tiers: ceilings first, then what is in force. */
  readonly rates: readonly RateSettings[];
  readonly platform: PlatformRates;
  /** Time zone of calendar windows. */
  readonly timeZone: string;
  /** Whether anything beside the time zone is said at all. */
  readonly hasAny: boolean;
}

export const NO_BOUNDS: PrincipalBounds = Object.freeze({
  rates: [],
  platform: NO_PLATFORM_RATES,
  timeZone: UTC,
  hasAny: false,
});

/** The bounds of an execution: its tenant's under the labels that it registered with. */
export function boundsOf(world: World, _index: number): PrincipalBounds {
  return world.policy.bounds ?? NO_BOUNDS;
}

/** The bounds of a tenant without labels: for usage of executions that nobody registered. */
export function boundsOfTenant(world: World, _tenant: string): PrincipalBounds {
  return world.policy.bounds ?? NO_BOUNDS;
}
