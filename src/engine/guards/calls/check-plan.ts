import {
  type Decision,
  type Finding,
  isAllowed,
  NO_FINDINGS,
  type Obligation,
} from "../../../domain/decision.ts";
import type { CallerId } from "../../../domain/ids.ts";
import type { Ask, Circumstances, Detail } from "../../../domain/intent.ts";
import type { Now } from "../../../domain/time.ts";
import type { ExecutionRecord } from "../../executions/execution-record.ts";
import { decideIntent, judgeIntent, policyOfAsk } from "../../intents/judge-intent.ts";
import { decide, isUncertain } from "../../limits/standing.ts";
import { refreshStalePolicy } from "../../policy/refresh-policy.ts";
import { findExecution } from "../../reservations/resolve.ts";
import type { World } from "../../world.ts";
import { findingOf, verdictAt } from "../chain/guard-findings.ts";
import type { ChainResult } from "../chain/run-chain.ts";
import { judgePlan } from "../flow/plan-shape.ts";
import { type ToolBudgetState, toolBudget } from "../flow/tool-budget.ts";
import type { ChainPlace } from "../guard-table.ts";
import { findSession, sliceOf } from "../session/sessions.ts";
import { isFinding, readArguments } from "./call-facts.ts";
import { isNoAccess, withGuards } from "./check-tool-call.ts";
import { judgeCallAccess } from "./judge-arguments.ts";
import { withRedaction } from "./redact-obligation.ts";
import { createBeforeRun, guardPolicyOf, runBefore, tellFailures } from "./run-before.ts";
import type { ToolCallRequest } from "./tool-requests.ts";

// A plan before any of it runs: its shape as a whole, and every call by what can be known of it already. Changes nothing.

export interface PlannedToolCall {
  readonly callId: string;
  readonly tool: string;
  /** Undefined: not known yet; then the call is judged by its tool alone. */
  readonly argumentsJson?: Uint8Array | undefined;
  readonly namespace?: string | undefined;
  readonly dependsOn: readonly string[];
}

export interface PlanRequest extends Circumstances {
  readonly executionId: string;
  readonly planId: string | undefined;
  readonly turnId: string | undefined;
  readonly calls: readonly PlannedToolCall[];
  readonly detail: Detail;
  readonly acceptsRepair: boolean;
}

export interface PlannedCallAnswer {
  readonly callId: string;
  readonly decision: Decision;
  readonly repaired: string | undefined;
}

export interface PlanAnswer {
  readonly decision: Decision;
  readonly stoppedAt: string | undefined;
  readonly reason: string | undefined;
  /** Every call, in the order of the plan. */
  readonly calls: readonly PlannedCallAnswer[];
}

/** What looks at one call alone; what depends on when it runs is judged when it runs. */
const PLANNED_ORDER: readonly ChainPlace[] = [
  "schema_strictness",
  "sensitive_data",
  "network_policy",
  "side_effect",
  "capability_argument",
  "access",
  "content_rules",
  "tool_budget",
];

/** What a call is judged by whose arguments are not known yet: its tool. */
const NAMED_ORDER: readonly ChainPlace[] = ["side_effect", "access", "tool_budget"];

/** @throws TollgateError EXECUTION_NOT_FOUND */
export function checkPlan(world: World, caller: CallerId, request: PlanRequest, now: Now): PlanAnswer {
  const index = findExecution(world, caller, request.executionId);
  const record = world.executions.record(index);
  refreshStalePolicy(world, index, now);
  const ask = askOf(request);
  const shape = shapeFindings(world, record, request);
  const judged = judgeIntent(world, index, ask, "looks", now, shape);
  const budget = copyOfBudget(world, record);
  const runs = request.calls.map((call) => judgeCall(world, record, request, call, budget, now));
  // Who may call which tool is a matter of each call.
  const findings = [...judged.findings.filter(isNoAccess), ...runs.flatMap(({ findings: found }) => found)];
  const decision = decideIntent(world, index, ask, findings, now);
  const refusedAt = runs.find(({ answer }) => !answer.decision.allowed);
  const reasons = [
    ...shape.filter(counts).map(({ message }) => message),
    ...runs.flatMap(({ reason }) => reason ?? []),
  ];
  return {
    decision: {
      ...decision,
      advice: [...new Set([...decision.advice, ...runs.flatMap((run) => run.answer.decision.advice)])],
    },
    stoppedAt: shape.some((one) => counts(one) && one.verdict === "BLOCK")
      ? "plan_shape"
      : refusedAt?.stoppedAt,
    reason: reasons.length === 0 ? undefined : reasons.join("; "),
    calls: runs.map(({ answer }) => answer),
  };
}

function counts({ shadow }: Finding): boolean {
  return shadow !== true;
}

/** All calls of the plan as one intent: what remains must be enough for it. Rates are a matter of when they run. */
function askOf(request: PlanRequest): Ask {
  return {
    ...request,
    intent: {
      entersDepth: false,
      custom: {},
      weight: 0n,
      toolCalls: BigInt(request.calls.length),
      modifications: 0n,
    },
    fingerprint: () => "",
    intentText: () => "",
  };
}

function shapeFindings(
  world: World,
  record: ExecutionRecord,
  { calls, labels }: PlanRequest,
): readonly Finding[] {
  const settings = guardPolicyOf(world, record, labels).plan_shape;
  const { level, mode } = settings;
  if (level === "off" || mode === "off") return NO_FINDINGS;
  const planned = calls.map(({ callId, tool, dependsOn }) => ({ id: callId, tool, dependsOn }));
  return judgePlan(planned, settings).map((note) =>
    findingOf("plan_shape", note, verdictAt(level, note.verdict), mode === "shadow"),
  );
}

/** Calls of one plan use up one budget: counted on a copy. */
function copyOfBudget(world: World, record: ExecutionRecord): ToolBudgetState {
  const slice = sliceOf(findSession(world, record), toolBudget);
  return JSON.parse(JSON.stringify(slice)) as ToolBudgetState;
}

interface Judged {
  readonly findings: readonly Finding[];
  readonly answer: PlannedCallAnswer;
  readonly stoppedAt: string | undefined;
  readonly reason: string | undefined;
}

function judgeCall(
  world: World,
  record: ExecutionRecord,
  plan: PlanRequest,
  planned: PlannedToolCall,
  budget: ToolBudgetState,
  now: Now,
): Judged {
  const { callId } = planned;
  const about = (findings: readonly Finding[], obligations?: readonly Obligation[]): Decision =>
    decide(world, findings, now, isUncertain(world, record.index), { obligations });
  const document = readArguments(planned.argumentsJson);
  if (isFinding(document)) {
    const answer = { callId, decision: about([document]), repaired: undefined };
    return { findings: [document], answer, stoppedAt: "input", reason: document.message };
  }
  const run = createBeforeRun(world, record, requestOf(plan, planned), document, now);
  const access = judgeCallAccess(
    world,
    record,
    policyOfAsk(world, record, plan),
    { ...plan, ...planned },
    now,
  );
  const order = planned.argumentsJson === undefined ? NAMED_ORDER : PLANNED_ORDER;
  const guards = withRedaction(run.guards, access.obligations);
  const chain = runBefore({ ...run, guards, access: access.findings }, order, budget);
  tellFailures(world, record, chain);
  countCall(chain, budget);
  const decision = withGuards(about(chain.findings, access.obligations), chain);
  const repaired = chain.repaired && isAllowed(decision.verdict) ? chain.document?.text : undefined;
  return {
    findings: chain.findings,
    answer: { callId, decision, repaired },
    stoppedAt: chain.stoppedAt,
    reason: chain.reason,
  };
}

function countCall({ commits }: ChainResult, budget: ToolBudgetState): void {
  for (const { guard, outcome } of commits) if (guard.id === "tool_budget") outcome.commit?.(budget);
}

function requestOf(plan: PlanRequest, planned: PlannedToolCall): ToolCallRequest {
  return {
    ...plan,
    callId: planned.callId,
    tool: planned.tool,
    argumentsJson: planned.argumentsJson,
    namespace: planned.namespace,
    parents: planned.dependsOn,
    idempotencyKey: undefined,
    capability: undefined,
    reserve: undefined,
    operation: undefined,
    step: undefined,
    route: undefined,
    provider: undefined,
    weight: 1n,
    approvalId: undefined,
    addresses: undefined,
    fingerprint: () => "",
  };
}
