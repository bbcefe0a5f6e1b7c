import type { World } from "../world.ts";
import { UTC } from "./calendar.ts";

/** The time zone that a tenant's windows follow: its own, or UTC. */
export function timeZoneOf(_world: World, _tenant: string): string {
  return UTC;
}
