import type { Ask } from "../../domain/intent.ts";
import { levelsOf } from "../../domain/quotas/levels.ts";
import type { PrincipalBounds } from "../quotas/principal-bounds.ts";
import type { WindowBinding } from "../quotas/window-table.ts";
import type { RateCheck } from "./rate-check.ts";
import { planRates } from "./rate-plan.ts";
import { normaliseRoute } from "./route.ts";

// Plans that were made already, by principal, bounds and what a request names: the same routes come again and again.

/** Most plans of one principal; then all are made anew. Bounds what a caller with many routes can take of memory. */
const MAX_PLANS = 64;

/** By route, provider and address, as they were written. */
export type RatePlans = Map<string, readonly RateCheck[]>;

const NO_CHECKS: readonly RateCheck[] = Object.freeze([]);

/** The buckets that an intent of this principal takes from. */
export function ratePlan(bounds: PrincipalBounds, binding: WindowBinding, ask: Ask): readonly RateCheck[] {
  const { rates, platform } = bounds;
  if (ask.intent.weight === 0n) return NO_CHECKS;
  binding.plans ??= new WeakMap();
  let plans = binding.plans.get(bounds);
  if (plans === undefined) {
    plans = new Map();
    binding.plans.set(bounds, plans);
  }
  const { route, provider } = ask.intent;
  const { sourceIp } = ask;
  const key =
    provider === undefined && sourceIp === undefined
      ? (route ?? "")
      : `${route ?? ""}\n${provider ?? ""}\n${sourceIp ?? ""}`;
  const known = plans.get(key);
  if (known !== undefined) return known;
  const plan = planRates(rates, platform, {
    tenant: binding.principal.tenant,
    levels: levelsOf(binding.principal, false),
    route: route === undefined ? undefined : normaliseRoute(route),
    provider,
    sourceIp,
  });
  if (plans.size >= MAX_PLANS) plans.clear();
  plans.set(key, plan);
  return plan;
}
