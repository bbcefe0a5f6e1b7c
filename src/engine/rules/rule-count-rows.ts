import { RECORD_PUT } from "../../ports/cut-store.ts";
import type { CutBuffer } from "../rows/cut-buffer.ts";
import { bigintAsText, deleteRow, tableNumber } from "../rows/generations.ts";
import type { World } from "../world.ts";
import { createSlidingSum } from "./sliding-sum.ts";

// Counts of rules in the file: texts, since rules fire seldom and sums are written once a cut.

const RULE_COUNTS = tableNumber("rule_counts");

/** Sums are written as the buckets that are not empty. */
interface StoredCount {
  readonly tenant: string;
  readonly ruleId: string;
  readonly firings?: readonly number[];
  readonly firingsWindowMs: number;
  readonly sum?: {
    readonly windowMs: number;
    readonly newest: number;
    readonly buckets: readonly (readonly [place: number, amount: string])[];
  };
}

export function encodeRuleCount(world: World, row: number, out: CutBuffer): void {
  const entry = world.ruleCounts.entries[row];
  if (entry === undefined) return deleteRow(out, RULE_COUNTS, row);
  const { tenant, ruleId, firings, firingsWindowMs, sum } = entry;
  const stored = {
    tenant,
    ruleId,
    firings,
    firingsWindowMs,
    sum:
      sum === undefined
        ? undefined
        : {
            windowMs: sum.windowMs,
            newest: sum.newest,
            buckets: sum.buckets.flatMap((amount, place) => (amount === 0n ? [] : [[place, amount]])),
          },
  };
  out.text(RECORD_PUT, RULE_COUNTS, row, JSON.stringify(stored, bigintAsText));
}

export function restoreRuleCount(world: World, row: number, stored: StoredCount): void {
  const { tenant, ruleId, firings, firingsWindowMs } = stored;
  world.ruleCounts.insert({ row, tenant, ruleId, firings, firingsWindowMs, sum: sumFromStored(stored) });
}

function sumFromStored({ sum: stored }: StoredCount) {
  if (stored === undefined) return undefined;
  const sum = createSlidingSum(stored.windowMs);
  sum.newest = stored.newest;
  for (const [place, amount] of stored.buckets) {
    sum.buckets[place] = BigInt(amount);
    sum.total += BigInt(amount);
  }
  return sum;
}
