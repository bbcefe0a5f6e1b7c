import type { PlatformRates } from "../../../../src/engine/rates/rate-settings.ts";
import { type AskFields, Engine, type IntentFields, policyOf } from "../engine-fixture.ts";
import { ratesOf, type WrittenRate } from "../quotas/bounds-fixture.ts";

export const ROUTE: IntentFields = { route: "/v1/chat", weight: 1n };

/** An engine with these rates of the tiers. */
export function engineWith(
  rates: { readonly [principal: string]: WrittenRate },
  platform: PlatformRates = { file: undefined, fallback: undefined },
): Engine {
  return new Engine({
    limits: policyOf({}),
    settings: { rates: ratesOf(rates) },
    platformRates: platform,
  });
}

/** How many requests pass at once. */
export function passing(engine: Engine, id: string, intent: IntentFields, fields: AskFields = {}): number {
  let passed = 0;
  while (passed < 2_000 && engine.charge(id, intent, fields).allowed) passed++;
  return passed;
}
