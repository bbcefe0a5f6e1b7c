import type { ApprovalState, ApprovalKind as DomainKind } from "../../domain/approval.ts";
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

export const APPROVAL_KIND_TO_PROTO: { readonly [K in DomainKind]: ApprovalKind } = {
  execution: ApprovalKind.EXECUTION,
  operation: ApprovalKind.OPERATION,
};

export function approvalToProto(world: World, entry: ApprovalRow): Approval {
  const { state, answeredAtMs, answeredBy, note } = entry;
  const byPerson = state === "approved" || state === "rejected" || state === "used";
  return {
    $typeName: "tollgate.enforcement.v1.Approval",
    approvalId: entry.approvalId,
    executionId: entry.executionId,
    tenant: entry.tenant,
    kind: APPROVAL_KIND_TO_PROTO[entry.kind],
    cause: entry.cause,
    message: entry.message,
    finding: findingToProto({ ...entry.finding, approvalId: entry.approvalId }, entry.executionId),
    state: APPROVAL_STATE_TO_PROTO[state],
    openedAt: timestampToProto(entry.openedAtMs),
    expiresAt: timestampToProto(entry.expiresAtMs),
    answeredAt: answeredAtMs === undefined ? undefined : timestampToProto(answeredAtMs),
    answeredBy: byPerson ? answeredBy : undefined,
    note: byPerson ? note : undefined,
    groups: [...entry.groups],
    intentDigest: entry.digest,
    operation: entry.operation,
    grantedThresholdNanoUsd: state === "approved" ? grantedThreshold(world, entry) : undefined,
  };
}

function grantedThreshold(world: World, entry: ApprovalRow): bigint | undefined {
  if (entry.cause !== "cost_alert_threshold_usd") return undefined;
  return world.executions.recordAt(entry.index)?.adjusted.values.cost_alert_threshold_usd;
}
