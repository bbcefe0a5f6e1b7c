import { listExecutions, placeOf } from "../../engine/executions/list-executions.ts";
import { canonicalText } from "../../engine/executions/register.ts";
import { findExecution } from "../../engine/reservations/resolve.ts";
import type {
  GetExecutionRequest,
  GetExecutionResponse,
  ListExecutionsRequest,
  ListExecutionsResponse,
} from "../../gen/tollgate/enforcement/v1/execution_pb.ts";
import { executionToProto, statesFromProto, summaryToProto } from "../convert/executions.ts";
import { formatPageToken, pageSizeFromProto, parsePageToken } from "../convert/page-tokens.ts";
import type { ServiceContext } from "../service-context.ts";
import { GET_EXECUTION_RULE, LIST_EXECUTIONS_RULE } from "../validate/execution-rules.ts";
import { assertValid } from "../validate/rules.ts";

/** One execution as it stands; a completed one is looked up in the file when memory has forgotten it. */
export function callGetExecution(
  context: ServiceContext,
  request: GetExecutionRequest,
): GetExecutionResponse | Promise<GetExecutionResponse> {
  assertValid(request, GET_EXECUTION_RULE);
  const { completed, caller } = context;
  if (!completed.isMissing(caller, request.executionId)) return getExecution(context, request.executionId);
  return completed
    .restore(caller, request.executionId)
    .then(() => getExecution(context, request.executionId));
}

function getExecution(context: ServiceContext, executionId: string): GetExecutionResponse {
  const { world } = context.host;
  const index = findExecution(world, context.caller, executionId);
  return {
    $typeName: "tollgate.enforcement.v1.GetExecutionResponse",
    execution: executionToProto(world, index, context.host.now()),
  };
}

/** The caller's executions in memory, newest first. */
export function callListExecutions(
  context: ServiceContext,
  request: ListExecutionsRequest,
): ListExecutionsResponse {
  assertValid(request, LIST_EXECUTIONS_RULE);
  const { world } = context.host;
  const { parentExecutionId: parentId, sessionId: session, states } = request;
  const filters = canonicalText({ parentId, session, states });
  const after = parsePageToken(request.pageToken, filters);
  const size = pageSizeFromProto(request.pageSize);
  const filter = { caller: context.caller, parentId, session, states: statesFromProto(states) };
  const place = after === undefined ? undefined : { startedWall: after.number, key: after.key };
  const found = listExecutions(world, filter, place, size + 1);
  const page = found.slice(0, size);
  const now = context.host.now();
  const last =
    page.length === 0 || found.length <= size ? undefined : placeOf(world, page[page.length - 1] as number);
  return {
    $typeName: "tollgate.enforcement.v1.ListExecutionsResponse",
    executions: page.map((index) => summaryToProto(world, index, now)),
    nextPageToken: last === undefined ? "" : formatPageToken(last.startedWall, last.key, filters),
  };
}
