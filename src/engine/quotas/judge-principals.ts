import type { Finding } from "../../domain/decision.ts";
import type { Ask } from "../../domain/intent.ts";
import type { Now } from "../../domain/time.ts";
import { followRates } from "../adjustments/follow-rates.ts";
import { windowBinding } from "../executions/charge.ts";
import { isSlotQuiet, isStorageQuiet, judgeSlots, judgeStorage } from "../gauges/judge-gauges.ts";
import type { Probe } from "../limits/probe.ts";
import { isRateQuiet, judgeRates, takeRates } from "../rates/judge-rates.ts";
import type { RateCheck } from "../rates/rate-check.ts";
import { ratePlan } from "../rates/rate-plans.ts";
import type { World } from "../world.ts";
import { type CompiledQuotas, NO_QUOTAS, quotasOf } from "./compile-quotas.ts";
import { isQuotaQuiet, judgeQuotas } from "./judge-quotas.ts";
import { boundsAny, boundsOf, type PrincipalBounds } from "./principal-bounds.ts";
import type { WindowBinding } from "./window-table.ts";

// What bounds principals and not executions: quotas, rates, slots, in this order. Asking changes nothing; taking comes only
// after everything allowed the request.

/** Whether a request holds a slot of requests in flight, or asks whether it could; what is only charged holds none. */
export type SlotUse = "request" | "tool call" | "none";

/** What one request asks of the principals that pay for it. */
export interface PrincipalAsk {
  readonly tenant: string;
  readonly binding: WindowBinding | undefined;
  readonly quotas: CompiledQuotas;
  /** Whether it holds a slot of requests in flight, or asks whether it could. */
  readonly takesSlot: boolean;
  readonly rates: readonly RateCheck[];
  /** Rate tokens. */
  readonly weight: bigint;
}

/** Where nothing bounds principals, nothing is asked of them. */
const NO_ASK: PrincipalAsk = Object.freeze({
  tenant: "",
  binding: undefined,
  quotas: NO_QUOTAS,
  takesSlot: false,
  rates: [],
  weight: 0n,
});

/** What an intent of an execution asks of its principals. */
export function askPrincipals(world: World, index: number, ask: Ask, slots: SlotUse, now: Now): PrincipalAsk {
  const bounds = boundsOf(world, index);
  if (!boundsAny(world, bounds)) return NO_ASK;
  return askBinding(world, bounds, windowBinding(world, index, now.wallMs), ask, slots, now);
}

/** What an intent asks of the principals whose windows `binding` holds. */
export function askBinding(
  world: World,
  bounds: PrincipalBounds,
  binding: WindowBinding,
  ask: Ask,
  slots: SlotUse,
  now: Now,
): PrincipalAsk {
  const { weight } = ask.intent;
  return {
    tenant: binding.principal.tenant,
    binding,
    quotas: quotasOf(world, bounds, binding, now),
    takesSlot: slots === "tool call" || (slots === "request" && weight > 0n),
    rates: ratePlan(world, bounds, binding, ask, now),
    weight,
  };
}

/** True when no quota, rate or slot has anything to say. */
export function isPrincipalQuiet(world: World, asked: PrincipalAsk, probe: Probe, now: Now): boolean {
  const { binding, quotas, tenant } = asked;
  if (binding === undefined) return true;
  return (
    (quotas.isEmpty ||
      (isQuotaQuiet(world, quotas, binding, probe) &&
        isStorageQuiet(world, quotas, tenant) &&
        (!asked.takesSlot || isSlotQuiet(world, quotas, tenant)))) &&
    isRateQuiet(world, asked.rates, asked.weight, now)
  );
}

/** Everything that quotas, rates and slots say. */
export function judgePrincipals(
  world: World,
  asked: PrincipalAsk,
  probe: Probe,
  now: Now,
): readonly Finding[] {
  const { binding, quotas, tenant } = asked;
  if (binding === undefined) return [];
  return [
    ...judgeQuotas(world, quotas, binding, probe, now),
    ...judgeStorage(world, quotas, tenant),
    ...judgeRates(world, asked.rates, asked.weight, now),
    ...(asked.takesSlot ? judgeSlots(world, quotas, tenant) : []),
  ];
}

/** Takes what an allowed request asked for, beside the amounts that windows are charged or hold. */
export function takeFromPrincipals(world: World, asked: PrincipalAsk, now: Now): void {
  takeRates(world, asked.rates, asked.weight, now);
  followRates(world, asked.rates, asked.weight, now);
}
