import type { Decision, Finding } from "../../domain/decision.ts";
import type { CallerId } from "../../domain/ids.ts";
import type { Ask } from "../../domain/intent.ts";
import type { Now } from "../../domain/time.ts";
import { redeemApprovals } from "../approvals/redeem-approvals.ts";
import { pushEvent, recordViolation } from "../events/push.ts";
import { touchActivity } from "../executions/activity.ts";
import { NO_INDEX } from "../executions/execution-table.ts";
import { isQuiet } from "../limits/judge.ts";
import { markLoopWarned } from "../limits/loops.ts";
import { EMPTY_PROBE } from "../limits/probe.ts";
import { judgeStanding } from "../limits/standing.ts";
import { recordDecision } from "../outcomes/record-decision.ts";
import { addLabels } from "../policy/label-match.ts";
import { takeFromPrincipals } from "../quotas/judge-principals.ts";
import { isQuotaStandingQuiet } from "../quotas/notice-quotas.ts";
import { assertRequestRoom, findAnswer, rememberAnswer } from "../requests/requests.ts";
import {
  assertUnregisteredRoom,
  findUnregisteredAnswer,
  rememberUnregistered,
} from "../requests/unregistered-requests.ts";
import { countForRules } from "../rules/count-usage.ts";
import type { World } from "../world.ts";
import { applyIntent } from "./apply-intent.ts";
import { decideIntent, judgeIntent, policyOfAsk, withApprovals } from "./judge-intent.ts";
import { keepFindings } from "./keep-findings.ts";
import { judgeUnregistered, registerUnknown } from "./unregistered.ts";

// Check looks, Charge takes. Both judge everything in one turn; a refused call takes nothing.

/** Looks at an intent and changes nothing but an approval that it may open. */
export function check(world: World, caller: CallerId, ask: Ask, now: Now): Decision {
  const index = world.executions.find(caller, ask.executionId);
  if (index === NO_INDEX) return judgeUnregistered(world, ask, now, false);
  const judged = judgeIntent(world, index, ask, "looks", now);
  const findings = withApprovals(world, index, ask, judged.findings, now);
  if (judged.refused) keepCheckedRefusal(world, index, findings, now);
  return decideIntent(world, index, ask, findings, now, judged.obligations);
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
  // Also for an execution that was registered since.
  const unregistered = findUnregisteredAnswer(world, caller, ask);
  if (unregistered !== undefined) return unregistered;
  const index = world.executions.find(caller, ask.executionId);
  if (index === NO_INDEX) {
    const registered = registerUnknown(world, caller, ask, now);
    if (registered === undefined) return chargeUnregistered(world, caller, ask, now);
    return registered.decision.allowed ? charge(world, caller, ask, now) : registered.decision;
  }
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
  const answer = decideIntent(world, index, ask, judged.findings, now, judged.obligations);
  keepDecision(world, index, ask, answer, now);
  rememberAnswer(world, index, ask, answer, now);
  return answer;
}

function chargeUnregistered(world: World, caller: CallerId, ask: Ask, now: Now): Decision {
  assertUnregisteredRoom(world, caller, ask);
  const answer = judgeUnregistered(world, ask, now, true);
  if (answer.allowed) rememberUnregistered(world, caller, ask, answer, now);
  return answer;
}

/** What was taken may have reached a cost alert, or a warning that is to be told: acts on it for what comes next. */
export function afterTaking(world: World, index: number, findings: readonly Finding[], now: Now): void {
  keepFindings(world, index, findings, undefined, now);
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
  keepFindings(world, index, withIds, first, now);
  const answer = decideIntent(world, index, ask, withIds, now);
  const { intent } = ask;
  countForRules(world, world.executions.record(index), intent, { refusals: 1n }, now.wallMs);
  keepDecision(world, index, ask, answer, now);
  return answer;
}

/** A decision about an operation is kept with the policy that judged it, so that outcomes can be joined to it. */
export function keepDecision(world: World, index: number, ask: Ask, decision: Decision, now: Now): void {
  const { operation } = ask.intent;
  if (operation === undefined) return;
  const record = world.executions.record(index);
  const policy = policyOfAsk(world, record, ask);
  const labels = addLabels(record.labels, ask.labels);
  const { caller, id: executionId, principal } = record;
  const { tenant } = principal;
  recordDecision(world, { decision, operation, policy, caller, tenant, executionId, labels }, now);
}
