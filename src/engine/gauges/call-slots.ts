import type { Principal } from "../../domain/execution.ts";
import type { CompiledQuotas } from "../quotas/compile-quotas.ts";
import type { World } from "../world.ts";

// A tool call in flight holds a slot of requests on every level of its principal, like a reservation for a request.

export function takeCallSlot(world: World, row: number, principal: Principal, quotas: CompiledQuotas): void {
  countCallSlot(world, principal);
  world.slots.takeShadow(ownerOf(row), principal.tenant, quotas.requests);
}

/** For a call that is in flight already: after a restart. */
export function countCallSlot(world: World, principal: Principal): void {
  world.slots.count(principal, 1);
}

export function releaseCallSlot(world: World, row: number, principal: Principal): void {
  world.slots.count(principal, -1);
  world.slots.releaseShadow(ownerOf(row));
}

/** Rows of reservations are owners too: calls count downwards. */
function ownerOf(row: number): number {
  return -1 - row;
}
