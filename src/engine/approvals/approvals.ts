import { MAX_OPEN_APPROVALS, MAX_OPEN_APPROVALS_PER_TENANT, type ApprovalState } from "../../domain/approval.ts";
import type { Finding } from "../../domain/decision.ts";
import { TollgateError } from "../../domain/errors.ts";
import { STATE } from "../../domain/execution.ts";
import type { Now } from "../../domain/time.ts";
import { audit, pushEvent } from "../events/push.ts";
import { replaceLimits } from "../executions/adjust.ts";
import { haltExecution, resumeExecution } from "../executions/state.ts";
import { heldOf, usedOf } from "../limits/judge.ts";
import { SPENT } from "../../domain/counters.ts";
import { DEADLINE } from "../time/deadlines.ts";
import type { World } from "../world.ts";
import type { ApprovalRow } from "./approval-table.ts";

// Open questions about paused executions. Agents see theirs; only an operator answers (P12).

/** Opens the approval of a cost alert, or finds the one that is open. Undefined when as many are open as may be. */
export function openCostApproval(world: World, index: number, finding: Finding, now: Now): string | undefined {
  const record = world.executions.record(index);
  const cause = finding.sourceId ?? finding.reason;
  for (const id of record.openApprovals) {
    const open = world.approvals.find(id);
    if (open?.state === "open" && open.cause === cause) return id;
  }
  const { tenant } = record.principal;
  const openOfTenant = world.approvals.openPerTenant.get(tenant) ?? 0;
  if (record.openApprovals.length >= MAX_OPEN_APPROVALS || openOfTenant >= MAX_OPEN_APPROVALS_PER_TENANT) return undefined;
  const row = world.approvals.allocate();
  const expiresAtMs = now.wallMs + world.policy.limits.approvalTimeoutMs;
  const entry: ApprovalRow = {
    row,
    approvalId: world.ids.approvalId(),
    executionId: record.id,
    index,
    tenant,
    cause,
    message: finding.message,
    currentNanoUsd: nanoUsdOf(finding.current),
    limitNanoUsd: nanoUsdOf(finding.limit),
    openedAtMs: now.wallMs,
    expiresAtMs,
    stamp: world.executions.stamp[index] as number,
    state: "open",
    answeredAtMs: undefined,
    answeredBy: undefined,
    note: undefined,
  };
  world.rows.approvals.touch(row);
  world.approvals.insert(entry);
  world.approvals.openPerTenant.set(tenant, openOfTenant + 1);
  world.rows.executionTexts.touch(index);
  record.openApprovals.push(entry.approvalId);
  world.deadlines.add(now.monoMs + world.policy.limits.approvalTimeoutMs, DEADLINE.approval, row, 0);
  pushEvent(world, index, "APPROVAL_OPENED", finding.message, now, { approvalId: entry.approvalId, finding });
  return entry.approvalId;
}

function nanoUsdOf(amount: Finding["current"]): bigint {
  return amount?.kind === "nanoUsd" ? amount.value : 0n;
}

/** What an approver decides. `thresholdNanoUsd` absent = what is spent and held plus one original threshold. */
export interface ApprovalAnswer {
  readonly approvalId: string;
  readonly approvedBy: string;
  readonly note: string | undefined;
  readonly thresholdNanoUsd?: bigint | undefined;
}

/**
 * Lets the paused run go on with a new threshold, not beyond `max_cost_usd` or the ceiling.
 * @throws TollgateError APPROVAL_NOT_FOUND, APPROVAL_ANSWERED, ABOVE_CEILING
 */
export function approve(world: World, answer: ApprovalAnswer, now: Now): ApprovalRow {
  const entry = getOpen(world, answer.approvalId);
  const { index } = entry;
  const record = world.executions.record(index);
  const spent = usedOf(world, index, SPENT.costNanoUsd) + heldOf(world, index, SPENT.costNanoUsd);
  const alert = record.limits.byKey.cost_alert_threshold_usd;
  const hard = record.limits.byKey.max_cost_usd?.value;
  const bound = smallest(hard, alert?.ceiling);
  const wanted = answer.thresholdNanoUsd ?? spent + entry.limitNanoUsd;
  if (answer.thresholdNanoUsd !== undefined && bound !== undefined && wanted > bound) {
    throw new TollgateError("ABOVE_CEILING", `threshold: ${wanted} nano-USD is above ${bound}, the most this execution may spend`, {
      fields: [{ field: "cost_threshold_nano_usd", description: `at most ${bound}` }],
    });
  }
  const threshold = bound !== undefined && wanted > bound ? bound : wanted;
  answered(world, entry, "approved", answer.approvedBy, answer.note, now);
  replaceLimits(world, index, { values: { cost_alert_threshold_usd: threshold }, custom: {} }, now);
  audit(world, index, "approve", answer.approvedBy, { approval: entry.approvalId, threshold_nano_usd: threshold }, now);
  if (world.executions.state[index] === STATE.paused) resumeExecution(world, index, `approved by ${answer.approvedBy}`, now);
  return entry;
}

/** @throws TollgateError APPROVAL_NOT_FOUND, APPROVAL_ANSWERED */
export function reject(world: World, answer: ApprovalAnswer, now: Now): ApprovalRow {
  const entry = getOpen(world, answer.approvalId);
  answered(world, entry, "rejected", answer.approvedBy, answer.note, now);
  audit(world, entry.index, "reject", answer.approvedBy, { approval: entry.approvalId }, now);
  const reason = answer.note === undefined || answer.note === "" ? "" : `: ${answer.note}`;
  haltExecution(world, entry.index, stateFinding("APPROVAL_REJECTED", `rejected by ${answer.approvedBy}${reason}`), now);
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
  answered(world, entry, "expired", "", undefined, now);
  if (world.policy.limits.onApprovalTimeout !== "halt") return;
  haltExecution(world, entry.index, stateFinding("APPROVAL_EXPIRED", `approval ${entry.approvalId} expired: nobody answered`), now);
}

/** The execution ended otherwise: its open questions are void. */
export function withdrawApprovals(world: World, index: number, now: Now): void {
  for (const id of [...world.executions.record(index).openApprovals]) {
    const entry = world.approvals.find(id);
    if (entry?.state === "open") answered(world, entry, "withdrawn", "", undefined, now);
  }
}

function answered(world: World, entry: ApprovalRow, state: ApprovalState, by: string, note: string | undefined, now: Now): void {
  world.rows.approvals.touch(entry.row);
  entry.state = state;
  entry.answeredAtMs = now.wallMs;
  entry.answeredBy = by;
  entry.note = note;
  const record = world.executions.record(entry.index);
  world.rows.executionTexts.touch(entry.index);
  record.openApprovals = record.openApprovals.filter((id) => id !== entry.approvalId);
  const open = (world.approvals.openPerTenant.get(entry.tenant) ?? 1) - 1;
  if (open > 0) world.approvals.openPerTenant.set(entry.tenant, open);
  else world.approvals.openPerTenant.delete(entry.tenant);
  world.generations.append("resolved_approvals", {
    at_ms: now.wallMs,
    tenant: entry.tenant,
    subject: entry.approvalId,
    kind: state,
    body: { ...entry },
  });
  pushEvent(world, entry.index, "APPROVAL_ANSWERED", `approval ${entry.approvalId} ${state}`, now, { approvalId: entry.approvalId });
  world.effects.push({ type: "approval_answered", approvalId: entry.approvalId });
}

function getOpen(world: World, approvalId: string): ApprovalRow {
  const entry = world.approvals.find(approvalId);
  if (entry === undefined) throw new TollgateError("APPROVAL_NOT_FOUND", `approval ${approvalId} is not known`);
  if (entry.state !== "open") throw new TollgateError("APPROVAL_ANSWERED", `approval ${approvalId} is ${entry.state} already`);
  return entry;
}

export function stateFinding(reason: Finding["reason"], message: string): Finding {
  return { verdict: "BLOCK", kind: "STATE", reason, message, category: "quota_exceeded", retryable: false, fatal: false };
}

function smallest(left: bigint | undefined, right: bigint | undefined): bigint | undefined {
  if (left === undefined) return right;
  return right === undefined || left < right ? left : right;
}
