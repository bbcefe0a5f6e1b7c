import type { Now } from "../../domain/time.ts";
import type { World } from "../../engine/world.ts";

/** A change of the policy as an audit row; without a tenant it concerns all of them. */
export function auditPolicy(
  world: World,
  tenant: string,
  kind: string,
  facts: { readonly by: string; readonly [name: string]: unknown },
  now: Now,
): void {
  world.generations.append("audit", { at_ms: now.wallMs, tenant, subject: "policy", kind, body: facts });
}
