import { HELD_COUNT, SPENT } from "../../domain/counters.ts";
import type { Decision, Finding } from "../../domain/decision.ts";
import { TollgateError } from "../../domain/errors.ts";
import type { CallerId } from "../../domain/ids.ts";
import { type HoldRequest, MAX_RESERVATIONS } from "../../domain/reservation.ts";
import type { Now } from "../../domain/time.ts";
import { redeemApprovals } from "../approvals/redeem-approvals.ts";
import { touchActivity } from "../executions/activity.ts";
import { holdWindows, holdWindowsCustom, windowRows } from "../executions/charge.ts";
import { NO_INDEX } from "../executions/execution-table.ts";
import { moveDepth, noteStep } from "../intents/apply-intent.ts";
import { afterTaking, keepDecision, refuse } from "../intents/intents.ts";
import { decideIntent, type Judged, judgeIntent, remainingOf } from "../intents/judge-intent.ts";
import { registerUnknown } from "../intents/unregistered.ts";
import { toAmount } from "../limits/limit-finding.ts";
import type { Probe } from "../limits/probe.ts";
import { decide } from "../limits/standing.ts";
import { takeFromPrincipals } from "../quotas/judge-principals.ts";
import { DEADLINE } from "../time/deadlines.ts";
import type { World } from "../world.ts";
import { holdChain } from "./hold.ts";
import { holdsSlot, type ReservationRow } from "./reservation-table.ts";

/**
 * Checks and holds in one step at every level, all or nothing. The same id and content gives the first answer again.
 * @throws TollgateError RESERVATION_CONFLICT naming the field · RESERVATIONS_FULL
 */
export function reserve(world: World, caller: CallerId, request: HoldRequest, now: Now): Decision {
  const index = world.executions.find(caller, request.executionId);
  if (index === NO_INDEX) {
    const registered = registerUnknown(world, caller, request, now);
    if (registered === undefined) return unknownExecution(world, request.executionId, now);
    return registered.decision.allowed ? reserve(world, caller, request, now) : registered.decision;
  }
  const record = world.executions.record(index);
  const known = world.reservations.find(record.reservations?.get(request.reservationId));
  const digest = world.digest.digest128(request.fingerprint());
  if (known !== undefined) return firstAnswer(known, digest);
  if ((record.reservations?.size ?? 0) >= 2 * MAX_RESERVATIONS) {
    throw new TollgateError(
      "RESERVATIONS_FULL",
      `an execution holds at most ${MAX_RESERVATIONS} reservations at once`,
    );
  }
  const judged = judgeIntent(world, index, request, "takes", now);
  touchActivity(world, index, now.monoMs);
  const tooLarge = checkFraction(world, index, judged.probe, now);
  if (judged.refused || tooLarge !== undefined) {
    const findings = tooLarge === undefined ? judged.findings : [...judged.findings, tooLarge];
    return refuse(world, index, request, findings, now);
  }
  const answer = decideIntent(world, index, request, judged.findings, now, judged.obligations);
  holdIntent(world, index, request, judged, digest, answer, now);
  redeemApprovals(world, judged.redeems, now);
  takeFromPrincipals(world, judged.principals, now);
  afterTaking(world, index, judged.findings, now);
  keepDecision(world, index, request, answer, now);
  return answer;
}

function firstAnswer(known: ReservationRow, digest: string): Decision {
  if (known.digest === digest && known.answer !== undefined) return known.answer;
  throw new TollgateError(
    "RESERVATION_CONFLICT",
    `reservation ${known.reservationId} was made with other content`,
    {
      fields: [
        { field: "reservation_id", description: "names another reservation of this execution; use a new id" },
      ],
    },
  );
}

function unknownExecution(world: World, executionId: string, now: Now): Decision {
  const message = executionId === "" ? "no execution is named" : `execution ${executionId} is not registered`;
  return decide(
    world,
    [{ verdict: "BLOCK", kind: "STATE", reason: "EXECUTION_UNKNOWN", message }],
    now,
    false,
  );
}

/** Lays a hold on every level; everything was judged before. */
export function holdIntent(
  world: World,
  index: number,
  request: HoldRequest,
  {
    probe,
    principals: {
      quotas: { requests },
    },
  }: Judged,
  digest: string,
  answer: Decision,
  now: Now,
): void {
  const record = world.executions.record(index);
  const amounts = probe.add.slice(0, HELD_COUNT);
  // The ninth place of a held row is for tokens of no kind, which only carves hold.
  amounts[HELD_COUNT - 1] = 0n;
  const { row, stamp } = world.reservations.allocate();
  const rows = windowRows(world, index, now.wallMs);
  const entry: ReservationRow = {
    row,
    index,
    reservationId: request.reservationId,
    digest,
    amounts,
    custom: request.intent.custom,
    signature: request.intent.step?.signature,
    mutating: (probe.add[SPENT.modifications] as bigint) > request.intent.modifications,
    takes: holdChain(world, index, amounts, request.intent.custom),
    windowRows: rows.slice(),
    createdMono: now.monoMs,
    expiresMono: now.monoMs + request.ttlMs,
    timeoutMs: request.timeoutMs,
    timedOut: false,
    state: "held",
    answer,
    resolution: undefined,
    resolvedAs: undefined,
    stamp,
  };
  holdWindows(world, rows, amounts, 1n);
  holdWindowsCustom(world, rows, entry.custom, 1n);
  if (holdsSlot(entry)) {
    world.slots.count(record.principal, 1);
    world.slots.takeShadow(row, record.principal.tenant, requests);
  }
  world.rows.reservations.touch(row);
  world.reservations.insert(entry);
  record.reservations ??= new Map();
  record.reservations.set(request.reservationId, row);
  world.deadlines.add(entry.expiresMono, DEADLINE.reservation, row, stamp);
  if (request.timeoutMs !== undefined)
    world.deadlines.add(now.monoMs + request.timeoutMs + 1, DEADLINE.stepTimeout, row, stamp);
  if (probe.entersDepth) moveDepth(world, index, 1);
  if (request.intent.step !== undefined) noteStep(world, index, request.intent.step);
}

/** One hold may take at most a fraction of what remains at the tightest level. */
export function checkFraction(world: World, index: number, probe: Probe, now: Now): Finding | undefined {
  const fraction = world.executions.record(index).limits.holdMaxFraction;
  if (fraction >= 1) return undefined;
  for (const { unit, amount } of remainingOf(world, index, now)) {
    const counter = FRACTION_COUNTERS[unit];
    if (counter === undefined || amount.kind === "durationMs" || amount.kind === "ratio") continue;
    const most = (amount.value * BigInt(Math.floor(fraction * 1_000_000))) / 1_000_000n;
    const wanted = counter === TOKENS ? tokensOf(probe) : (probe.add[counter] as bigint);
    if (wanted <= most) continue;
    return {
      verdict: "BLOCK",
      kind: "LIMIT",
      reason: "HOLD_TOO_LARGE",
      message: `hold of ${wanted} ${unit} is above ${most}, ${fraction} of what remains`,
      current: toAmount(amount.kind === "nanoUsd" ? "nanoUsd" : "count", wanted),
      limit: toAmount(amount.kind === "nanoUsd" ? "nanoUsd" : "count", most),
      category: "quota_exceeded",
      retryable: true,
    };
  }
  return undefined;
}

const TOKENS = -1;
const FRACTION_COUNTERS: { readonly [unit: string]: number | undefined } = {
  steps: SPENT.steps,
  tokens: TOKENS,
  input_tokens: SPENT.inputTokens,
  output_tokens: SPENT.outputTokens,
  cost: SPENT.costNanoUsd,
  requests: SPENT.requests,
  tool_calls: SPENT.toolCalls,
};

function tokensOf(probe: Probe): bigint {
  return (probe.add[SPENT.inputTokens] as bigint) + (probe.add[SPENT.outputTokens] as bigint);
}
