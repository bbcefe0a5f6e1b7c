import type { Finding } from "../../domain/decision.ts";
import type { Now } from "../../domain/time.ts";
import type { World } from "../world.ts";
import { advance, remainingOf, waitFor } from "./gcra.ts";
import type { RateCheck } from "./rate-check.ts";
import { MAX_BUCKETS, NO_ROW } from "./rate-table.ts";

// Whether buckets let a request pass, and taking from them. Looking changes nothing but that full buckets are forgotten
// when room is needed.

/** True when every bucket that counts lets `weight` requests pass and there is room for those that are new. */
export function isRateQuiet(world: World, checks: readonly RateCheck[], weight: bigint, now: Now): boolean {
  if (checks.length === 0 || weight === 0n) return true;
  for (const check of checks)
    if (waitFor(check.rate, instantOf(world, check), Number(weight), now.monoMs) !== 0) return false;
  return hasRoom(world, checks, now);
}

/** What the rates say, the longest wait first. */
export function judgeRates(
  world: World,
  checks: readonly RateCheck[],
  weight: bigint,
  now: Now,
): readonly Finding[] {
  if (weight === 0n) return [];
  const found: { readonly finding: Finding; readonly waitMs: number }[] = [];
  for (const check of checks) {
    const waitMs = waitFor(check.rate, instantOf(world, check), Number(weight), now.monoMs);
    if (waitMs !== 0) found.push({ finding: refusal(world, check, weight, waitMs, now), waitMs });
  }
  const findings = found.toSorted((a, b) => b.waitMs - a.waitMs).map(({ finding }) => finding);
  return hasRoom(world, checks, now) ? findings : [...findings, TABLE_FULL];
}

/** Takes `weight` requests from every bucket; what only watches takes only what it would have let pass. */
export function takeRates(world: World, checks: readonly RateCheck[], weight: bigint, now: Now): void {
  if (weight === 0n) return;
  const { rates, rows } = world;
  for (const check of checks) {
    const before = instantOf(world, check);
    if (check.shadow && waitFor(check.rate, before, Number(weight), now.monoMs) !== 0) continue;
    const row = rates.open(check.key, now.monoMs, rows.rates, rows.rateTexts);
    if (row === NO_ROW) continue;
    check.row = row;
    rows.rates.touch(row);
    rates.instants[row] = advance(check.rate, before, Number(weight), now.monoMs);
  }
}

function instantOf(world: World, check: RateCheck): number {
  const { rates } = world;
  if (check.row === NO_ROW || rates.keys[check.row] !== check.key) check.row = rates.find(check.key);
  return check.row === NO_ROW ? 0 : (rates.instants[check.row] as number);
}

/** A request opens as many buckets as it has checks at most. */
function hasRoom(world: World, checks: readonly RateCheck[], now: Now): boolean {
  const { rates, rows } = world;
  if (rates.size + checks.length <= MAX_BUCKETS) return true;
  rates.forgetFull(now.monoMs, SEARCH_ROWS, rows.rates, rows.rateTexts);
  return rates.size + checks.length <= MAX_BUCKETS;
}

const SEARCH_ROWS = 1_000;

function refusal(world: World, check: RateCheck, weight: bigint, waitMs: number, now: Now): Finding {
  const { rate, principal, route, setting, source, shadow } = check;
  const { tier, document, line } = source?.() ?? {};
  const where = route === undefined ? principal : `${principal} on ${route}`;
  const common = {
    kind: "RATE" as const,
    sourceId: setting,
    principal,
    ...(tier === undefined ? {} : { tier, ...(document === undefined ? {} : { document, line }) }),
    severity: "medium" as const,
    current: { kind: "count" as const, value: weight },
    limit: { kind: "count" as const, value: BigInt(rate.burst) },
    ...(shadow ? { shadow } : {}),
  };
  if (waitMs === Number.POSITIVE_INFINITY) {
    const message = `weight ${weight} is above the burst of ${rate.burst}: ${where} can never take that much at once`;
    return { ...common, verdict: "BLOCK", reason: "WEIGHT_ABOVE_BURST", message, retryable: false };
  }
  const left = remainingOf(rate, instantOf(world, check), now.monoMs);
  return {
    ...common,
    verdict: "THROTTLE",
    reason: "RATE_LIMIT",
    message: `rate_limit exceeded: ${where} has ${rate.rps} a second, burst ${rate.burst}`,
    violationType: "rate_limit",
    category: "llm_error",
    retryable: true,
    remaining: { kind: "count", value: BigInt(Math.max(0, left)) },
    retryAfterMs: waitMs,
  };
}

const TABLE_FULL: Finding = Object.freeze({
  verdict: "THROTTLE",
  kind: "RATE",
  reason: "RATE_BUCKETS_FULL",
  message: `as many buckets of rates are in use as may be (${MAX_BUCKETS})`,
  severity: "medium",
  retryable: true,
  retryAfterMs: 1_000,
} as const);
