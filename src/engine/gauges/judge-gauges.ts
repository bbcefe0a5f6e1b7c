import type { Finding } from "../../domain/decision.ts";
import type { CompiledQuotas } from "../quotas/compile-quotas.ts";
import { gaugeFinding } from "../quotas/quota-finding.ts";
import type { World } from "../world.ts";

// Bounds on what is in use now: requests in flight, active executions, storage.

/** True when there is a slot on every level, also in the books of what only watches. */
export function isSlotQuiet(world: World, quotas: CompiledQuotas, tenant: string): boolean {
  for (const quota of quotas.requests) if (world.slots.isFull(tenant, quota)) return false;
  return true;
}

/** `active ≥ limit`: the text shows the one that would be too many. */
export function judgeSlots(world: World, quotas: CompiledQuotas, tenant: string): readonly Finding[] {
  return quotas.requests
    .filter((quota) => world.slots.isFull(tenant, quota))
    .map((quota) => gaugeFinding(quota, BigInt(world.slots.countFor(tenant, quota)) + 1n));
}

/** Places of executions, looked at when one registers or is resumed. */
export function judgePlaces(world: World, quotas: CompiledQuotas, tenant: string): readonly Finding[] {
  return quotas.executions
    .filter((quota) => world.places.isFull(tenant, quota))
    .map((quota) => gaugeFinding(quota, BigInt(world.places.countFor(tenant, quota)) + 1n));
}

export function isStorageQuiet(world: World, quotas: CompiledQuotas, tenant: string): boolean {
  for (const { level, limit } of quotas.storage) if (world.storage.of(tenant, level) > limit) return false;
  return true;
}

export function judgeStorage(world: World, quotas: CompiledQuotas, tenant: string): readonly Finding[] {
  return quotas.storage
    .filter(({ level, limit }) => world.storage.of(tenant, level) > limit)
    .map((quota) => gaugeFinding(quota, world.storage.of(tenant, quota.level)));
}
