import { MAX_COUNTER } from "../../domain/amounts.ts";
import { HELD_STRIDE, SPENT, SPENT_STRIDE } from "../../domain/counters.ts";
import type { PolicySettings } from "../../domain/policy/section-fields.ts";
import type { LevelName } from "../../domain/quotas/levels.ts";
import { HOUR_MS, type Now } from "../../domain/time.ts";
import { findLevel } from "../adjustments/targets.ts";
import { flushWindows } from "../executions/charge.ts";
import { equalValues } from "../policy/meet.ts";
import { windowAt } from "../time/calendar.ts";
import type { World } from "../world.ts";
import { type Claim, dividePool, MILLION } from "./divide-pool.ts";

// Pools in force, and how their budgets are divided now. Shares are in no file: they follow from the policy and the windows.

export type PoolSettings = PolicySettings["pools"];
export type Pool = PoolSettings[number];

export interface PoolShare {
  readonly poolId: string;
  readonly period: "day" | "month";
  readonly shadow: boolean;
  readonly nanoUsd: bigint;
}

interface Division {
  readonly pool: Pool;
  /** Until then these shares hold, wall clock. */
  readonly untilMs: number;
  readonly endMs: number;
  /** By member: `user:alice`. */
  readonly shares: ReadonlyMap<string, bigint>;
}

export class PoolTable {
  /** Grows when shares change: quotas that were compiled under another number are compiled again. */
  version = 0;
  readonly #divisions = new Map<string, Division>();

  /** Divides what is due of a tenant's pools; cheap when nothing is. */
  refresh(world: World, tenant: string, pools: PoolSettings, timeZone: string, now: Now): void {
    for (const pool of pools) {
      const key = `${tenant}\n${pool.id}`;
      const known = this.#divisions.get(key);
      const isSame = known !== undefined && (known.pool === pool || equalValues(known.pool, pool));
      if (isSame && now.wallMs < known.untilMs) continue;
      const isFirst = !isSame || now.wallMs >= known.endMs;
      this.#divisions.set(key, divide(world, tenant, pool, timeZone, isFirst, now));
      this.version++;
    }
  }

  /** The shares that one level of a tenant's principals has. */
  sharesOf(tenant: string, pools: PoolSettings, member: string): readonly PoolShare[] {
    return pools.flatMap((pool) => {
      const nanoUsd = this.#divisions.get(`${tenant}\n${pool.id}`)?.shares.get(member);
      if (nanoUsd === undefined || pool.mode === "off") return [];
      return [{ poolId: pool.id, period: pool.window, shadow: pool.mode === "shadow", nanoUsd }];
    });
  }
}

function divide(
  world: World,
  tenant: string,
  pool: Pool,
  timeZone: string,
  isFirst: boolean,
  now: Now,
): Division {
  flushWindows(world);
  const { endMs } = windowAt(timeZone, pool.window, now.wallMs);
  const members = Object.entries(pool.members).flatMap(([member, terms]) => {
    const level = findLevel(tenant, member);
    return level === undefined ? [] : [{ member, terms, level }];
  });
  const taken = members.map(({ level }) => takenIn(world, tenant, level, pool.window, now.wallMs));
  const claims = members.map(({ level, terms }, at): Claim => {
    const own = taken[at] as bigint;
    const demand = isFirst ? MAX_COUNTER : own + expected(world, tenant, level, endMs, now);
    const floor = terms.min === undefined || own > terms.min ? own : terms.min;
    const weight = BigInt(Math.round(terms.weight * Number(MILLION)));
    return { weight, floor, ceiling: terms.max ?? MAX_COUNTER, demand };
  });
  const total = pool.usd ?? 0n;
  const divided = dividePool(total, withFloors(total, claims, taken));
  const shares = new Map(members.map(({ member }, at) => [member, divided[at] as bigint]));
  const hourEndMs = windowAt(timeZone, "hour", now.wallMs).endMs;
  world.generations.append("audit", {
    at_ms: now.wallMs,
    tenant,
    subject: pool.id,
    kind: "pool_divided",
    body: {
      by: "clock",
      usd: total,
      members: members.map(({ member }, at) => ({ member, share: divided[at], ...claims[at] })),
    },
  });
  return { pool, untilMs: pool.recompute === "hour" ? hourEndMs : endMs, endMs, shares };
}

/** Where the floors are more than there is, nobody has a right to its `min`: only what is taken already stays. */
function withFloors(total: bigint, claims: readonly Claim[], taken: readonly bigint[]): readonly Claim[] {
  const floors = claims.reduce((all, { floor }) => all + floor, 0n);
  return floors <= total ? claims : claims.map((claim, at) => ({ ...claim, floor: taken[at] as bigint }));
}

/** Used and held in the present window. */
function takenIn(
  world: World,
  tenant: string,
  level: LevelName,
  period: "hour" | "day" | "month",
  wallMs: number,
): bigint {
  const row = world.windows.rowAt(level, tenant, period, wallMs);
  if (row === undefined) return 0n;
  const { spent, held } = world.windows;
  return (
    (spent[row * SPENT_STRIDE + SPENT.costNanoUsd] as bigint) +
    (held[row * HELD_STRIDE + SPENT.costNanoUsd] as bigint)
  );
}

/** What goes on as in the last hour until the window ends. */
function expected(world: World, tenant: string, level: LevelName, endMs: number, now: Now): bigint {
  const lastHour = takenIn(world, tenant, level, "hour", now.wallMs - HOUR_MS);
  return (lastHour * BigInt(Math.max(0, endMs - now.wallMs))) / BigInt(HOUR_MS);
}
