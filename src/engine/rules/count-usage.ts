import { SPENT } from "../../domain/counters.ts";
import type { RuleCounter } from "../../domain/policy/rule-fields.ts";
import type { ExecutionRecord } from "../executions/execution-record.ts";
import type { World } from "../world.ts";
import { compileRules } from "./compile-rules.ts";
import { countAmounts } from "./count-firings.ts";
import type { ScopeFacts } from "./rule-scope.ts";

// What happens to executions, for the counters that rules of type `quota` watch, and for metrics.

/** What an intent or usage is about, for the scopes of rules. */
export type UsagePlace = Partial<Omit<ScopeFacts, "labels">>;

/** Adds to the counters that rules of an execution's tenant watch. Money in nano-USD. */
export function countForRules(
  world: World,
  record: ExecutionRecord,
  { tool, model, route }: UsagePlace,
  amounts: { readonly [C in RuleCounter]?: bigint },
  wallMs: number,
): void {
  const rules = compileRules(record.policy.settings.rules);
  if (rules.quota.length === 0) return;
  const { principal, labels } = record;
  countAmounts(world, principal.tenant, rules, { tool, model, route, labels }, amounts, wallMs);
}

/** Adds what was used, a row of amounts in the order of SPENT, to the counters that rules watch and to the totals. */
export function countUsage(
  world: World,
  record: ExecutionRecord,
  place: UsagePlace & { readonly provider?: string | undefined },
  add: BigInt64Array,
  wallMs: number,
): void {
  world.usageTotals.add(record, place.provider, place.model, add);
  if (compileRules(record.policy.settings.rules).quota.length === 0) return;
  const amounts = {
    requests: add[SPENT.requests] as bigint,
    tokens: (add[SPENT.inputTokens] as bigint) + (add[SPENT.outputTokens] as bigint),
    cost_usd: add[SPENT.costNanoUsd] as bigint,
  };
  countForRules(world, record, place, amounts, wallMs);
}
