import type { Decision } from "../../domain/decision.ts";
import { checkPlan } from "../../engine/guards/calls/check-plan.ts";
import { checkToolCall, type ToolCallAnswer } from "../../engine/guards/calls/check-tool-call.ts";
import { checkToolOutput } from "../../engine/guards/calls/check-tool-output.ts";
import { findUsageProblem } from "../../engine/reports/check-usage.ts";
import { SettlementOutcome } from "../../gen/tollgate/enforcement/v1/reservation_pb.ts";
import type {
  CheckPlanRequest,
  CheckPlanResponse,
  CheckToolCallRequest,
  CheckToolCallResponse,
  CheckToolOutputRequest,
  CheckToolOutputResponse,
} from "../../gen/tollgate/enforcement/v1/tool_call_pb.ts";
import { decisionToProto, detailFromProto, reachedToProto, waitFromProto } from "../convert/decisions.ts";
import { timestampToProto } from "../convert/times.ts";
import { countDecision } from "../counters.ts";
import { principalOfIntent, whenReached } from "../enforcement/intent-calls.ts";
import { takeUpCompleted } from "../enforcement/take-up-completed.ts";
import { principalFromProto } from "../pinned-identity.ts";
import type { ServiceContext } from "../service-context.ts";
import { policyOfRequest } from "../tenant-policy.ts";
import { PLAN_RULE, TOOL_CALL_RULE, TOOL_OUTPUT_RULE } from "../validate/guard-rules.ts";
import { assertValid, fieldError } from "../validate/rules.ts";
import {
  type FetchedFacts,
  NO_FACTS,
  planFromProto,
  toolCallFromProto,
  toolOutputFromProto,
} from "./convert-calls.ts";
import { findFacts } from "./fetch-facts.ts";

// Tool calls before and after, and plans of them.

const encoder = new TextEncoder();

/** Judged in the turn it came in unless facts have to be fetched; answered when what it took is durable. */
export function callCheckToolCall(
  context: ServiceContext,
  request: CheckToolCallRequest,
): CheckToolCallResponse | Promise<CheckToolCallResponse> {
  assertValid(request, TOOL_CALL_RULE);
  const { executionId, labels } = request;
  const principal = principalFromProto(undefined, context.pinned);
  const taken = takeUpCompleted(context, { executionId, principal, labels });
  return taken === undefined
    ? fetchForCall(context, request)
    : taken.then(() => fetchForCall(context, request));
}

function fetchForCall(
  context: ServiceContext,
  request: CheckToolCallRequest,
): CheckToolCallResponse | Promise<CheckToolCallResponse> {
  const facts = findFacts(context, request);
  if (facts === undefined) return judgeCall(context, request, NO_FACTS);
  return facts.then((fetched) => judgeCall(context, request, fetched));
}

function judgeCall(
  context: ServiceContext,
  request: CheckToolCallRequest,
  facts: FetchedFacts,
): CheckToolCallResponse | Promise<CheckToolCallResponse> {
  const principal = principalOfIntent(context, request);
  const asked = toolCallFromProto(request, principal, facts);
  const { decision, answer } = context.host.turn((world, now) => {
    const made = checkToolCall(world, context.caller, asked, now);
    const expiresAtMs =
      made.expiresMono === undefined ? undefined : now.wallMs + made.expiresMono - now.monoMs;
    return { decision: made.decision, answer: callToProto(made, expiresAtMs, request) };
  });
  countDecision(context.counters, "tool_call", decision, request.route);
  return whenReached(context, decision, request.wait, answer);
}

function callToProto(
  made: ToolCallAnswer,
  expiresAtMs: number | undefined,
  { detail, executionId }: CheckToolCallRequest,
): CheckToolCallResponse {
  return {
    $typeName: "tollgate.enforcement.v1.CheckToolCallResponse",
    decision: {
      ...decisionToProto(made.decision, detailFromProto(detail), executionId),
      repairedArgsJson: jsonToProto(made.repaired),
    },
    stoppedAt: made.stoppedAt,
    reason: made.reason,
    expiresAt: expiresAtMs === undefined ? undefined : timestampToProto(expiresAtMs),
  };
}

function jsonToProto(text: string | undefined): Uint8Array<ArrayBuffer> | undefined {
  return text === undefined ? undefined : encoder.encode(text);
}

const OUTCOMES = { settled: SettlementOutcome.SETTLED, late: SettlementOutcome.LATE } as const;

/** Books what a call did and says whether its output may be passed on. */
export async function callCheckToolOutput(
  context: ServiceContext,
  request: CheckToolOutputRequest,
): Promise<CheckToolOutputResponse> {
  assertValid(request, TOOL_OUTPUT_RULE);
  const { host, caller, counters } = context;
  const { usage, detail, executionId } = request;
  const { limits } = policyOfRequest(host.world, caller, executionId, undefined, {});
  const problem = usage === undefined ? undefined : findUsageProblem(usage, limits.customCounters);
  if (problem !== undefined)
    throw fieldError([{ field: `usage.${problem.field}`, description: problem.description }]);
  const asked = toolOutputFromProto(request);
  const made = host.turn((world, now) => checkToolOutput(world, caller, asked, now));
  countDecision(counters, "tool_output", made.decision);
  return {
    $typeName: "tollgate.enforcement.v1.CheckToolOutputResponse",
    decision: {
      ...decisionToProto(made.decision, detailFromProto(detail), executionId),
      repairedOutputJson: jsonToProto(made.repaired),
    },
    stoppedAt: made.stoppedAt,
    reason: made.reason,
    referenceId: made.referenceId,
    settlement: made.settlement === undefined ? undefined : OUTCOMES[made.settlement],
    // The slot is free and the books are kept whatever the verdict.
    reached: reachedToProto(await host.settled(waitFromProto(request.wait))),
  };
}

/** Looks at a plan; answered from memory. */
export function callCheckPlan(context: ServiceContext, request: CheckPlanRequest): CheckPlanResponse {
  assertValid(request, PLAN_RULE);
  const plan = planFromProto(request, principalOfIntent(context, request));
  const made = context.host.turn((world, now) => checkPlan(world, context.caller, plan, now));
  countDecision(context.counters, "plan", made.decision);
  const { detail, executionId } = plan;
  const told = detail === "FULL" ? made.calls : made.calls.filter(({ decision }) => !isPlain(decision));
  return {
    $typeName: "tollgate.enforcement.v1.CheckPlanResponse",
    decision: decisionToProto(made.decision, detail, executionId),
    stoppedAt: made.stoppedAt,
    reason: made.reason,
    calls: told.map(({ callId, decision, repaired }) => ({
      $typeName: "tollgate.enforcement.v1.PlannedCallDecision",
      callId,
      decision: {
        ...decisionToProto(decision, detail, executionId),
        repairedArgsJson: jsonToProto(repaired),
      },
    })),
  };
}

function isPlain({ verdict, findings }: Decision): boolean {
  return verdict === "ALLOW" && findings.length === 0;
}
