import { create, type DescMessage, type MessageInitShape, type MessageShape } from "@bufbuild/protobuf";
import { parseUsd } from "../../domain/amounts.ts";
import type { ApprovalKind, ApprovalState } from "../../domain/approval.ts";
import { invalidField, TollgateError } from "../../domain/errors.ts";
import { type ApprovalAnswer, approve, reject } from "../../engine/approvals/answer-approvals.ts";
import type { ApprovalRow } from "../../engine/approvals/approval-table.ts";
import { listApprovals } from "../../engine/approvals/list-approvals.ts";
import { canonicalText } from "../../engine/executions/register.ts";
import type { World } from "../../engine/world.ts";
import {
  type ApprovalService,
  type ApprovalServiceApproveRequest,
  ApprovalServiceApproveResponseSchema,
  type ApprovalServiceListRequest,
  type ApprovalServiceListResponse,
  type ApprovalServiceRejectRequest,
  ApprovalServiceRejectResponseSchema,
} from "../../gen/tollgate/admin/v1/approval_service_pb.ts";
import { WaitMode } from "../../gen/tollgate/enforcement/v1/request_pb.ts";
import { APPROVAL_KIND_TO_PROTO, APPROVAL_STATE_TO_PROTO } from "../convert/approvals.ts";
import { formatPageToken, pageSizeFromProto, parsePageToken } from "../convert/page-tokens.ts";
import { durationFromProto } from "../convert/times.ts";
import type { Implementation } from "../handler.ts";
import { assertValid } from "../validate/rules.ts";
import { ADMIN_ACTOR, type AdminContext } from "./admin-context.ts";
import { APPROVE_RULE, GET_APPROVAL_ADMIN_RULE, LIST_APPROVALS_RULE, REJECT_RULE } from "./admin-rules.ts";
import { ApprovalFeed, ApprovalWatch, adminApproval, approvalEtag } from "./approval-watch.ts";
import { assertEtag } from "./execution-targets.ts";

/** What people answer, at the door of operators. */
export function createApprovalAdminService(context: AdminContext): Implementation<typeof ApprovalService> {
  const feed = new ApprovalFeed(context.host, context.observer);
  const { host } = context;
  return {
    list: (request) => list(context, request),
    get: (request) => {
      assertValid(request, GET_APPROVAL_ADMIN_RULE);
      const approval = adminApproval(host.world, getApproval(host.world, request.approvalId));
      return { $typeName: "tollgate.admin.v1.ApprovalServiceGetResponse", approval };
    },
    approve: (request) => {
      assertValid(request, APPROVE_RULE);
      const { approvalId, note, thresholdUsd, timeExtension } = request;
      const thresholdNanoUsd = thresholdUsd === undefined ? undefined : thresholdOf(thresholdUsd);
      const extensionMs = timeExtension === undefined ? undefined : durationFromProto(timeExtension);
      const given = { approvalId, approvedBy: ADMIN_ACTOR, note, thresholdNanoUsd, extensionMs };
      return answer(context, ApprovalServiceApproveResponseSchema, request, approve, given);
    },
    reject: (request) => {
      assertValid(request, REJECT_RULE);
      const given = { approvalId: request.approvalId, approvedBy: ADMIN_ACTOR, note: request.note };
      return answer(context, ApprovalServiceRejectResponseSchema, request, reject, given);
    },
    watch: (request, call) => {
      ApprovalWatch.open(context, feed, request, call);
    },
  };
}

function answer<D extends DescMessage>(
  { host, requests }: AdminContext,
  schema: D,
  { requestId, wait, etag }: ApprovalServiceApproveRequest | ApprovalServiceRejectRequest,
  verb: typeof approve,
  given: ApprovalAnswer,
): Promise<MessageShape<D>> {
  const content = canonicalText({ verb: schema.typeName, ...given, etag });
  return requests.once(schema, { requestId, wait, content }, (keep) =>
    host.turn((world, now) => {
      if (etag !== undefined) assertEtag(approvalEtag(getApproval(world, given.approvalId)), etag);
      const approval = adminApproval(world, verb(world, given, now));
      const message = create(schema, {
        approval,
        reached: WaitMode.ACCEPTED,
      } as object as MessageInitShape<D>);
      keep(message);
      return message;
    }),
  );
}

function thresholdOf(text: string): bigint {
  try {
    return parseUsd(text);
  } catch (error) {
    throw invalidField(
      "threshold_usd",
      error instanceof RangeError ? error.message : "is no amount of money",
    );
  }
}

const ALL_KINDS = Object.keys(APPROVAL_KIND_TO_PROTO) as ApprovalKind[];
const ALL_STATES = Object.keys(APPROVAL_STATE_TO_PROTO) as ApprovalState[];

function list(context: AdminContext, request: ApprovalServiceListRequest): ApprovalServiceListResponse {
  assertValid(request, LIST_APPROVALS_RULE);
  const { world } = context.host;
  const { tenant, executionId, states, kind } = request;
  const wanted = ALL_STATES.filter(
    (state) => states.length === 0 || states.includes(APPROVAL_STATE_TO_PROTO[state]),
  );
  const filters = canonicalText({ tenant, executionId, states, kind });
  const after = parsePageToken(request.pageToken, filters);
  const size = pageSizeFromProto(request.pageSize);
  const place = after === undefined ? undefined : { openedAtMs: after.number, approvalId: after.key };
  const wantedKind = ALL_KINDS.find((one) => APPROVAL_KIND_TO_PROTO[one] === kind);
  const filter = { tenant, executionId, states: new Set(wanted), kind: wantedKind };
  const found = listApprovals(world, filter, place, size + 1);
  const last = found.length <= size ? undefined : found[size - 1];
  return {
    $typeName: "tollgate.admin.v1.ApprovalServiceListResponse",
    approvals: found.slice(0, size).map((entry) => adminApproval(world, entry)),
    nextPageToken: last === undefined ? "" : formatPageToken(last.openedAtMs, last.approvalId, filters),
  };
}

function getApproval(world: World, approvalId: string): ApprovalRow {
  const entry = world.approvals.find(approvalId);
  if (entry !== undefined) return entry;
  throw new TollgateError("APPROVAL_NOT_FOUND", `approval ${approvalId} is not known`);
}
