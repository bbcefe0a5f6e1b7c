import { SPENT, SPENT_STRIDE } from "../../domain/counters.ts";
import type { Finding } from "../../domain/decision.ts";
import { DEFAULT_TENANT, type Principal } from "../../domain/execution.ts";
import type { UsageRules } from "../../domain/limits.ts";
import type { Now } from "../../domain/time.ts";
import type { Usage } from "../../domain/usage.ts";
import { keepViolation } from "../events/push.ts";
import { chargeWindows, chargeWindowsCustom } from "../executions/charge.ts";
import { decide } from "../limits/standing.ts";
import { resolvePolicy } from "../policy/resolve-policy.ts";
import { type PriceSource, priceSource, priceUsage, unknownPrice } from "../prices/price-usage.ts";
import { timeZoneOf } from "../quotas/principal-bounds.ts";
import type { World } from "../world.ts";
import { addUsage } from "./add-usage.ts";
import type { GroupPart, GroupResult, Rejected } from "./apply-group.ts";
import { findUsageProblem } from "./check-usage.ts";
import { windowsOfUsage } from "./late-usage.ts";
import type { ReporterRow } from "./reporter-table.ts";

/** Reports name no labels. */
const NO_LABELS = Object.freeze({});

/** Usage of an execution nobody registered: charged to the tenant's `unattributed`, always (P4). */
export function applyUnattributed(
  world: World,
  reporter: ReporterRow,
  part: GroupPart,
  now: Now,
): GroupResult {
  const principal: Principal = {
    ...reporter.principal,
    tenant: reporter.principal?.tenant ?? DEFAULT_TENANT,
  };
  const { windows, rows: sets } = world;
  const binding = windows.bind(
    principal,
    true,
    timeZoneOf(world, principal.tenant),
    now.wallMs,
    sets.windows,
    sets.windowTexts,
  );
  const { limits: rules } = resolvePolicy(world.policy.set, principal.tenant, NO_LABELS);
  const source = priceSource(world, rules, part.group.provider, part.group.model);
  const rejected: Rejected = [];
  const amounts = new BigInt64Array(SPENT_STRIDE);
  const notes = new Map<string, Finding>();
  for (let at = part.start; at < part.end; at++) {
    const usage = part.group.usage[at] as Usage;
    const problem = findUsageProblem(usage, rules.customCounters);
    if (problem !== undefined) {
      rejected.push({ at, problem });
      continue;
    }
    const when = windowsOfUsage(world, binding, rules, usage, binding.rows, now);
    if (when.finding !== undefined)
      notes.set("LATE", { ...when.finding, sequence: Number(part.group.firstSequence) + at });
    // What happened in earlier windows is charged by itself.
    const own = when.rows === binding.rows ? amounts : new BigInt64Array(SPENT_STRIDE);
    if (addReport(own, world, rules, source, usage))
      notes.set("PRICE_UNKNOWN", unknownPrice(world, "WARN", part.group.provider, part.group.model));
    if (own !== amounts) charge(when.rows, own);
    chargeWindowsCustom(world, when.rows, usage.custom);
    if (usage.storageBytes !== undefined) world.storage.set(principal, usage.storageBytes, sets.storage);
  }
  charge(binding.rows, amounts);
  const { executionId } = part.group;
  const message = `execution ${executionId} is not registered; its usage was charged to tenant ${principal.tenant}`;
  const finding: Finding = { verdict: "WARN", kind: "STATE", reason: "UNATTRIBUTED", message };
  const unknown: Finding = {
    verdict: "BLOCK",
    kind: "STATE",
    reason: "EXECUTION_UNKNOWN",
    message: `execution ${executionId} is not registered`,
  };
  keepViolation(world, finding, now, principal.tenant, executionId, principal.agent, principal.user);
  const findings = [...(rules.unregistered === "block" ? [unknown] : []), finding, ...notes.values()];
  return { decision: decide(world, findings, now, false), rejected };

  function charge(charged: Int32Array, used: BigInt64Array): void {
    chargeWindows(world, charged, used);
    world.usageTotals.add({ principal }, part.group.provider, part.group.model, used);
  }
}

/** Adds a report to `into`; true when no price of it is known. */
function addReport(
  into: BigInt64Array,
  world: World,
  rules: UsageRules,
  source: PriceSource,
  usage: Usage,
): boolean {
  const { tokens, requests = 0n, costNanoUsd, extraCosts, step } = usage;
  const { nanoUsd, unpriced } = priceUsage(world, rules, source, tokens, requests, costNanoUsd, extraCosts);
  addUsage(into, usage, nanoUsd);
  if (step?.discovered === true || step?.plannedOnly === true)
    into[SPENT.discoveredSteps] = (into[SPENT.discoveredSteps] as bigint) + 1n;
  return unpriced;
}
