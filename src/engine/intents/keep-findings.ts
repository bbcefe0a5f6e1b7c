import { type Finding, isAllowed } from "../../domain/decision.ts";
import type { Now } from "../../domain/time.ts";
import { recordViolation } from "../events/push.ts";
import { countFirings } from "../rules/count-firings.ts";
import type { World } from "../world.ts";
import { rulesOf } from "./concerns.ts";

// What is kept of the findings of a call that counts, whether it was allowed or refused: firings of rules, and violations.

/** Findings that come from policies are violations each; of limits, quotas and rates the first one that refuses is. */
const KEPT_KINDS: ReadonlySet<Finding["kind"]> = new Set([
  "RULE",
  "GUARD",
  "ACCESS",
  "OPERATION",
  "ATTRIBUTE",
]);

/** Counts the rules that fired and keeps what is a violation; `told` is kept already. */
export function keepFindings(
  world: World,
  index: number,
  findings: readonly Finding[],
  told: Finding | undefined,
  now: Now,
): void {
  if (findings.length === 0) return;
  const record = world.executions.record(index);
  const { byId } = rulesOf(record.policy);
  const fired = new Set<string>();
  for (const finding of findings) {
    if (finding.kind === "RULE" && finding.sourceId !== undefined) fired.add(finding.sourceId);
    if (finding !== told && isKept(finding)) recordViolation(world, index, finding, now);
  }
  if (fired.size === 0) return;
  const rules = [...fired].flatMap((id) => byId.get(id) ?? []);
  countFirings(world, record.principal.tenant, rules, now.wallMs);
}

/** It came from a rule, refused, or would have. Shadow quotas and rates are kept where they are judged, once a window. */
function isKept({ kind, verdict, shadow }: Finding): boolean {
  if (kind === "RULE") return true;
  return !isAllowed(verdict) && (KEPT_KINDS.has(kind) || (shadow === true && kind === "LIMIT"));
}
