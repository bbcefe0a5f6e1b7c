import type { Now } from "../../../domain/time.ts";
import { RECORD_PUT } from "../../../ports/cut-store.ts";
import type { CutBuffer } from "../../rows/cut-buffer.ts";
import { deleteRow, tableNumber } from "../../rows/generations.ts";
import type { World } from "../../world.ts";
import type { Capability, CapabilityClaims } from "../guard.ts";
import { MAX_SPENT, type SpentCapability } from "./spent-table.ts";

// Tokens with an id work once, across restarts too. One is spent in the turn that allows its call, never by a refusal.

const SPENT_CAPABILITIES = tableNumber("spent_capabilities");

/** The token as the guards may count on it: one that is spent, or that could not be remembered, is refused. */
export function unspentCapability(
  world: World,
  tenant: string,
  capability: Capability | undefined,
  now: Now,
): Capability | undefined {
  if (capability === undefined || "refused" in capability || capability.claims.id === undefined)
    return capability;
  if (world.spentCapabilities.has(keyOf(world, tenant, capability.claims.id)))
    return { refused: "used already" };
  if (world.spentCapabilities.size >= MAX_SPENT)
    world.spentCapabilities.sweep(world.rows.spentCapabilities, now.wallMs);
  return world.spentCapabilities.size < MAX_SPENT
    ? capability
    : { refused: `${MAX_SPENT} tokens are spent, as many as can be remembered` };
}

/** Call it in the turn that allows the call, which needs to have asked `unspentCapability` before. */
export function spendCapability(
  world: World,
  tenant: string,
  { id, expiresAtMs }: CapabilityClaims,
  now: Now,
): void {
  if (id === undefined) return;
  const entry = { key: keyOf(world, tenant, id), expiresAtMs };
  world.spentCapabilities.put(entry, world.rows.spentCapabilities, now.wallMs);
}

function keyOf(world: World, tenant: string, id: string): string {
  return world.digest.digest128(`capability\n${tenant}\n${id}`);
}

export function encodeSpent(world: World, row: number, out: CutBuffer): void {
  const entry = world.spentCapabilities.entries[row];
  if (entry === undefined) return deleteRow(out, SPENT_CAPABILITIES, row);
  out.text(RECORD_PUT, SPENT_CAPABILITIES, row, JSON.stringify(entry));
}

export function restoreSpent(world: World, row: number, stored: SpentCapability): void {
  world.spentCapabilities.restore(row, stored);
}
