import { type Finding, isAllowed } from "../../../domain/decision.ts";
import { TollgateError } from "../../../domain/errors.ts";
import type { CallerId } from "../../../domain/ids.ts";
import type { GuardId } from "../../../domain/policy/guard-ids.ts";
import type { Now } from "../../../domain/time.ts";
import { pushEvent, recordViolation } from "../../events/push.ts";
import { touchActivity } from "../../executions/activity.ts";
import { windowRows } from "../../executions/charge.ts";
import type { ExecutionRecord } from "../../executions/execution-record.ts";
import { keepFindings } from "../../intents/keep-findings.ts";
import type { JsonDocument } from "../../json/json-document.ts";
import { completeStep } from "../../limits/loops.ts";
import { decide, isUncertain, judgeStanding } from "../../limits/standing.ts";
import { refreshStalePolicy } from "../../policy/refresh-policy.ts";
import { chargeUsage } from "../../reports/charge-usage.ts";
import { findExecution, release, settle } from "../../reservations/resolve.ts";
import type { World } from "../../world.ts";
import type { ChainCommit, ChainResult } from "../chain/run-chain.ts";
import { commitToSession } from "../session/sessions.ts";
import type { ToolAnswer, ToolCallRow, ToolOutputAnswer } from "../session/tool-call-table.ts";
import { isFinding, readOutput } from "./call-facts.ts";
import { withGuards } from "./check-tool-call.ts";
import { runAfter } from "./run-after.ts";
import { tellFailures } from "./run-before.ts";
import { getCall, releaseSlot } from "./tool-calls.ts";
import type { ToolOutputRequest } from "./tool-requests.ts";

// After a tool was called: the slot is free and the books are kept whatever the guards say; the output is passed on only when
// they allow it.

/** What is remembered only of outputs that are passed on; everything else is booked whatever the verdict. */
const ONLY_PASSED_ON: ReadonlySet<GuardId> = new Set(["provenance", "grounding"]);

/**
 * Judges an output, frees the slot, settles what was held. The same call id with the same content gives the first answer.
 * @throws TollgateError EXECUTION_NOT_FOUND · CALL_NOT_FOUND · CALL_CONFLICT · CALL_FORGOTTEN
 */
export function checkToolOutput(
  world: World,
  caller: CallerId,
  request: ToolOutputRequest,
  now: Now,
): ToolOutputAnswer {
  const index = findExecution(world, caller, request.executionId);
  const record = world.executions.record(index);
  const entry = getCall(world, record, request.callId);
  const digest = world.digest.digest128(request.fingerprint());
  if (entry.output !== undefined) return repeatedOutput(world, record, entry, request, digest, now);
  refreshStalePolicy(world, index, now);
  const output = readOutput(request.outputJson);
  const chain = runAfter(world, record, entry, request, isFinding(output) ? undefined : output, now);
  tellFailures(world, record, chain);
  touchActivity(world, index, now.monoMs);
  const settled = settleCall(world, caller, record, entry, request, now);
  releaseSlot(world, entry);
  completeCallStep(world, entry, request, isFinding(output) ? undefined : output);
  const findings = [...(isFinding(output) ? [output] : []), ...chain.findings, ...settled.notes];
  const decision = withGuards(decide(world, findings, now, isUncertain(world, index)), chain);
  commitToSession(world, record, commitsOf(chain, isAllowed(decision.verdict)), now);
  keepFindings(world, index, findings, keepRefusal(world, record, decision.findings, now), now);
  const answer = outputAnswer(
    world,
    decision,
    chain,
    isFinding(output) ? output : undefined,
    settled.settlement,
  );
  world.rows.toolCalls.touch(entry.row);
  entry.output = { digest, answer };
  world.toolCalls.dropArguments(entry);
  return answer;
}

function commitsOf({ commits }: ChainResult, passedOn: boolean): readonly ChainCommit[] {
  return passedOn ? commits : commits.filter(({ guard }) => !ONLY_PASSED_ON.has(guard.id));
}

/** The refusal that was told; undefined when there is none. */
function keepRefusal(
  world: World,
  record: ExecutionRecord,
  findings: readonly Finding[],
  now: Now,
): Finding | undefined {
  const first = findings.find((one) => one.shadow !== true && !isAllowed(one.verdict));
  if (first === undefined) return undefined;
  recordViolation(world, record.index, first, now);
  if (first.verdict === "BLOCK" && record.limits.emitBlockEvents)
    pushEvent(world, record.index, "BLOCK", first.message, now, { finding: first });
  return first;
}

function outputAnswer(
  world: World,
  decision: ToolAnswer["decision"],
  chain: ChainResult,
  invalid: Finding | undefined,
  settlement: ToolOutputAnswer["settlement"],
): ToolOutputAnswer {
  const text = chain.repaired && isAllowed(decision.verdict) ? chain.document?.text : undefined;
  const reasons = [invalid?.message, chain.reason].filter((one) => one !== undefined);
  return {
    decision,
    stoppedAt: invalid === undefined ? chain.stoppedAt : "input",
    reason: reasons.length === 0 ? undefined : reasons.join("; "),
    repaired: text,
    repairedDigest: text === undefined ? undefined : world.digest.digest128(text),
    referenceId: isAllowed(decision.verdict) ? chain.referenceId : undefined,
    settlement,
  };
}

/** A call whose output is another one each time is no loop: its step learns what came of it. */
function completeCallStep(
  world: World,
  { index, stepSignature }: ToolCallRow,
  { errorClass }: ToolOutputRequest,
  output: JsonDocument | undefined,
): void {
  if (stepSignature === undefined || (output === undefined && errorClass === undefined)) return;
  const result = `${errorClass ?? ""}\n${output?.canonical ?? ""}`;
  completeStep(world, index, stepSignature, world.digest.digest128(result));
}

interface Settled {
  readonly settlement: "settled" | "late" | undefined;
  /** What is worth saying of it; what it refuses concerns the next call, not this output. */
  readonly notes: readonly Finding[];
}

/** Settles the hold with what was used, releases it when nothing was; usage without a hold is charged. */
function settleCall(
  world: World,
  caller: CallerId,
  record: ExecutionRecord,
  entry: ToolCallRow,
  request: ToolOutputRequest,
  now: Now,
): Settled {
  const { usage, model } = request;
  const provider = request.provider ?? entry.provider;
  const { reservationId } = entry;
  // A hold that resolved too long ago to be remembered holds nothing: what was used is charged as without one.
  if (reservationId === undefined || record.reservations?.has(reservationId) !== true) {
    if (usage === undefined) return { settlement: undefined, notes: [] };
    const charged = { actual: usage, provider, model, reservedStep: undefined };
    const rows = windowRows(world, record.index, now.wallMs);
    const notes = chargeUsage(world, record.index, charged, rows, now);
    judgeStanding(world, record.index, notes, now);
    return { settlement: undefined, notes: notes.filter(isNote) };
  }
  if (usage === undefined) {
    const state = release(world, caller, request.executionId, reservationId, now);
    return { settlement: state === "expired" ? "late" : "settled", notes: [] };
  }
  const { decision, outcome } = settle(
    world,
    caller,
    {
      executionId: request.executionId,
      reservationId,
      actual: usage,
      provider,
      model,
      fingerprint: request.fingerprint,
    },
    now,
  );
  return {
    settlement: outcome === "late" ? "late" : "settled",
    notes: decision.findings.filter(isNote),
  };
}

function isNote({ verdict, kind, reason }: Finding): boolean {
  return verdict === "WARN" && (kind === "STATE" || reason === "HOLD_OVERRUN" || reason.startsWith("COST_"));
}

/** Outputs are in no file: after a restart the same repair is made again, or the answer is not given. */
function repeatedOutput(
  world: World,
  record: ExecutionRecord,
  entry: ToolCallRow,
  request: ToolOutputRequest,
  digest: string,
  now: Now,
): ToolOutputAnswer {
  const known = entry.output;
  if (known?.digest !== digest) {
    throw new TollgateError(
      "CALL_CONFLICT",
      `the output of call ${request.callId} was told with other content`,
      {
        fields: [{ field: "call_id", description: "its output was told already" }],
      },
    );
  }
  const { answer } = known;
  if (answer.repairedDigest === undefined || answer.repaired !== undefined) return answer;
  const output = readOutput(request.outputJson);
  const document: JsonDocument | undefined = isFinding(output) ? undefined : output;
  const text = runAfter(world, record, entry, request, document, now).document?.text;
  if (text !== undefined && world.digest.digest128(text) === answer.repairedDigest)
    return { ...answer, repaired: text };
  throw new TollgateError(
    "CALL_FORGOTTEN",
    `the repaired output of call ${request.callId} is no longer known`,
  );
}
