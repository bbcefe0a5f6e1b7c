import { SPENT } from "../../domain/counters.ts";
import type { Finding } from "../../domain/decision.ts";
import type { EffectiveLimits, LimitKey } from "../../domain/limits.ts";
import { COUNTER_LIMITS, warningPoint } from "./compiled-limits.ts";
import { exceededFinding, type LimitFacts, limitFacts, nearFinding } from "./limit-finding.ts";
import type { Probe } from "./probe.ts";

/** What limits say about the first intent of an execution that is not registered yet: nothing is used, no time has passed. */
export function judgeFresh(limits: EffectiveLimits, probe: Probe, executionId: string): Finding[] {
  const { byKey, custom } = limits;
  const found: Finding[] = [];
  const judge = (facts: LimitFacts): void => {
    const { current, limit } = facts;
    if (current > limit.value) found.push(exceededFinding(facts));
    else if (limit.value > 0n && current >= warningPoint(limit.value, limits.warningThreshold))
      found.push(nearFinding(facts));
  };
  const add = (key: LimitKey, added: bigint): void => {
    const limit = byKey[key];
    if (limit !== undefined) judge(limitFacts(key, limit, added, 0n, executionId));
  };
  const counters = COUNTER_LIMITS.filter(([key]) => key !== "cost_alert_threshold_usd");
  for (const [key, counter] of counters) {
    const added = probe.add[counter] as bigint;
    if (added > 0n || key !== "max_discovered_steps") add(key, added);
  }
  const modifications = probe.add[SPENT.modifications] as bigint;
  if (modifications > 0n) add("max_modifications_per_session", probe.toldModifications + modifications);
  const depth = byKey.max_discovery_depth;
  if (probe.entersDepth && depth?.value === 0n)
    found.push(exceededFinding(limitFacts("max_discovery_depth", depth, 1n, 0n, executionId)));
  for (const [name, limit] of Object.entries(custom)) {
    const current = probe.custom[name] ?? 0n;
    judge({
      key: `custom.${name}`,
      violationType: "custom_limit",
      unit: "count",
      limit,
      current,
      held: 0n,
      executionId,
    });
  }
  return found;
}
