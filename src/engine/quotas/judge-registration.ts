import type { Finding } from "../../domain/decision.ts";
import type { Principal } from "../../domain/execution.ts";
import type { Now } from "../../domain/time.ts";
import type { ExecutionRecord } from "../executions/execution-record.ts";
import { judgePlaces, judgeStorage } from "../gauges/judge-gauges.ts";
import { EMPTY_PROBE } from "../limits/probe.ts";
import type { EffectivePolicy } from "../policy/effective-policy.ts";
import type { World } from "../world.ts";
import { type CompiledQuotas, NO_QUOTAS, quotasOf } from "./compile-quotas.ts";
import { judgeQuotas } from "./judge-quotas.ts";
import { boundsQuotas, boundsUnder } from "./principal-bounds.ts";
import type { WindowBinding } from "./window-table.ts";

// An execution that registers or is resumed takes a place of every level of its principal; a principal whose quota was
// crossed starts nothing new until the window ends.

/** What the quotas of a principal say about one more execution. */
export function judgeNewExecution(
  world: World,
  principal: Principal,
  policy: EffectivePolicy,
  now: Now,
): readonly Finding[] {
  const { quotas, binding } = quotasOfPrincipal(world, principal, policy, now);
  if (binding === undefined || quotas.isEmpty) return [];
  return [
    ...judgeQuotas(world, quotas, binding, EMPTY_PROBE, now),
    ...judgeStorage(world, quotas, principal.tenant),
    ...judgePlaces(world, quotas, principal.tenant),
  ];
}

/** What the bounds on active executions say about one that goes on. */
export function judgePlaceAgain(
  world: World,
  { principal, policy }: ExecutionRecord,
  now: Now,
): readonly Finding[] {
  return judgePlaces(world, quotasOfPrincipal(world, principal, policy, now).quotas, principal.tenant);
}

/** Takes the places of what only watches: those in earnest are counted with the state of the execution. */
export function takeShadowPlaces(world: World, record: ExecutionRecord, now: Now): void {
  const { quotas } = quotasOfPrincipal(world, record.principal, record.policy, now);
  if (quotas.executions.length > 0)
    world.places.takeShadow(record.index, record.principal.tenant, quotas.executions);
}

function quotasOfPrincipal(
  world: World,
  principal: Principal,
  policy: EffectivePolicy,
  now: Now,
): { readonly quotas: CompiledQuotas; readonly binding: WindowBinding | undefined } {
  const bounds = boundsUnder(world, policy);
  if (!boundsQuotas(world, bounds)) return { quotas: NO_QUOTAS, binding: undefined };
  const { windows, rows } = world;
  const binding = windows.bind(principal, false, bounds.timeZone, now.wallMs, rows.windows, rows.windowTexts);
  return { quotas: quotasOf(world, bounds, binding, now), binding };
}
