import {
  type ApprovalKind,
  type ApprovalState,
  MAX_KNOWN_APPROVALS,
  MAX_OPEN_APPROVALS,
  MAX_OPEN_APPROVALS_PER_TENANT,
} from "../../domain/approval.ts";
import type { Finding } from "../../domain/decision.ts";
import type { Now } from "../../domain/time.ts";
import { pushEvent } from "../events/push.ts";
import { DEADLINE } from "../time/deadlines.ts";
import type { World } from "../world.ts";
import type { ApprovalRow } from "./approval-table.ts";

// Questions to people: about a paused execution, or about one operation. Opened and withdrawn here, answered in
// answer-approvals.ts, redeemed in redeem-approvals.ts.

export interface Question {
  readonly kind: ApprovalKind;
  readonly cause: string;
  readonly finding: Finding;
  readonly digest: string | undefined;
  readonly operation: string | undefined;
}

/** What a finding asks about: the policy key, else the id of what fired, else its reason. */
export function causeOf(finding: Finding): string {
  return finding.setting ?? finding.sourceId ?? finding.reason;
}

/** The question about a paused execution. */
export function executionQuestion(finding: Finding): Question {
  return { kind: "execution", cause: causeOf(finding), finding, digest: undefined, operation: undefined };
}

/** The approval of the same cause and intent: the one that is open or granted, else the one that was answered last. */
export function findApproval(
  world: World,
  index: number,
  { kind, cause, digest }: Pick<Question, "kind" | "cause" | "digest">,
): ApprovalRow | undefined {
  let found: ApprovalRow | undefined;
  for (const row of world.approvals.ofExecution(index)) {
    const entry = world.approvals.entries[row];
    if (entry === undefined || entry.kind !== kind || entry.cause !== cause || entry.digest !== digest)
      continue;
    if (entry.state === "open") return entry;
    if (entry.state === "withdrawn") continue;
    if (found === undefined || isLater(entry, found)) found = entry;
  }
  return found;
}

function isLater(one: ApprovalRow, other: ApprovalRow): boolean {
  if ((one.state === "approved") !== (other.state === "approved")) return one.state === "approved";
  return (one.answeredAtMs ?? 0) >= (other.answeredAtMs ?? 0);
}

/** Opens an approval, or finds the one that is open. Undefined when as many are open as may be. */
export function openApproval(world: World, index: number, question: Question, now: Now): string | undefined {
  const known = findApproval(world, index, question);
  if (known?.state === "open") return known.approvalId;
  const record = world.executions.record(index);
  const { tenant } = record.principal;
  const openOfTenant = world.approvals.openPerTenant.get(tenant) ?? 0;
  if (record.openApprovals.length >= MAX_OPEN_APPROVALS || openOfTenant >= MAX_OPEN_APPROVALS_PER_TENANT)
    return undefined;
  if (world.approvals.countOf(index) >= MAX_KNOWN_APPROVALS) return undefined;
  const row = world.approvals.allocate();
  const timeoutMs = record.policy.limits.approvalTimeoutMs;
  const { finding } = question;
  const entry: ApprovalRow = {
    row,
    approvalId: world.ids.approvalId(),
    executionId: record.id,
    index,
    tenant,
    ...question,
    message: finding.message,
    groups: record.policy.settings.approvals.groups ?? NO_GROUPS,
    openedAtMs: now.wallMs,
    expiresAtMs: now.wallMs + timeoutMs,
    stamp: world.executions.stamp.get(index),
    state: "open",
    answeredAtMs: undefined,
    answeredBy: undefined,
    note: undefined,
  };
  world.rows.approvals.touch(row);
  world.approvals.insert(entry);
  world.approvals.openPerTenant.set(tenant, openOfTenant + 1);
  world.rows.executionTexts.touch(index);
  record.openApprovals = [...record.openApprovals, entry.approvalId];
  world.deadlines.add(now.monoMs + timeoutMs, DEADLINE.approval, row, 0);
  const { approvalId } = entry;
  pushEvent(world, index, "APPROVAL_OPENED", finding.message, now, {
    approvalId,
    finding: { ...finding, approvalId },
  });
  return approvalId;
}

const NO_GROUPS: readonly string[] = Object.freeze([]);

/** The execution ended otherwise, or an operator answered: its open questions are void. */
export function withdrawApprovals(world: World, index: number, now: Now, kind?: ApprovalKind): void {
  for (const id of world.executions.record(index).openApprovals) {
    const entry = world.approvals.find(id);
    if (entry?.state !== "open" || (kind !== undefined && entry.kind !== kind)) continue;
    closeApproval(world, entry, "withdrawn", "", undefined, now);
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
  keepAnswer(world, entry, now);
  pushEvent(world, entry.index, "APPROVAL_ANSWERED", `approval ${entry.approvalId} ${state}`, now, {
    approvalId: entry.approvalId,
  });
  world.effects.push({ type: "approval_answered", approvalId: entry.approvalId });
}

/** A row of history: how an approval ended, or that it was redeemed. */
export function keepAnswer(world: World, entry: ApprovalRow, now: Now): void {
  world.generations.append("resolved_approvals", {
    at_ms: now.wallMs,
    tenant: entry.tenant,
    subject: entry.approvalId,
    kind: entry.state,
    body: { ...entry, caller: world.executions.recordAt(entry.index)?.caller },
  });
}
