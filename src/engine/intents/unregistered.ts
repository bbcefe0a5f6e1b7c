import { type Decision, type Finding, isAllowed, NO_FINDINGS } from "../../domain/decision.ts";
import { DEFAULT_TENANT, type Principal } from "../../domain/execution.ts";
import type { CallerId, ExecutionId } from "../../domain/ids.ts";
import type { Ask } from "../../domain/intent.ts";
import { NO_OVERRIDES } from "../../domain/limits.ts";
import type { Now } from "../../domain/time.ts";
import { asksPerson } from "../approvals/redeem-approvals.ts";
import { keepViolation } from "../events/push.ts";
import { chargeWindows, chargeWindowsCustom } from "../executions/charge.ts";
import { type RegistrationAnswer, registerExecution } from "../executions/register.ts";
import { checkConcurrency } from "../gauges/active-places.ts";
import { sharedLimits } from "../limits/effective-limits.ts";
import { judgeFresh } from "../limits/judge-fresh.ts";
import { type Probe, probeIntent } from "../limits/probe.ts";
import { decide, storeFinding } from "../limits/standing.ts";
import type { EffectivePolicy } from "../policy/effective-policy.ts";
import { resolvePolicy } from "../policy/resolve-policy.ts";
import { priceIntent } from "../prices/price-usage.ts";
import { askBinding, judgePrincipals, takeFromPrincipals } from "../quotas/judge-principals.ts";
import { boundsAny, boundsOfTenant } from "../quotas/principal-bounds.ts";
import { countAmounts, countFirings } from "../rules/count-firings.ts";
import type { World } from "../world.ts";
import { changesSomething, concernsRequest, rulesOf } from "./concerns.ts";
import { assertDeclared, tellObligations } from "./judge-intent.ts";
import { judgePolicy, missingLabel, NOTHING_FOUND, type PolicySubject } from "./judge-policy.ts";

/** `unregistered: register`: an execution that asks before it registered is registered with its tenant's policy. */
export function registerUnknown(
  world: World,
  caller: CallerId,
  { executionId, principal, labels }: Pick<Ask, "executionId" | "principal" | "labels">,
  now: Now,
): RegistrationAnswer | undefined {
  if (executionId === "") return undefined;
  const { limits } = resolvePolicy(world.policy.set, principal?.tenant ?? DEFAULT_TENANT, labels);
  if (limits.unregistered !== "register") return undefined;
  const registration = { principal, labels, discovered: false, requested: NO_OVERRIDES };
  return registerExecution(world, caller, { executionId: executionId as ExecutionId, ...registration }, now);
}

/**
 * `unregistered`: refuse, or judge what needs no execution and count for the principals that the request names. `texts`: what was
 * found in a text that comes along.
 */
export function judgeUnregistered(
  world: World,
  ask: Ask,
  now: Now,
  take: boolean,
  texts: readonly Finding[] = NO_FINDINGS,
): Decision {
  const principal: Principal = { ...ask.principal, tenant: ask.principal?.tenant ?? DEFAULT_TENANT };
  // Whoever only looks sees what every override says that names a label which is missing.
  const missing = take ? "as written" : "strictest";
  const policy = resolvePolicy(world.policy.set, principal.tenant, ask.labels, missing);
  const refusal = refuseUnknown(world, ask, policy);
  if (refusal !== undefined) return decide(world, [refusal], now, false);
  const { limits: rules } = policy;
  assertDeclared(rules, ask.intent.custom);
  const priced = priceIntent(world, rules, ask.intent);
  const subject: PolicySubject = { policy, principal, session: "", labels: ask.labels };
  const found = concernsRequest(policy, ask, priced.nanoUsd)
    ? judgePolicy(world, subject, ask, priced.nanoUsd, now)
    : NOTHING_FOUND;
  const bounds = boundsOfTenant(world, principal.tenant);
  const probe = probeIntent(ask.intent, priced.nanoUsd, false, changesSomething(policy, ask.intent));
  const { windows, rows } = world;
  const bind = () =>
    windows.bind(principal, false, bounds.timeZone, now.wallMs, rows.windows, rows.windowTexts);
  const principals = boundsAny(world, bounds)
    ? askBinding(world, bounds, bind(), ask, take ? "none" : "request", now)
    : undefined;
  const label = missingLabel(subject);
  const findings = [
    ...(label === undefined ? [] : [label]),
    ...found.first,
    ...judgeAsRegistered(world, ask, policy, principal, probe),
    ...(priced.finding === undefined ? [] : [priced.finding]),
    ...found.rules,
    ...texts,
    ...(principals === undefined ? [] : judgePrincipals(world, principals, probe, now)),
  ].map(withoutPerson);
  const { obligations } = found;
  const decision = decide(world, findings, now, false, { obligations });
  tellObligations(world, ask.executionId, decision);
  if (!take) return decision;
  keepUnregistered(world, subject, ask, findings, now);
  if (!decision.allowed) return decision;
  const { rows: charged } = bind();
  chargeWindows(world, charged, probe.add);
  const { provider, model } = ask.intent;
  world.usageTotals.add({ principal }, provider, model, probe.add);
  chargeWindowsCustom(world, charged, ask.intent.custom);
  if (principals !== undefined) takeFromPrincipals(world, principals, now);
  return decision;
}

/** Where the first call that takes something registers, looking says what that call would be answered. */
function judgeAsRegistered(
  world: World,
  { executionId: id }: Ask,
  policy: EffectivePolicy,
  principal: Principal,
  probe: Probe,
): readonly Finding[] {
  if (policy.limits.unregistered !== "register" || id === "") return NO_FINDINGS;
  const limits = sharedLimits(policy.limits, NO_OVERRIDES);
  const full = checkConcurrency(world, { principal, limits, id });
  return [...(full === undefined ? [] : [full]), ...judgeFresh(limits, probe, id)];
}

function refuseUnknown(world: World, { executionId }: Ask, policy: EffectivePolicy): Finding | undefined {
  const store = storeFinding(world);
  if (store !== undefined || policy.limits.unregistered !== "block") return store;
  const message = executionId === "" ? "no execution is named" : `execution ${executionId} is not registered`;
  return { verdict: "BLOCK", kind: "STATE", reason: "EXECUTION_UNKNOWN", message };
}

/** A person is asked about an execution: without one the answer is no. */
function withoutPerson(finding: Finding): Finding {
  if (!asksPerson(finding)) return finding;
  return {
    ...finding,
    verdict: "BLOCK",
    message: `${finding.message}; only a registered execution can wait`,
  };
}

/** Keeps what a call that counts found: firings of rules, and a violation for each finding that refuses or comes from a rule. */
function keepUnregistered(
  world: World,
  { policy, principal, labels }: PolicySubject,
  { executionId, intent }: Ask,
  findings: readonly Finding[],
  now: Now,
): void {
  const rules = rulesOf(policy);
  const { tenant, agent, user } = principal;
  const kept = findings.filter((one) => one.kind === "RULE" || !isAllowed(one.verdict));
  for (const finding of kept) keepViolation(world, finding, now, tenant, executionId, agent, user);
  const fired = findings.flatMap(({ kind, sourceId = "" }) =>
    kind === "RULE" ? (rules.byId.get(sourceId) ?? []) : [],
  );
  countFirings(world, tenant, fired, now.wallMs);
  const { tool, model, route } = intent;
  const violations = BigInt(kept.length);
  const refusals = kept.some((one) => one.shadow !== true && !isAllowed(one.verdict)) ? 1n : 0n;
  countAmounts(world, tenant, rules, { tool, model, route, labels }, { violations, refusals }, now.wallMs);
}
