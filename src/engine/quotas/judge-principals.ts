import type { Finding } from "../../domain/decision.ts";
import type { Ask } from "../../domain/intent.ts";
import type { Now } from "../../domain/time.ts";
import { windowBinding } from "../executions/charge.ts";
import { isRateQuiet, judgeRates, takeRates } from "../rates/judge-rates.ts";
import type { RateCheck } from "../rates/rate-check.ts";
import { ratePlan } from "../rates/rate-plans.ts";
import type { World } from "../world.ts";
import { boundsOf, type PrincipalBounds } from "./principal-bounds.ts";
import type { WindowBinding } from "./window-table.ts";

// What bounds principals and not executions: quotas, rates, slots, in this order. Asking changes nothing; taking comes only
// after everything allowed the request.

/** What one request asks of the principals that pay for it. */
export interface PrincipalAsk {
  readonly rates: readonly RateCheck[];
  /** Rate tokens. */
  readonly weight: bigint;
}

/** Where nothing bounds principals, nothing is asked of them. */
const NO_ASK: PrincipalAsk = Object.freeze({ rates: [], weight: 0n });

/** What an intent of an execution asks of its principals. */
export function askPrincipals(world: World, index: number, ask: Ask, now: Now): PrincipalAsk {
  const bounds = boundsOf(world, index);
  if (!bounds.hasAny) return NO_ASK;
  return askBinding(bounds, windowBinding(world, index, now.wallMs), ask);
}

/** What an intent asks of the principals whose windows `binding` holds. */
export function askBinding(bounds: PrincipalBounds, binding: WindowBinding, ask: Ask): PrincipalAsk {
  return { rates: ratePlan(bounds, binding, ask), weight: ask.intent.weight };
}

/** True when no quota, rate or slot has anything to say. */
export function isPrincipalQuiet(world: World, asked: PrincipalAsk, now: Now): boolean {
  return isRateQuiet(world, asked.rates, asked.weight, now);
}

/** Everything that quotas, rates and slots say. */
export function judgePrincipals(world: World, asked: PrincipalAsk, now: Now): readonly Finding[] {
  return judgeRates(world, asked.rates, asked.weight, now);
}

/** Takes what an allowed request asked for, beside the amounts that windows are charged or hold. */
export function takeFromPrincipals(world: World, asked: PrincipalAsk, now: Now): void {
  takeRates(world, asked.rates, asked.weight, now);
}
