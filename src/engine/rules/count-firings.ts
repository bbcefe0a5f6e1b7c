import type { RuleCounter } from "../../domain/policy/rule-fields.ts";
import type { World } from "../world.ts";
import type { CompiledRules, Rule } from "./compile-rules.ts";
import type { RuleCount } from "./rule-count-table.ts";
import { isInScope, type ScopeFacts } from "./rule-scope.ts";
import { addToSum, createSlidingSum, isSumOver, resizeSum } from "./sliding-sum.ts";

// What rules remember: firings of those that throttle, sums of those that watch a counter. Per tenant and rule, in the file.

/** Counts the firings of a call that counts, whatever its verdict. */
export function countFirings(world: World, tenant: string, fired: readonly Rule[], wallMs: number): void {
  for (const rule of fired) {
    if (rule.throttleAfter === undefined || rule.windowMs === undefined) continue;
    const entry = touchCount(world, tenant, rule.id);
    const since = wallMs - rule.windowMs;
    const recent = (entry.firings ?? []).filter((at) => at > since);
    recent.push(wallMs);
    entry.firings = recent.slice(-rule.throttleAfter);
    entry.firingsWindowMs = rule.windowMs;
  }
}

/** Amounts by counter; money in nano-USD. */
export type CountedAmounts = { readonly [C in RuleCounter]?: bigint };

/** Adds what happened to the sums of the rules that watch it. */
export function countAmounts(
  world: World,
  tenant: string,
  rules: CompiledRules,
  about: ScopeFacts,
  amounts: CountedAmounts,
  wallMs: number,
): void {
  for (const rule of rules.quota) {
    const amount = rule.counter === undefined ? undefined : amounts[rule.counter];
    if (amount === undefined || amount === 0n || !isInScope(rule.scope, about)) continue;
    addToSum(sumOf(touchCount(world, tenant, rule.id), rule, wallMs), amount, wallMs);
  }
}

function sumOf(entry: RuleCount, { windowMs = 0 }: Rule, wallMs: number) {
  entry.sum ??= createSlidingSum(windowMs);
  resizeSum(entry.sum, windowMs, wallMs);
  return entry.sum;
}

/** The count of a rule, made where there is none, marked as about to change. */
function touchCount(world: World, tenant: string, ruleId: string): RuleCount {
  const { ruleCounts, rows } = world;
  const known = ruleCounts.find(tenant, ruleId);
  if (known !== undefined) {
    rows.ruleCounts.touch(known.row);
    return known;
  }
  const row = ruleCounts.allocate();
  rows.ruleCounts.touch(row);
  const entry: RuleCount = { row, tenant, ruleId, firings: undefined, firingsWindowMs: 0, sum: undefined };
  ruleCounts.insert(entry);
  return entry;
}

/** Forgets counts whose window is over, at most `max` a time. */
export function forgetRuleCounts(world: World, wallMs: number, max: number): void {
  const { ruleCounts, rows } = world;
  let forgotten = 0;
  for (const entry of ruleCounts.entries) {
    if (entry === undefined || !isOver(entry, wallMs)) continue;
    rows.ruleCounts.touch(entry.row);
    ruleCounts.remove(entry.row);
    if (++forgotten >= max) return;
  }
}

function isOver({ firings, firingsWindowMs, sum }: RuleCount, wallMs: number): boolean {
  const newest = firings?.at(-1);
  if (newest !== undefined && newest > wallMs - firingsWindowMs) return false;
  return sum === undefined || isSumOver(sum, wallMs);
}
