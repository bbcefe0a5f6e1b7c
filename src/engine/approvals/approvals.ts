import {
  type ApprovalState,
  MAX_OPEN_APPROVALS,
  MAX_OPEN_APPROVALS_PER_TENANT,
} from "../../domain/approval.ts";
import type { Finding } from "../../domain/decision.ts";
import type { Now } from "../../domain/time.ts";
import { pushEvent } from "../events/push.ts";
import { appended } from "../executions/execution-table.ts";
import { DEADLINE } from "../time/deadlines.ts";
import type { World } from "../world.ts";
import type { ApprovalRow } from "./approval-table.ts";

// Questions about paused executions: opened and withdrawn here, answered in answer-approvals.ts.

/** Opens the approval of a cost alert, or finds the one that is open. Undefined when as many are open as may be. */
export function openCostApproval(
  world: World,
  index: number,
  finding: Finding,
  now: Now,
): string | undefined {
  const record = world.executions.record(index);
  const cause = finding.sourceId ?? finding.reason;
  for (const id of record.openApprovals) {
    const open = world.approvals.find(id);
    if (open?.state === "open" && open.cause === cause) return id;
  }
  const { tenant } = record.principal;
  const openOfTenant = world.approvals.openPerTenant.get(tenant) ?? 0;
  if (record.openApprovals.length >= MAX_OPEN_APPROVALS || openOfTenant >= MAX_OPEN_APPROVALS_PER_TENANT)
    return undefined;
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
  record.openApprovals = appended(record.openApprovals, entry.approvalId);
  world.deadlines.add(now.monoMs + world.policy.limits.approvalTimeoutMs, DEADLINE.approval, row, 0);
  pushEvent(world, index, "APPROVAL_OPENED", finding.message, now, { approvalId: entry.approvalId, finding });
  return entry.approvalId;
}

function nanoUsdOf(amount: Finding["current"]): bigint {
  return amount?.kind === "nanoUsd" ? amount.value : 0n;
}

/** The execution ended otherwise: its open questions are void. */
export function withdrawApprovals(world: World, index: number, now: Now): void {
  for (const id of [...world.executions.record(index).openApprovals]) {
    const entry = world.approvals.find(id);
    if (entry?.state === "open") closeApproval(world, entry, "withdrawn", "", undefined, now);
  }
}

/** Closes an approval: kept, told, and no longer counted as open. */
export function closeApproval(
  world: World,
  entry: ApprovalRow,
  state: ApprovalState,
  by: string,
  note: string | undefined,
  now: Now,
): void {
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
  pushEvent(world, entry.index, "APPROVAL_ANSWERED", `approval ${entry.approvalId} ${state}`, now, {
    approvalId: entry.approvalId,
  });
  world.effects.push({ type: "approval_answered", approvalId: entry.approvalId });
}
