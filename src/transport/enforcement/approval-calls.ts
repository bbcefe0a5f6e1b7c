import { TollgateError } from "../../domain/errors.ts";
import type { ApprovalRow } from "../../engine/approvals/approval-table.ts";
import type {
  GetApprovalRequest,
  GetApprovalResponse,
} from "../../gen/tollgate/enforcement/v1/approval_pb.ts";
import { approvalToProto } from "../convert/approvals.ts";
import { durationFromProto } from "../convert/times.ts";
import type { UnaryCall } from "../handler.ts";
import { assertStreamRoom, type ServiceContext } from "../service-context.ts";
import { GET_APPROVAL_RULE } from "../validate/execution-rules.ts";
import { assertValid } from "../validate/rules.ts";

/** One approval of the caller's executions; waits for its answer where the request says so. */
export async function callGetApproval(
  context: ServiceContext,
  request: GetApprovalRequest,
  call: UnaryCall,
): Promise<GetApprovalResponse> {
  assertValid(request, GET_APPROVAL_RULE);
  const entry = getApproval(context, request.approvalId);
  const waitMs = request.waitUpTo === undefined ? 0 : durationFromProto(request.waitUpTo);
  if (entry.state === "open" && waitMs > 0 && !context.streams.draining) {
    assertStreamRoom(context);
    context.counters.waitingPolls++;
    const { answered, stop } = context.approvals.wait(request.approvalId, waitMs);
    call.on("cancelled", stop);
    try {
      await answered;
    } finally {
      context.counters.waitingPolls--;
    }
  }
  return {
    $typeName: "tollgate.enforcement.v1.GetApprovalResponse",
    approval: approvalToProto(context.host.world, entry),
  };
}

/** Another caller's approval is not found. */
function getApproval(context: ServiceContext, approvalId: string): ApprovalRow {
  const { approvals, executions } = context.host.world;
  const entry = approvals.find(approvalId);
  if (entry !== undefined && executions.recordAt(entry.index)?.caller === context.caller) return entry;
  throw new TollgateError("APPROVAL_NOT_FOUND", `approval ${approvalId} is not known`);
}
