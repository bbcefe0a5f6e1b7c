import { SPENT } from "../../domain/counters.ts";
import type { Finding } from "../../domain/decision.ts";
import { TollgateError } from "../../domain/errors.ts";
import { STATE } from "../../domain/execution.ts";
import { LIMIT_KEYS, type LimitOverrides } from "../../domain/limits.ts";
import type { Now } from "../../domain/time.ts";
import { audit } from "../events/push.ts";
import { replaceLimits } from "../executions/adjust.ts";
import { haltExecution, resumeExecution } from "../executions/state.ts";
import { COUNTER_LIMITS } from "../limits/compiled-limits.ts";
import { heldOf, usedOf } from "../limits/judge.ts";
import { wallMs, workingMs } from "../limits/times.ts";
import { DEADLINE } from "../time/deadlines.ts";
import type { World } from "../world.ts";
import type { ApprovalRow } from "./approval-table.ts";
import { closeApproval } from "./approvals.ts";

// Answers to open questions. Agents see theirs; only an operator answers (P12).

/** What an approver decides. `thresholdNanoUsd` absent = what is spent and held plus one original threshold. */
export interface ApprovalAnswer {
  readonly approvalId: string;
  readonly approvedBy: string;
  readonly note: string | undefined;
  readonly thresholdNanoUsd?: bigint | undefined;
  /** For a time limit: what is added to it, ms; absent = one original limit. */
  readonly extensionMs?: number | undefined;
}

/**
 * An operation may be done once. A paused run goes on with a new threshold, not beyond `max_cost_usd` or the ceiling; one
 * that another limit paused (`on_exceed: pause`) goes on with that limit raised by itself, one that a rule paused as it is.
 * @throws TollgateError APPROVAL_NOT_FOUND, APPROVAL_ANSWERED, ABOVE_CEILING
 */
export function approve(world: World, answer: ApprovalAnswer, now: Now): ApprovalRow {
  const entry = getOpen(world, answer.approvalId);
  const { index, kind, cause } = entry;
  const change = kind === "operation" ? undefined : grantOf(world, entry, answer, now);
  closeApproval(world, entry, "approved", answer.approvedBy, answer.note, now);
  if (change !== undefined) replaceLimits(world, index, change, now);
  const threshold = change?.values.cost_alert_threshold_usd;
  const facts = { approval: entry.approvalId, cause, note: answer.note, threshold_nano_usd: threshold };
  audit(world, index, "approve", answer.approvedBy, facts, now);
  // What an operator paused meanwhile, an operator resumes.
  const isHeld = world.executions.record(index).stateFinding?.reason === "EXECUTION_PAUSED";
  if (kind === "execution" && !isHeld && world.executions.state.get(index) === STATE.paused)
    resumeExecution(world, index, `approved by ${answer.approvedBy}`, now, entry.approvalId);
  return entry;
}

/** What an approved pause changes for its execution. */
function grantOf(
  world: World,
  entry: ApprovalRow,
  answer: ApprovalAnswer,
  now: Now,
): LimitOverrides | undefined {
  const { index, cause } = entry;
  if (cause === COST_ALERT) return newThreshold(world, entry, answer);
  return extendedTime(world, index, cause, answer, now) ?? raisedLimit(world, entry);
}

const COST_ALERT = "cost_alert_threshold_usd";

function newThreshold(world: World, entry: ApprovalRow, answer: ApprovalAnswer): LimitOverrides {
  const { index } = entry;
  const { byKey } = world.executions.record(index).limits;
  const bound = smallest(byKey.max_cost_usd?.value, byKey.cost_alert_threshold_usd?.ceiling);
  const standing = usedOf(world, index, SPENT.costNanoUsd) + heldOf(world, index, SPENT.costNanoUsd);
  const { limit } = entry.finding;
  const original = limit?.kind === "nanoUsd" ? limit.value : 0n;
  const wanted = answer.thresholdNanoUsd ?? standing + original;
  if (answer.thresholdNanoUsd !== undefined && bound !== undefined && wanted > bound) {
    throw new TollgateError(
      "ABOVE_CEILING",
      `threshold: ${wanted} nano-USD is above ${bound}, the most this execution may spend`,
      {
        fields: [{ field: "threshold_usd", description: `at most ${bound}` }],
      },
    );
  }
  return { values: { [COST_ALERT]: bound !== undefined && wanted > bound ? bound : wanted }, custom: {} };
}

/** A time limit that is moved on from where the run stands. Undefined for what is no time limit. */
function extendedTime(
  world: World,
  index: number,
  cause: string,
  answer: ApprovalAnswer,
  now: Now,
): LimitOverrides | undefined {
  if (cause !== "max_wall_time_ms" && cause !== "max_working_time_ms") return undefined;
  const limit = world.executions.record(index).limits.byKey[cause];
  if (limit === undefined) return undefined;
  const table = world.executions;
  const elapsed = BigInt(
    Math.floor(cause === "max_wall_time_ms" ? wallMs(table, index, now) : workingMs(table, index, now)),
  );
  const extension = answer.extensionMs === undefined ? limit.value : BigInt(Math.floor(answer.extensionMs));
  const wanted = (elapsed > limit.value ? elapsed : limit.value) + extension;
  return { values: { [cause]: wanted }, custom: {} };
}

/** What stands plus the limit once more; the ceiling bounds it. Undefined where no amount is counted. */
function raisedLimit(world: World, { index, cause, finding }: ApprovalRow): LimitOverrides | undefined {
  const { byKey, custom } = world.executions.record(index).limits;
  const found = COUNTER_LIMITS.find(([key]) => key === cause);
  if (found !== undefined) {
    const [key, counter] = found;
    const standing = usedOf(world, index, counter) + heldOf(world, index, counter);
    const limit = byKey[key];
    return limit && { values: { [key]: standing + limit.value }, custom: {} };
  }
  const name = cause.startsWith("custom.") ? cause.slice("custom.".length) : undefined;
  if (name !== undefined) {
    const limit = custom[name];
    const counted = world.executions.record(index).custom;
    const standing = (counted?.spent[name] ?? 0n) + (counted?.held[name] ?? 0n);
    return limit && { values: {}, custom: { [name]: standing + limit.value } };
  }
  // What is no counter stood where the finding says.
  const { current } = finding;
  const key = LIMIT_KEYS.find((one) => one === cause);
  const limit = key === undefined ? undefined : byKey[key];
  if (key === undefined || limit === undefined) return undefined;
  if (current?.kind !== "count" && current?.kind !== "bytes") return undefined;
  return { values: { [key]: current.value + limit.value }, custom: {} };
}

/** @throws TollgateError APPROVAL_NOT_FOUND, APPROVAL_ANSWERED */
export function reject(world: World, answer: ApprovalAnswer, now: Now): ApprovalRow {
  const entry = getOpen(world, answer.approvalId);
  closeApproval(world, entry, "rejected", answer.approvedBy, answer.note, now);
  const facts = { approval: entry.approvalId, cause: entry.cause, note: answer.note };
  audit(world, entry.index, "reject", answer.approvedBy, facts, now);
  if (entry.kind === "operation") return entry;
  const reason = answer.note === undefined || answer.note === "" ? "" : `: ${answer.note}`;
  haltExecution(
    world,
    entry.index,
    stateFinding("APPROVAL_REJECTED", `rejected by ${answer.approvedBy}${reason}`),
    now,
  );
  return entry;
}

/** Nobody answered in time: `on_timeout` halts the run or leaves it paused until an operator acts. */
export function expireApproval(world: World, row: number, now: Now): void {
  const entry = world.approvals.entries[row];
  if (entry === undefined || entry.state !== "open") return;
  if (now.wallMs < entry.expiresAtMs) {
    world.deadlines.add(now.monoMs + (entry.expiresAtMs - now.wallMs), DEADLINE.approval, row, 0);
    return;
  }
  closeApproval(world, entry, "expired", "", undefined, now);
  audit(world, entry.index, "expire", "", { approval: entry.approvalId, cause: entry.cause }, now);
  if (entry.kind === "operation") return;
  if (world.executions.record(entry.index).policy.limits.onApprovalTimeout !== "halt") return;
  haltExecution(
    world,
    entry.index,
    stateFinding("APPROVAL_EXPIRED", `approval ${entry.approvalId} expired: nobody answered`),
    now,
  );
}

function getOpen(world: World, approvalId: string): ApprovalRow {
  const entry = world.approvals.find(approvalId);
  if (entry === undefined)
    throw new TollgateError("APPROVAL_NOT_FOUND", `approval ${approvalId} is not known`);
  if (entry.state !== "open")
    throw new TollgateError("APPROVAL_ANSWERED", `approval ${approvalId} is ${entry.state} already`);
  return entry;
}

export function stateFinding(reason: Finding["reason"], message: string): Finding {
  return {
    verdict: "BLOCK",
    kind: "STATE",
    reason,
    message,
    category: "quota_exceeded",
    retryable: false,
    fatal: false,
  };
}

function smallest(left: bigint | undefined, right: bigint | undefined): bigint | undefined {
  if (left === undefined) return right;
  return right === undefined || left < right ? left : right;
}
