import type { Adjustment } from "../../domain/quotas/adjustment.ts";
import { formatLevel, type LevelName } from "../../domain/quotas/levels.ts";
import type { Now } from "../../domain/time.ts";
import type { RateCheck } from "../rates/rate-check.ts";
import type { World } from "../world.ts";
import type { WrittenAdjust } from "./adjusting-quota.ts";
import { MAX_ADJUSTMENTS } from "./adjustment-table.ts";
import { auditAdjustment } from "./end-adjustments.ts";
import { recommendQuota } from "./recommend.ts";
import { RATE } from "./targets.ts";

// `auto_adjust` of a rate: what was wanted in each second since the last look, refused or not, names the rate; the burst
// keeps its proportion to it.

/** A rate that follows its load. */
export interface AdjustingRate {
  readonly tenant: string;
  readonly level: LevelName;
  readonly adjust: WrittenAdjust;
  /** Requests a second as they are written: the bounds where no others are. */
  readonly written: number;
}

/** What was wanted of one bucket, second by second; seconds without any are left out. */
export interface RateDemand {
  second: number;
  readonly counts: bigint[];
}

/** Seconds that are remembered: an hour of requests without a pause. */
const MAX_SECONDS = 3_600;

/** Notes what a request wants of rates that follow their load, and looks at those that are due. */
export function followRates(world: World, checks: readonly RateCheck[], weight: bigint, now: Now): void {
  if (weight === 0n) return;
  for (const check of checks) {
    if (check.follows === undefined) continue;
    const { adjustments } = world;
    const dueMs = adjustments.dueAt(check.key, now.wallMs + check.follows.adjust.every);
    const demand = adjustments.demandOf(check.key);
    if (now.wallMs >= dueMs) {
      adjustments.setDue(check.key, now.wallMs + check.follows.adjust.every);
      adjustRate(world, check, check.follows, demand.counts, now);
      demand.counts.length = 0;
      demand.second = -1;
    }
    note(demand, weight, now);
  }
}

function note(demand: RateDemand, weight: bigint, now: Now): void {
  const second = Math.floor(now.monoMs / 1000);
  const { counts } = demand;
  if (second === demand.second) counts[counts.length - 1] = (counts[counts.length - 1] ?? 0n) + weight;
  else {
    if (counts.length >= MAX_SECONDS) counts.shift();
    counts.push(weight);
    demand.second = second;
  }
}

function adjustRate(
  world: World,
  { rate, setting }: RateCheck,
  { tenant, level, adjust, written }: AdjustingRate,
  past: readonly bigint[],
  now: Now,
): void {
  const known = world.adjustments.get(tenant, level.level, level.name, RATE, "auto_adjust");
  const recommended = recommendQuota(past);
  if (known?.isStopped === true || recommended === undefined) return;
  const rps = towards(rate.rps, Number(recommended), adjust, written);
  if (rps === rate.rps || rate.rps === 0) return;
  const burst = Math.max(1, Math.round((rate.burst * rps) / rate.rps));
  const target = { tenant, level: level.level, name: level.name, target: RATE };
  const by = `auto_adjust ${setting}`;
  const entry: Adjustment = {
    ...target,
    value: 0n,
    rate: { rps, burst },
    cause: "auto_adjust",
    by,
    sinceMs: now.wallMs,
  };
  const before: Adjustment = { ...entry, rate: { rps: rate.rps, burst: rate.burst } };
  const applied =
    adjust.mode === "apply" && (known !== undefined || world.adjustments.size < MAX_ADJUSTMENTS);
  const evidence = { recommended, seconds: past.length };
  auditAdjustment(world, applied ? "rate_adjusted" : "rate_suggested", entry, by, before, now, evidence);
  world.effects.push({
    type: "quota_adjusted",
    tenant,
    target: `${formatLevel(level)} ${RATE}`,
    before: BigInt(Math.round(rate.rps)),
    after: BigInt(Math.round(rps)),
    applied,
  });
  if (applied) world.adjustments.put(entry, world.rows.adjustments);
}

/** One step at most, within what is written; a ceiling of the platform is a bucket of its own. */
function towards(current: number, wanted: number, adjust: WrittenAdjust, written: number): number {
  const step = adjust.step === undefined ? Number.POSITIVE_INFINITY : Number(adjust.step);
  const next = Math.min(current + step, Math.max(current - step, wanted));
  const floor = adjust.floor === undefined ? written : Number(adjust.floor);
  const ceiling = adjust.ceiling === undefined ? written : Number(adjust.ceiling);
  return Math.min(ceiling, Math.max(floor, next));
}
