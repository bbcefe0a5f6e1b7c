import { TollgateError } from "../../../domain/errors.ts";
import { HOLD_TTL_DEFAULT_MS } from "../../../domain/reservation.ts";
import type { Now } from "../../../domain/time.ts";
import type { ExecutionRecord } from "../../executions/execution-record.ts";
import { sessionKey } from "../../executions/table/session-roots.ts";
import { releaseCallSlot } from "../../gauges/call-slots.ts";
import type { JsonDocument } from "../../json/json-document.ts";
import { DEADLINE } from "../../time/deadlines.ts";
import type { World } from "../../world.ts";
import type { ChainPlace } from "../guard-table.ts";
import { MAX_TOOL_CALLS, type ToolAnswer, type ToolCallRow } from "../session/tool-call-table.ts";
import { isFinding, readArguments } from "./call-facts.ts";
import type { ToolCallAnswer } from "./check-tool-call.ts";
import { withRedaction } from "./redact-obligation.ts";
import { type BeforeRun, createBeforeRun, runBefore } from "./run-before.ts";
import type { ToolCallRequest } from "./tool-requests.ts";

// The calls of an execution that were allowed: their slots, what is remembered of them, and when it is forgotten.

export function findCall(world: World, index: number, callId: string): ToolCallRow | undefined {
  return world.toolCalls.find(index, callId);
}

/** @throws TollgateError CALL_NOT_FOUND */
export function getCall(world: World, record: ExecutionRecord, callId: string): ToolCallRow {
  const entry = findCall(world, record.index, callId);
  if (entry !== undefined) return entry;
  throw new TollgateError(
    "CALL_NOT_FOUND",
    `execution ${record.id} has no call ${callId}: CheckToolCall did not allow it, or it is no longer remembered`,
  );
}

/** @throws TollgateError CALLS_FULL when no older call can be forgotten */
export function assertCallRoom(world: World, record: ExecutionRecord): void {
  const calls = world.toolCalls.byExecution.get(record.index);
  if (calls === undefined || calls.size < MAX_TOOL_CALLS) return;
  for (const entry of calls.values()) if (!entry.inFlight) return;
  throw new TollgateError("CALLS_FULL", `an execution has at most ${MAX_TOOL_CALLS} calls in flight`, {
    retryAfterMs: 1_000,
  });
}

/** The oldest call that is no longer in flight makes room. */
function makeRoom(world: World, index: number): void {
  const calls = world.toolCalls.byExecution.get(index);
  if (calls === undefined || calls.size < MAX_TOOL_CALLS) return;
  for (const entry of calls.values()) {
    if (entry.inFlight) continue;
    removeCall(world, entry);
    return;
  }
}

export function insertCall(
  world: World,
  record: ExecutionRecord,
  run: BeforeRun,
  taken: {
    readonly document: JsonDocument;
    readonly signature: string;
    readonly stepSignature: string | undefined;
    readonly reservationId: string | undefined;
    readonly answer: ToolAnswer;
  },
  now: Now,
): ToolCallRow {
  makeRoom(world, record.index);
  const { request, call } = run;
  const { entry: _entry, ...seen } = call;
  const { row, stamp } = world.toolCalls.allocate();
  const expiresMono = now.monoMs + (request.reserve?.ttlMs ?? HOLD_TTL_DEFAULT_MS);
  const entry: ToolCallRow = {
    row,
    index: record.index,
    call: seen,
    session: sessionKey(record),
    tenant: record.principal.tenant,
    provider: request.provider,
    route: request.route,
    labels: request.labels,
    digest: world.digest.digest128(request.fingerprint()),
    signature: taken.signature,
    stepSignature: taken.stepSignature,
    argumentsHash: world.keyedHash(taken.document.canonical),
    argumentsText: taken.document.text,
    createdMono: now.monoMs,
    expiresMono,
    inFlight: true,
    reservationId: taken.reservationId,
    answer: taken.answer,
    output: undefined,
    stamp,
  };
  world.rows.toolCalls.touch(row);
  world.toolCalls.insert(entry);
  world.deadlines.add(expiresMono, DEADLINE.toolCall, row, stamp);
  return entry;
}

/**
 * The first answer again.
 * @throws TollgateError CALL_CONFLICT for other content · CALL_FORGOTTEN when repaired arguments cannot be made again
 */
export function repeatedCall(
  world: World,
  entry: ToolCallRow,
  request: ToolCallRequest,
  now: Now,
): ToolCallAnswer {
  if (entry.digest !== world.digest.digest128(request.fingerprint())) {
    throw new TollgateError("CALL_CONFLICT", `call ${request.callId} was made with other content`, {
      fields: [{ field: "call_id", description: "names another call of this execution; use a new id" }],
    });
  }
  const { answer, expiresMono } = entry;
  if (answer.repairedDigest === undefined || answer.repaired !== undefined) return { ...answer, expiresMono };
  return { ...answer, repaired: repairAgain(world, entry, request, now), expiresMono };
}

/** The guards that repair arguments. The others have answered: a token that was spent on this call must not refuse it now. */
const REPAIRING: readonly ChainPlace[] = ["schema_strictness", "sensitive_data", "capability_argument"];

/** Arguments are in no file: after a restart the same repair is made again, or the answer is not given. */
function repairAgain(world: World, entry: ToolCallRow, request: ToolCallRequest, now: Now): string {
  const record = world.executions.record(entry.index);
  const document = readArguments(request.argumentsJson);
  if (!isFinding(document)) {
    const run = createBeforeRun(world, record, request, document, now);
    const guards = withRedaction(run.guards, entry.answer.decision.obligations);
    const chain = runBefore({ ...run, guards }, REPAIRING);
    const text = chain.document?.text;
    if (text !== undefined && world.digest.digest128(text) === entry.answer.repairedDigest) return text;
  }
  throw new TollgateError(
    "CALL_FORGOTTEN",
    `the repaired arguments of call ${request.callId} are no longer known; use a new call_id`,
  );
}

/** Frees the slot; the call stays remembered. */
export function releaseSlot(world: World, entry: ToolCallRow): void {
  if (!entry.inFlight) return;
  world.rows.toolCalls.touch(entry.row);
  releaseCallSlot(world, entry.row, world.executions.record(entry.index).principal);
  world.toolCalls.release(entry);
}

/** A slot's time is over, unless it was extended or released. */
export function expireSlot(world: World, row: number, stamp: number, now: Now): void {
  const entry = world.toolCalls.entries[row];
  if (entry === undefined || entry.stamp !== stamp || !entry.inFlight) return;
  if (entry.expiresMono > now.monoMs) world.deadlines.add(entry.expiresMono, DEADLINE.toolCall, row, stamp);
  else releaseSlot(world, entry);
}

function removeCall(world: World, entry: ToolCallRow): void {
  releaseSlot(world, entry);
  world.rows.toolCalls.touch(entry.row);
  world.toolCalls.remove(entry);
}

/** The execution has ended: nothing of it is in flight any more. */
export function releaseSlots(world: World, index: number): void {
  for (const entry of world.toolCalls.byExecution.get(index)?.values() ?? []) releaseSlot(world, entry);
}

/** Forgets all calls of an execution that is forgotten. */
export function forgetCalls(world: World, index: number): void {
  for (const entry of [...(world.toolCalls.byExecution.get(index)?.values() ?? [])]) removeCall(world, entry);
}
