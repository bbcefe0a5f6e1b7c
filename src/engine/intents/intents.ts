import type { Decision, Finding } from "../../domain/decision.ts";
import { DEFAULT_TENANT, type Principal } from "../../domain/execution.ts";
import type { CallerId } from "../../domain/ids.ts";
import type { Ask } from "../../domain/intent.ts";
import type { Now } from "../../domain/time.ts";
import { redeemApprovals } from "../approvals/redeem-approvals.ts";
import { pushEvent, recordViolation } from "../events/push.ts";
import { touchActivity } from "../executions/activity.ts";
import { chargeWindows, chargeWindowsCustom } from "../executions/charge.ts";
import { NO_INDEX } from "../executions/execution-table.ts";
import { isQuiet } from "../limits/judge.ts";
import { markLoopWarned } from "../limits/loops.ts";
import { EMPTY_PROBE, probeIntent } from "../limits/probe.ts";
import { decide, judgeStanding, storeFinding } from "../limits/standing.ts";
import { resolvePolicy } from "../policy/resolve-policy.ts";
import { priceIntent } from "../prices/price-usage.ts";
import { askBinding, judgePrincipals, takeFromPrincipals } from "../quotas/judge-principals.ts";
import { isQuotaStandingQuiet } from "../quotas/notice-quotas.ts";
import { boundsAny, boundsOfTenant } from "../quotas/principal-bounds.ts";
import { assertRequestRoom, findAnswer, rememberAnswer } from "../requests/requests.ts";
import type { World } from "../world.ts";
import { applyIntent } from "./apply-intent.ts";
import { assertDeclared, decideIntent, judgeIntent, withApprovals } from "./judge-intent.ts";

// Check looks, Charge takes. Both judge everything in one turn; a refused call takes nothing.

/** Looks at an intent and changes nothing but an approval that it may open. */
export function check(world: World, caller: CallerId, ask: Ask, now: Now): Decision {
  const index = world.executions.find(caller, ask.executionId);
  if (index === NO_INDEX) return judgeUnregistered(world, ask, now, false);
  const judged = judgeIntent(world, index, ask, "looks", now);
  const findings = withApprovals(world, index, ask, judged.findings, now);
  if (judged.refused) keepCheckedRefusal(world, index, findings, now);
  return decideIntent(world, index, ask, findings, now);
}

/** An agent that polls a refused intent makes one violation of it, not one per poll. */
function keepCheckedRefusal(world: World, index: number, findings: readonly Finding[], now: Now): void {
  const record = world.executions.record(index);
  const first = findings.find((one) => one.shadow !== true && one.verdict !== "WARN");
  if (first === undefined || record.checkedRefusals?.has(first.reason) === true) return;
  record.checkedRefusals ??= new Set();
  record.checkedRefusals.add(first.reason);
  recordViolation(world, index, first, now);
}

/**
 * Checks an intent and takes it in one step, without a hold.
 * @throws TollgateError REQUEST_CONFLICT, REQUESTS_FULL
 */
export function charge(world: World, caller: CallerId, ask: Ask, now: Now): Decision {
  const index = world.executions.find(caller, ask.executionId);
  if (index === NO_INDEX) return judgeUnregistered(world, ask, now, true);
  const known = findAnswer(world, index, ask);
  if (known !== undefined) return known;
  assertRequestRoom(world, index, ask);
  const judged = judgeIntent(world, index, ask, "takes", now);
  touchActivity(world, index, now.monoMs);
  if (judged.refused) return refuse(world, index, ask, judged.findings, now);
  applyIntent(world, index, ask.intent, judged.probe, now);
  redeemApprovals(world, judged.redeems, now);
  takeFromPrincipals(world, judged.principals, now);
  afterTaking(world, index, judged.findings, now);
  const answer = decideIntent(world, index, ask, judged.findings, now);
  rememberAnswer(world, index, ask, answer, now);
  return answer;
}

/** What was taken may have reached a cost alert, or a warning that is to be told: acts on it for what comes next. */
export function afterTaking(world: World, index: number, findings: readonly Finding[], now: Now): void {
  if (findings.some((one) => one.reason === "SAME_STEP_LOOP")) markLoopWarned(world, index);
  if (
    findings.length === 0 &&
    isQuiet(world, index, EMPTY_PROBE, now) &&
    isQuotaStandingQuiet(world, index, now)
  )
    return;
  judgeStanding(world, index, [], now);
}

/** Refuses an intent: nothing is taken, the refusal is a violation and, where wanted, an event. */
export function refuse(
  world: World,
  index: number,
  ask: Ask,
  findings: readonly Finding[],
  now: Now,
): Decision {
  const withIds = withApprovals(world, index, ask, findings, now);
  const first = withIds.find((one) => one.shadow !== true && one.verdict !== "WARN");
  if (first !== undefined) {
    recordViolation(world, index, first, now);
    if (first.verdict === "BLOCK" && world.executions.record(index).limits.emitBlockEvents) {
      pushEvent(world, index, "BLOCK", first.message, now, { finding: first });
    }
  }
  return decideIntent(world, index, ask, withIds, now);
}

/** `unregistered`: refuse, or count only the windows of the principals that the request names. */
function judgeUnregistered(world: World, ask: Ask, now: Now, take: boolean): Decision {
  const store = storeFinding(world);
  const { limits: rules } = resolvePolicy(
    world.policy.set,
    ask.principal?.tenant ?? DEFAULT_TENANT,
    ask.labels,
  );
  if (rules.unregistered === "block" || store !== undefined) {
    const finding: Finding = store ?? {
      verdict: "BLOCK",
      kind: "STATE",
      reason: "EXECUTION_UNKNOWN",
      message:
        ask.executionId === "" ? "no execution is named" : `execution ${ask.executionId} is not registered`,
    };
    return decide(world, [finding], now, false);
  }
  assertDeclared(rules, ask.intent.custom);
  const priced = priceIntent(world, rules, ask.intent);
  const principal: Principal = { ...ask.principal, tenant: ask.principal?.tenant ?? DEFAULT_TENANT };
  const bounds = boundsOfTenant(world, principal.tenant);
  const probe = probeIntent(ask.intent, priced.nanoUsd, false);
  const { windows, rows } = world;
  const bind = () =>
    windows.bind(principal, false, bounds.timeZone, now.wallMs, rows.windows, rows.windowTexts);
  const principals = boundsAny(world, bounds)
    ? askBinding(world, bounds, bind(), ask, take ? "none" : "request", now)
    : undefined;
  const findings = [
    ...(priced.finding === undefined ? [] : [priced.finding]),
    ...(principals === undefined ? [] : judgePrincipals(world, principals, probe, now)),
  ];
  const decision = decide(world, findings, now, false);
  if (!take || !decision.allowed) return decision;
  const { rows: charged } = bind();
  chargeWindows(world, charged, probe.add);
  chargeWindowsCustom(world, charged, ask.intent.custom);
  if (principals !== undefined) takeFromPrincipals(world, principals, now);
  return decision;
}
