import { type Finding, isAllowed, NO_FINDINGS } from "../../../domain/decision.ts";
import type { CallerId } from "../../../domain/ids.ts";
import type { Ask, Intent } from "../../../domain/intent.ts";
import type { HoldRequest } from "../../../domain/reservation.ts";
import type { Now } from "../../../domain/time.ts";
import { redeemApprovals } from "../../approvals/redeem-approvals.ts";
import { touchActivity } from "../../executions/activity.ts";
import type { ExecutionRecord } from "../../executions/execution-record.ts";
import { NO_INDEX } from "../../executions/execution-table.ts";
import { takeCallSlot } from "../../gauges/call-slots.ts";
import { applyIntent } from "../../intents/apply-intent.ts";
import { changesSomething } from "../../intents/concerns.ts";
import { afterTaking, keepDecision, refuse } from "../../intents/intents.ts";
import { decideIntent, type Judged, judgeIntent } from "../../intents/judge-intent.ts";
import { registerUnknown } from "../../intents/unregistered.ts";
import type { JsonDocument } from "../../json/json-document.ts";
import { EMPTY_PROBE, type Probe, probeIntent } from "../../limits/probe.ts";
import { decide } from "../../limits/standing.ts";
import { refreshStalePolicy } from "../../policy/refresh-policy.ts";
import { priceIntent } from "../../prices/price-usage.ts";
import { takeFromPrincipals } from "../../quotas/judge-principals.ts";
import { checkFraction, holdIntent } from "../../reservations/reserve.ts";
import type { World } from "../../world.ts";
import { spendCapability } from "../capabilities/spent-capabilities.ts";
import type { ChainResult } from "../chain/run-chain.ts";
import { assertSessionRoom, commitToSession } from "../session/sessions.ts";
import type { ToolAnswer, ToolCallRow } from "../session/tool-call-table.ts";
import { isFinding, readArguments, signatureOf } from "./call-facts.ts";
import { withRedaction } from "./redact-obligation.ts";
import { type BeforeRun, createBeforeRun, runBefore, tellFailures } from "./run-before.ts";
import { assertCallRoom, findCall, insertCall, repeatedCall } from "./tool-calls.ts";
import type { ToolCallRequest } from "./tool-requests.ts";

// Before a tool is called: state, operations and limits first, then the guards over the arguments, then quotas and rates. All
// or nothing in one turn: a slot, a tool call, a step, what is to be held, and what the guards remember, or none of it.

export interface ToolCallAnswer extends ToolAnswer {
  /** Monotonic, ms; undefined when it was refused. */
  readonly expiresMono: number | undefined;
}

/**
 * Judges a call and takes everything that it needs. The same call id with the same content gives the first answer.
 * @throws TollgateError CALL_CONFLICT · CALL_FORGOTTEN · CALLS_FULL · SESSIONS_FULL · FIELD_INVALID
 */
export function checkToolCall(
  world: World,
  caller: CallerId,
  request: ToolCallRequest,
  now: Now,
): ToolCallAnswer {
  const index = world.executions.find(caller, request.executionId);
  if (index === NO_INDEX) {
    const registered = registerUnknown(world, caller, request, now);
    if (registered?.decision.allowed === true) return checkToolCall(world, caller, request, now);
    return refused(registered?.decision ?? unknownExecution(world, request.executionId, now), undefined);
  }
  const record = world.executions.record(index);
  const known = findCall(world, index, request.callId);
  if (known !== undefined) return repeatedCall(world, known, request, now);
  assertCallRoom(world, record);
  refreshStalePolicy(world, index, now);
  const document = readArguments(request.argumentsJson);
  if (isFinding(document)) return refuseInput(world, record, request, document, now);
  const run = createBeforeRun(world, record, request, document, now);
  const first = judge(world, record, withoutApproval(run), document, NO_FINDINGS, now);
  const access = first.judged.findings.filter(isAccess);
  const isRefused = first.judged.findings.some((one) => blocks(one) && isBeforeGuards(one));
  if (run.policy.evaluate === "first" && isRefused)
    return refused(refuse(world, index, first.ask, first.judged.findings, now), undefined);
  const guards = withRedaction(run.guards, first.judged.obligations);
  const chain = runBefore({ ...run, guards, access });
  tellFailures(world, record, chain);
  const final = chain.document ?? document;
  const asked =
    chain.findings.length === 0 && final === document && request.approvalId === undefined
      ? first
      : judge(world, record, run, final, chain.findings.filter(isNoAccess), now);
  const tooLarge = request.reserve === undefined ? undefined : checkFraction(world, index, asked.held, now);
  touchActivity(world, index, now.monoMs);
  if (asked.judged.refused || tooLarge !== undefined) {
    const findings = tooLarge === undefined ? asked.judged.findings : [...asked.judged.findings, tooLarge];
    const decision = refuse(world, index, asked.ask, findings, now);
    return refused(withGuards(decision, chain), chain);
  }
  return take(world, record, run, asked, chain, final, now);
}

/** Access has its place inside the chain, and its findings theirs in the decision: they are told by the judgement. */
function isAccess({ kind }: Finding): boolean {
  return kind === "ACCESS";
}

export function isNoAccess(finding: Finding): boolean {
  return !isAccess(finding);
}

/** Quotas and rates are judged together with what comes first, and stand behind the guards: what a guard refuses is told as that. */
function isBeforeGuards({ kind }: Finding): boolean {
  return kind !== "ACCESS" && kind !== "QUOTA" && kind !== "RATE";
}

function blocks({ verdict, shadow }: Finding): boolean {
  return verdict === "BLOCK" && shadow !== true;
}

/** An approval is for the final arguments, which the first look does not know yet. */
function withoutApproval(run: BeforeRun): BeforeRun {
  const { request } = run;
  return request.approvalId === undefined ? run : { ...run, request: { ...request, approvalId: undefined } };
}

interface Asked {
  readonly ask: Ask;
  readonly judged: Judged;
  readonly charge: Intent;
  readonly signature: string;
  /** What would be held; zero without a reserve. */
  readonly held: Probe;
}

/** Judges the call as one intent: what is charged and what is held together must fit. */
function judge(
  world: World,
  record: ExecutionRecord,
  run: BeforeRun,
  document: JsonDocument,
  guards: readonly Finding[],
  now: Now,
): Asked {
  const { request, entry } = run;
  const signature = signatureOf(world, request.tool, request.namespace, document, entry);
  const charge = chargeOf(request, signature);
  const estimate = estimateOf(request);
  const held =
    request.reserve === undefined
      ? EMPTY_PROBE
      : probeIntent(estimate, priceIntent(world, record.limits, estimate).nanoUsd, false, false);
  const whole: Intent = {
    ...charge,
    tokens: estimate.tokens,
    costNanoUsd: estimate.costNanoUsd,
    custom: estimate.custom,
    toolCalls: charge.toolCalls + estimate.toolCalls,
    modifications: estimate.modifications,
  };
  const ask: Ask = {
    ...request,
    kind: "tool_call",
    intent: whole,
    // Only what this very call does is granted: its tool and its final arguments.
    intentText: () =>
      JSON.stringify([request.tool, request.namespace ?? "", signature, operationText(request)]),
  };
  return {
    ask,
    judged: judgeIntent(world, record.index, ask, "takes", now, guards),
    charge,
    signature,
    held,
  };
}

function operationText({ operation }: ToolCallRequest): string {
  return (
    JSON.stringify(operation, (_key, value: unknown) => (typeof value === "bigint" ? `${value}` : value)) ??
    ""
  );
}

function chargeOf(request: ToolCallRequest, signature: string): Intent {
  const { step, weight, tool, route, provider, operation } = request;
  return {
    step: step ?? { signature },
    entersDepth: step?.entersDepth === true,
    custom: NO_CUSTOM,
    weight,
    toolCalls: 1n,
    modifications: 0n,
    tool,
    route,
    provider,
    operation,
  };
}

const NO_CUSTOM = Object.freeze({});

function estimateOf({ reserve, provider }: ToolCallRequest): Intent {
  const estimate = reserve?.estimate;
  return {
    entersDepth: false,
    tokens: estimate?.tokens,
    costNanoUsd: estimate?.costNanoUsd,
    custom: estimate?.custom ?? NO_CUSTOM,
    weight: 0n,
    toolCalls: estimate?.toolCalls ?? 0n,
    modifications: estimate?.modifications ?? 0n,
    provider,
  };
}

function take(
  world: World,
  record: ExecutionRecord,
  run: BeforeRun,
  asked: Asked,
  chain: ChainResult,
  document: JsonDocument,
  now: Now,
): ToolCallAnswer {
  const { request } = run;
  const { index } = record;
  const { ask, judged, charge, signature } = asked;
  assertSessionRoom(world, record, now);
  const answer: ToolAnswer = {
    decision: withGuards(decideIntent(world, index, ask, judged.findings, now, judged.obligations), chain),
    stoppedAt: chain.stoppedAt,
    reason: chain.reason,
    repaired: chain.repaired ? document.text : undefined,
    repairedDigest: chain.repaired ? world.digest.digest128(document.text) : undefined,
  };
  const reservationId = holdEstimate(world, index, request, asked, answer, now);
  applyIntent(
    world,
    index,
    charge,
    // What was judged needs its own probe no longer.
    probeIntent(charge, 0n, false, changesSomething(record.policy, charge), world.scratchIntent),
    now,
  );
  redeemApprovals(world, judged.redeems, now);
  takeFromPrincipals(world, judged.principals, now);
  const row: ToolCallRow = insertCall(
    world,
    record,
    run,
    { document, signature, stepSignature: charge.step?.signature, reservationId, answer },
    now,
  );
  takeCallSlot(world, row.row, record.principal, judged.principals.quotas);
  commitToSession(world, record, chain.commits, now);
  for (const { outcome } of chain.commits)
    if (outcome.usedCapability !== undefined)
      spendCapability(world, record.principal.tenant, outcome.usedCapability, now);
  afterTaking(world, index, judged.findings, now);
  keepDecision(world, index, ask, answer.decision, now);
  return { ...answer, expiresMono: row.expiresMono };
}

/** Holds what the call is expected to use, under an id that no client can choose. */
function holdEstimate(
  world: World,
  index: number,
  request: ToolCallRequest,
  { ask, judged, held }: Asked,
  answer: ToolAnswer,
  now: Now,
): string | undefined {
  const { reserve, callId, fingerprint } = request;
  if (reserve === undefined) return undefined;
  const reservationId = `tool call ${callId}`;
  const hold: HoldRequest = {
    ...ask,
    intent: estimateOf(request),
    reservationId,
    ttlMs: reserve.ttlMs,
    fingerprint,
  };
  holdIntent(
    world,
    index,
    hold,
    { ...judged, probe: held },
    world.digest.digest128(fingerprint()),
    answer.decision,
    now,
  );
  return reservationId;
}

/** Adds what the guards said; hints of guards come after those of limits. */
export function withGuards<D extends ToolAnswer["decision"]>(decision: D, chain: ChainResult): D {
  const { details, pinnedHosts, advice } = chain;
  return {
    ...decision,
    guardDetails: details,
    pinnedHosts: isAllowed(decision.verdict) ? pinnedHosts : [],
    advice: advice.length === 0 ? decision.advice : [...new Set([...decision.advice, ...advice])],
  };
}

function refused(decision: ToolAnswer["decision"], chain: ChainResult | undefined): ToolCallAnswer {
  return {
    decision,
    stoppedAt: chain?.stoppedAt,
    reason: chain?.reason,
    repaired: undefined,
    repairedDigest: undefined,
    expiresMono: undefined,
  };
}

function refuseInput(
  world: World,
  record: ExecutionRecord,
  request: ToolCallRequest,
  finding: Finding,
  now: Now,
): ToolCallAnswer {
  const ask: Ask = { ...request, intent: chargeOf(request, ""), intentText: request.fingerprint };
  const decision = refuse(world, record.index, ask, [finding], now);
  return { ...refused(decision, undefined), stoppedAt: "input", reason: finding.message };
}

function unknownExecution(world: World, executionId: string, now: Now): ToolAnswer["decision"] {
  const message = `execution ${executionId} is not registered`;
  const finding: Finding = { verdict: "BLOCK", kind: "STATE", reason: "EXECUTION_UNKNOWN", message };
  return decide(world, [finding], now, false);
}
