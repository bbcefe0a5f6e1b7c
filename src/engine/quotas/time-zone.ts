import type { World } from "../world.ts";
import { boundsOfTenant } from "./principal-bounds.ts";

/** The time zone that a tenant's windows follow: its own, or UTC. */
export function timeZoneOf(world: World, tenant: string): string {
  return boundsOfTenant(world, tenant).timeZone;
}
