import type { Ask } from "../../domain/intent.ts";
import { levelsOf } from "../../domain/quotas/levels.ts";
import type { Now } from "../../domain/time.ts";
import { endAdjustments } from "../adjustments/end-adjustments.ts";
import type { PrincipalBounds } from "../quotas/principal-bounds.ts";
import type { WindowBinding } from "../quotas/window-table.ts";
import type { World } from "../world.ts";
import type { RateCheck } from "./rate-check.ts";
import { planRates } from "./rate-plan.ts";
import { normaliseRoute } from "./route.ts";

// Plans that were made already, by principal, bounds and what a request names: the same routes come again and again.

/** Most plans of one principal; then all are made anew. Bounds what a caller with many routes can take of memory. */
const MAX_PLANS = 64;

export interface RatePlans {
  readonly bounds: PrincipalBounds;
  /** Of the adjustments that are in them. */
  readonly version: number;
  /** By route, provider and address, as they were written. */
  readonly byRequest: Map<string, readonly RateCheck[]>;
  /** The last one that was asked for: most requests of a principal name the same. */
  last: LastPlan | undefined;
}

interface LastPlan {
  readonly route: string | undefined;
  readonly provider: string | undefined;
  readonly sourceIp: string | undefined;
  readonly plan: readonly RateCheck[];
}

const NO_CHECKS: readonly RateCheck[] = Object.freeze([]);

/** The buckets that an intent of this principal takes from. */
export function ratePlan(
  world: World,
  bounds: PrincipalBounds,
  binding: WindowBinding,
  ask: Ask,
  now: Now,
): readonly RateCheck[] {
  if (ask.intent.weight === 0n) return NO_CHECKS;
  endAdjustments(world, now);
  const { adjustments } = world;
  const { lastPlans } = binding;
  let plans = lastPlans?.bounds === bounds ? lastPlans : binding.plans.get(bounds);
  if (plans?.version !== adjustments.version) {
    plans = { bounds, version: adjustments.version, byRequest: new Map(), last: undefined };
    binding.plans.set(bounds, plans);
  }
  binding.lastPlans = plans;
  const { route, provider } = ask.intent;
  const { sourceIp } = ask;
  const { last } = plans;
  if (last !== undefined && last.route === route && last.provider === provider && last.sourceIp === sourceIp)
    return last.plan;
  const plan = planOf(world, bounds, binding, ask, plans);
  plans.last = { route, provider, sourceIp, plan };
  return plan;
}

function planOf(
  world: World,
  bounds: PrincipalBounds,
  binding: WindowBinding,
  ask: Ask,
  plans: RatePlans,
): readonly RateCheck[] {
  const { route, provider } = ask.intent;
  const { sourceIp } = ask;
  const key =
    provider === undefined && sourceIp === undefined
      ? (route ?? "")
      : `${route ?? ""}\n${provider ?? ""}\n${sourceIp ?? ""}`;
  const known = plans.byRequest.get(key);
  if (known !== undefined) return known;
  const { tenant } = binding.principal;
  const asker = {
    tenant,
    levels: levelsOf(binding.principal, false),
    route: route === undefined ? undefined : normaliseRoute(route),
    provider,
    sourceIp,
    sourceAt: bounds.sourceAt,
  };
  const plan = planRates(bounds.rates, bounds.platform, asker, world.adjustments);
  if (plans.byRequest.size >= MAX_PLANS) plans.byRequest.clear();
  plans.byRequest.set(key, plan);
  return plan;
}
