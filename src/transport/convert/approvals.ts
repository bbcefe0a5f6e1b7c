import type { ApprovalState } from "../../domain/approval.ts";
import type { Finding } from "../../domain/decision.ts";
import type { ApprovalRow } from "../../engine/approvals/approval-table.ts";
import type { World } from "../../engine/world.ts";
import {
  type Approval,
  ApprovalKind,
  ApprovalState as WireState,
} from "../../gen/tollgate/enforcement/v1/approval_pb.ts";
import { findingToProto } from "./findings.ts";
import { timestampToProto } from "./times.ts";

export const APPROVAL_STATE_TO_PROTO: { readonly [S in ApprovalState]: WireState } = {
  open: WireState.OPEN,
  approved: WireState.APPROVED,
  rejected: WireState.REJECTED,
  expired: WireState.EXPIRED,
  withdrawn: WireState.WITHDRAWN,
  used: WireState.USED,
};

export function approvalToProto(world: World, entry: ApprovalRow): Approval {
  const { state, answeredAtMs, answeredBy, note } = entry;
  const byPerson = state === "approved" || state === "rejected" || state === "used";
  return {
    $typeName: "tollgate.enforcement.v1.Approval",
    approvalId: entry.approvalId,
    executionId: entry.executionId,
    tenant: entry.tenant,
    kind: ApprovalKind.EXECUTION,
    cause: entry.cause,
    message: entry.message,
    finding: findingToProto(findingOf(entry), entry.executionId),
    state: APPROVAL_STATE_TO_PROTO[state],
    openedAt: timestampToProto(entry.openedAtMs),
    expiresAt: timestampToProto(entry.expiresAtMs),
    answeredAt: answeredAtMs === undefined ? undefined : timestampToProto(answeredAtMs),
    answeredBy: byPerson ? answeredBy : undefined,
    note: byPerson ? note : undefined,
    groups: [],
    grantedThresholdNanoUsd: state === "approved" ? grantedThreshold(world, entry) : undefined,
  };
}

/** The cost alert that opened it, from what the approval keeps of it. */
function findingOf(entry: ApprovalRow): Finding {
  const { currentNanoUsd, limitNanoUsd } = entry;
  return {
    verdict: "PAUSE",
    kind: "LIMIT",
    reason: "COST_THRESHOLD",
    message: entry.message,
    violationType: "cost_threshold",
    category: "quota_exceeded",
    sourceId: entry.cause,
    current: { kind: "nanoUsd", value: currentNanoUsd },
    limit: { kind: "nanoUsd", value: limitNanoUsd },
    approvalId: entry.approvalId,
    executionId: entry.executionId,
    ...(limitNanoUsd === 0n ? {} : { percent: Number((currentNanoUsd * 100n) / limitNanoUsd) }),
  };
}

function grantedThreshold(world: World, entry: ApprovalRow): bigint | undefined {
  return world.executions.records[entry.index]?.adjusted.values.cost_alert_threshold_usd;
}
