import type { Principal } from "../../domain/execution.ts";
import { type LevelName, levelsOf } from "../../domain/quotas/levels.ts";
import type { GaugeQuota } from "../quotas/compile-quotas.ts";

// How many of something are there now, on every level of a chain of principals: requests in flight, executions that are
// active. Nothing of it is in the file: it is counted again from the reservations, calls and executions that are.

export class LevelCounts {
  readonly #byKey = new Map<string, number>();
  /** By owner: its places in the books of shadow quotas. After a restart these begin anew. */
  readonly #shadow = new Map<number, string[]>();

  /** Takes (or below 0 gives back) places on every level. */
  count(principal: Principal, by: number): void {
    for (const level of levelsOf(principal, false)) this.#add(levelKey(principal.tenant, level), by);
  }

  of(tenant: string, level: LevelName): number {
    return this.#byKey.get(levelKey(tenant, level)) ?? 0;
  }

  /** Whether one more would be too many. What watches has a book of its own, in which only what it let pass stands. */
  isFull(tenant: string, quota: GaugeQuota): boolean {
    return BigInt(this.countFor(tenant, quota)) >= quota.limit;
  }

  countFor(tenant: string, quota: GaugeQuota): number {
    return quota.shadow ? (this.#byKey.get(shadowKey(tenant, quota)) ?? 0) : this.of(tenant, quota.level);
  }

  /** Takes a place in the book of every shadow quota that has one left, for the owner of a row. */
  takeShadow(owner: number, tenant: string, quotas: readonly GaugeQuota[]): void {
    for (const quota of quotas) {
      if (!quota.shadow || this.isFull(tenant, quota)) continue;
      const key = shadowKey(tenant, quota);
      this.#add(key, 1);
      const taken = this.#shadow.get(owner);
      if (taken === undefined) this.#shadow.set(owner, [key]);
      else taken.push(key);
    }
  }

  releaseShadow(owner: number): void {
    const taken = this.#shadow.get(owner);
    if (taken === undefined) return;
    this.#shadow.delete(owner);
    for (const key of taken) this.#add(key, -1);
  }

  /** Every count that is not 0, in order: for comparing two engines. */
  entries(): readonly (readonly [string, number])[] {
    return [...this.#byKey].toSorted(([a], [b]) => (a < b ? -1 : 1));
  }

  #add(key: string, by: number): void {
    const count = (this.#byKey.get(key) ?? 0) + by;
    if (count > 0) this.#byKey.set(key, count);
    else this.#byKey.delete(key);
  }
}

export function levelKey(tenant: string, { level, name }: LevelName): string {
  return level === "global" ? level : `${level}\n${tenant}\n${name}`;
}

function shadowKey(tenant: string, { level }: GaugeQuota): string {
  return `shadow\n${levelKey(tenant, level)}`;
}
