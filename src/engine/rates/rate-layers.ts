import { type PolicyValues, sourceOf } from "../policy/policy-source.ts";
import type { RateEntry, RateSettings } from "./rate-settings.ts";

/**
 * `rates` as they are in force, behind what the platform set as their ceilings. Both are asked, each with the routes it
 * names: so rates are met as what they come to, and a tenant's multiplier cannot pass a baseline's rate.
 */
export function rateLayers(policy: PolicyValues, rates: RateSettings): readonly RateSettings[] {
  const ceilings: { [principal: string]: RateEntry } = {};
  for (const [principal, entry] of Object.entries(rates)) {
    const at = (...path: readonly string[]) => sourceOf(policy, ["rates", principal, ...path]).ceiling;
    const rps = at("rps");
    if (typeof rps !== "number") continue;
    const burst = at("burst");
    const routes = Object.keys(entry.endpoint_multipliers).flatMap((route) => {
      const factor = at("endpoint_multipliers", route);
      return typeof factor === "number" ? [[route, factor] as const] : [];
    });
    ceilings[principal] = {
      ...entry,
      rps,
      burst: typeof burst === "number" ? burst : undefined,
      endpoint_multipliers: Object.fromEntries(routes),
    };
  }
  const own = Object.keys(rates).length === 0 ? [] : [rates];
  return Object.keys(ceilings).length === 0 ? own : [ceilings, ...own];
}
