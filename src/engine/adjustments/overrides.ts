import { invalidField, TollgateError } from "../../domain/errors.ts";
import type { Adjustment } from "../../domain/quotas/adjustment.ts";
import type { LevelName } from "../../domain/quotas/levels.ts";
import type { Now } from "../../domain/time.ts";
import { boundsOfTenant } from "../quotas/principal-bounds.ts";
import { quotaAmount } from "../quotas/quota-settings.ts";
import { loosestQuota } from "../quotas/written-bounds.ts";
import type { Rate } from "../rates/gcra.ts";
import { loosestRate } from "../rates/plan-layer.ts";
import type { World } from "../world.ts";
import { MAX_ADJUSTMENTS } from "./adjustment-table.ts";
import { auditAdjustment, endAdjustments } from "./end-adjustments.ts";
import { parseLevel, parseTarget, RATE } from "./targets.ts";

// Values that an operator gives one principal until an instant: live at once, kept, audited, never beyond the tenant's own
// values.

export interface OverrideRequest {
  readonly tenant: string;
  /** `tenant`, `team:…`, `user:…`, `api_key:…`, `agent:…`: one principal, no pattern. */
  readonly principal: string;
  /** `requests.hour`, `cost_usd.day`, `custom.pages.month`, `storage_gb`, `concurrent_requests` …, or `rate`. */
  readonly target: string;
  /** A quota's, as policies hold it: a count, nano-USD, or hours and GiB as a number. */
  readonly value?: bigint | number | undefined;
  /** A rate's. */
  readonly rate?: Rate | undefined;
  /** Wall clock, ms. */
  readonly untilMs: number;
  /** Who asks. */
  readonly by: string;
}

/**
 * Sets an override in the place of one for the same principal and target.
 * @throws TollgateError FIELD_INVALID · ABOVE_CEILING naming the largest value · OVERRIDES_FULL
 */
export function putOverride(world: World, request: OverrideRequest, now: Now): Adjustment {
  endAdjustments(world, now);
  const { tenant, target, untilMs, by } = request;
  const level = parseLevel(tenant, request.principal);
  parseTarget(target);
  if (!(untilMs > now.wallMs)) throw invalidField("until", "must be in the future");
  const known = world.adjustments.get(tenant, level.level, level.name, target, "override");
  if (known === undefined && world.adjustments.size >= MAX_ADJUSTMENTS)
    throw new TollgateError("OVERRIDES_FULL", `at most ${MAX_ADJUSTMENTS} overrides are kept at once`);
  const given = target === RATE ? rateOf(world, request, level) : quotaOf(world, request, level);
  const entry: Adjustment = {
    tenant,
    level: level.level,
    name: level.name,
    target,
    ...given,
    cause: "override",
    by,
    sinceMs: now.wallMs,
    untilMs,
  };
  world.adjustments.put(entry, world.rows.adjustments);
  auditAdjustment(world, "put_override", entry, by, known, now);
  return entry;
}

function quotaOf(world: World, { tenant, target, value }: OverrideRequest, level: LevelName) {
  if (value === undefined || value < 0) throw invalidField("value", "a quota has a value of at least 0");
  const path = target.split(".");
  const amount = quotaAmount(path[0] as string, value);
  const most = loosestQuota(boundsOfTenant(world, tenant), tenant, level, path);
  if (most !== undefined && amount > most) throw aboveCeiling("value", amount, most);
  return { value: amount };
}

function rateOf(world: World, { tenant, rate }: OverrideRequest, level: LevelName) {
  if (rate === undefined || !(rate.rps >= 0) || !(rate.burst >= 0))
    throw invalidField("rate", "a rate has rps and burst of at least 0");
  const most = loosestRate(boundsOfTenant(world, tenant).rates, level);
  if (most !== undefined && rate.rps > most.rps) throw aboveCeiling("rate.rps", rate.rps, most.rps);
  if (most !== undefined && rate.burst > most.burst) throw aboveCeiling("rate.burst", rate.burst, most.burst);
  return { value: 0n, rate };
}

function aboveCeiling(field: string, value: bigint | number, most: bigint | number): TollgateError {
  return new TollgateError("ABOVE_CEILING", `${field} ${value} is above ${most}, the tenant's own`, {
    fields: [{ field, description: `at most ${most}` }],
  });
}

/**
 * Takes an override or an adjustment back. An adjustment is then as written and stays so, until it is taken back once more.
 * @throws TollgateError FIELD_INVALID · OVERRIDE_NOT_FOUND
 */
export function removeAdjustment(
  world: World,
  request: Pick<OverrideRequest, "tenant" | "principal" | "target" | "by"> & Pick<Adjustment, "cause">,
  now: Now,
): Adjustment {
  const { level, name } = parseLevel(request.tenant, request.principal);
  const known = world.adjustments.get(request.tenant, level, name, request.target, request.cause);
  if (known === undefined)
    throw new TollgateError(
      "OVERRIDE_NOT_FOUND",
      `${request.principal} has no ${request.cause} of ${request.target}`,
    );
  // A value that followed the load would come back with the next look: it is stopped, and removed when that is taken back.
  if (known.cause === "auto_adjust" && known.isStopped !== true)
    world.adjustments.put({ ...known, isStopped: true }, world.rows.adjustments);
  else world.adjustments.remove(known, world.rows.adjustments);
  auditAdjustment(world, `remove_${request.cause}`, known, request.by, known, now);
  return known;
}

/** What is in force for a tenant, in no order. */
export function listAdjustments(world: World, tenant: string, now: Now): readonly Adjustment[] {
  endAdjustments(world, now);
  return world.adjustments.entries.filter(
    (entry) => entry !== undefined && entry.tenant === tenant,
  ) as Adjustment[];
}
