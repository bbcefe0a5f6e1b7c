import { invalidField } from "../../domain/errors.ts";
import type { LimitKey } from "../../domain/limits.ts";
import { LIMIT_KEYS } from "../../domain/limits.ts";
import type { Now } from "../../domain/time.ts";
import {
  adjustByOperator,
  haltByOperator,
  pauseByOperator,
  resumeByOperator,
} from "../../engine/executions/administer.ts";
import { type ExecutionFilter, listExecutions, placeOf } from "../../engine/executions/list-executions.ts";
import { canonicalText } from "../../engine/executions/register.ts";
import { resetSession } from "../../engine/guards/session/sessions.ts";
import type { World } from "../../engine/world.ts";
import {
  type AdminExecution,
  type ExecutionAdminService,
  type ExecutionAdminServiceAdjustLimitsRequest,
  type ExecutionAdminServiceAdjustLimitsResponse,
  ExecutionAdminServiceAdjustLimitsResponseSchema,
  ExecutionAdminServiceHaltResponseSchema,
  type ExecutionAdminServiceListRequest,
  type ExecutionAdminServiceListResponse,
  ExecutionAdminServicePauseResponseSchema,
  type ExecutionAdminServiceResetSessionRequest,
  type ExecutionAdminServiceResetSessionResponse,
  ExecutionAdminServiceResetSessionResponseSchema,
  ExecutionAdminServiceResumeResponseSchema,
} from "../../gen/tollgate/admin/v1/execution_admin_service_pb.ts";
import { WaitMode } from "../../gen/tollgate/enforcement/v1/request_pb.ts";
import { executionToProto, statesFromProto, summaryToProto } from "../convert/executions.ts";
import { effectiveLimitsToProto } from "../convert/limits.ts";
import { formatPageToken, pageSizeFromProto, parsePageToken } from "../convert/page-tokens.ts";
import { timestampFromProto } from "../convert/times.ts";
import type { Implementation } from "../handler.ts";
import { assertValid } from "../validate/rules.ts";
import { ADMIN_ACTOR, type AdminContext } from "./admin-context.ts";
import { ADJUST_RULE, GET_RULE, LIST_RULE, RESET_SESSION_RULE } from "./admin-rules.ts";
import { changeExecutions } from "./change-executions.ts";
import { assertEtag, executionEtag, getTarget } from "./execution-targets.ts";
import { adjustmentsFromProto, adjustmentsToProto } from "./limit-adjustments.ts";

/** What operators do with executions, at the door of operators. */
export function createExecutionAdminService(
  context: AdminContext,
): Implementation<typeof ExecutionAdminService> {
  return {
    list: (request) => list(context, request),
    get: (request) => {
      assertValid(request, GET_RULE);
      const { world } = context.host;
      const index = getTarget(world, request.executionId, request.caller);
      const execution = adminExecution(world, index, context.host.now());
      return { $typeName: "tollgate.admin.v1.ExecutionAdminServiceGetResponse", execution };
    },
    pause: (request) =>
      changeExecutions(context, ExecutionAdminServicePauseResponseSchema, request, (world, index, now) => {
        pauseByOperator(world, index, ADMIN_ACTOR, request.note, now);
        return undefined;
      }),
    resume: (request) =>
      changeExecutions(context, ExecutionAdminServiceResumeResponseSchema, request, (world, index, now) =>
        resumeByOperator(world, index, ADMIN_ACTOR, request.note, now),
      ),
    halt: (request) =>
      changeExecutions(context, ExecutionAdminServiceHaltResponseSchema, request, (world, index, now) => {
        haltByOperator(world, index, ADMIN_ACTOR, request.note, now);
        return undefined;
      }),
    adjustLimits: (request) => adjustLimits(context, request),
    resetSession: (request) => callResetSession(context, request),
  };
}

function list(
  context: AdminContext,
  request: ExecutionAdminServiceListRequest,
): ExecutionAdminServiceListResponse {
  assertValid(request, LIST_RULE);
  const { world } = context.host;
  const { registeredFrom, registeredBefore } = request;
  const filter: ExecutionFilter = {
    tenant: request.tenant,
    team: request.team,
    user: request.user,
    agent: request.agent,
    session: request.sessionId,
    parentId: request.parentExecutionId,
    rootId: request.rootExecutionId,
    labels: request.labels,
    registeredFromMs: registeredFrom === undefined ? undefined : timestampFromProto(registeredFrom),
    registeredBeforeMs: registeredBefore === undefined ? undefined : timestampFromProto(registeredBefore),
  };
  const filters = canonicalText({ ...filter, states: request.states });
  const after = parsePageToken(request.pageToken, filters);
  const size = pageSizeFromProto(request.pageSize);
  const place = after === undefined ? undefined : { startedWall: after.number, key: after.key };
  const found = listExecutions(
    world,
    { ...filter, states: statesFromProto(request.states) },
    place,
    size + 1,
  );
  const now = context.host.now();
  const last = found.length <= size ? undefined : placeOf(world, found[size - 1] as number);
  return {
    $typeName: "tollgate.admin.v1.ExecutionAdminServiceListResponse",
    executions: found.slice(0, size).map((index) => ({
      $typeName: "tollgate.admin.v1.AdminExecutionSummary",
      execution: summaryToProto(world, index, now),
      caller: world.executions.record(index).caller,
    })),
    nextPageToken: last === undefined ? "" : formatPageToken(last.startedWall, last.key, filters),
  };
}

function adminExecution(world: World, index: number, now: Now): AdminExecution {
  const record = world.executions.record(index);
  return {
    $typeName: "tollgate.admin.v1.AdminExecution",
    execution: executionToProto(world, index, now),
    caller: record.caller,
    etag: executionEtag(world, index),
    adjustments: adjustmentsToProto(record),
  };
}

function adjustLimits(
  { host, requests }: AdminContext,
  request: ExecutionAdminServiceAdjustLimitsRequest,
): Promise<ExecutionAdminServiceAdjustLimitsResponse> {
  assertValid(request, ADJUST_RULE);
  const { requestId, wait, ...asked } = request;
  const change = withResets(adjustmentsFromProto(request.adjustments), request.resetKeys);
  const write = { requestId, wait, content: canonicalText({ verb: "adjust", ...asked }) };
  return requests.once(ExecutionAdminServiceAdjustLimitsResponseSchema, write, (keep) =>
    host.turn((world, now): ExecutionAdminServiceAdjustLimitsResponse => {
      const index = getTarget(world, request.executionId, request.caller);
      assertEtag(executionEtag(world, index), request.etag);
      const record = world.executions.record(index);
      for (const name of Object.keys(change.custom)) {
        if (record.limits.custom[name] === undefined)
          throw invalidField("adjustments", `custom.${name} is not a limit of this execution`);
      }
      adjustByOperator(world, index, change, ADMIN_ACTOR, request.note, now);
      const answer: ExecutionAdminServiceAdjustLimitsResponse = {
        $typeName: "tollgate.admin.v1.ExecutionAdminServiceAdjustLimitsResponse",
        limits: effectiveLimitsToProto(record.limits),
        etag: executionEtag(world, index),
        reached: WaitMode.ACCEPTED,
      };
      keep(answer);
      return answer;
    }),
  );
}

function callResetSession(
  { host, requests }: AdminContext,
  request: ExecutionAdminServiceResetSessionRequest,
): Promise<ExecutionAdminServiceResetSessionResponse> {
  assertValid(request, RESET_SESSION_RULE);
  const { requestId, wait, ...asked } = request;
  const { sessionId, tenant, caller, guardIds, note } = request;
  const write = { requestId, wait, content: canonicalText({ verb: "reset", ...asked }) };
  return requests.once(ExecutionAdminServiceResetSessionResponseSchema, write, (keep) =>
    host.turn((world, now): ExecutionAdminServiceResetSessionResponse => {
      const place = { tenant, sessionId, caller };
      const changed = resetSession(world, place, guardIds, ADMIN_ACTOR, note, now);
      const answer: ExecutionAdminServiceResetSessionResponse = {
        $typeName: "tollgate.admin.v1.ExecutionAdminServiceResetSessionResponse",
        reached: changed ? WaitMode.ACCEPTED : undefined,
      };
      keep(answer);
      return answer;
    }),
  );
}

/** A key that is reset has no adjusted value any more. */
function withResets(
  change: ReturnType<typeof adjustmentsFromProto>,
  resetKeys: readonly string[],
): ReturnType<typeof adjustmentsFromProto> {
  const values: { [K in LimitKey]?: bigint } = { ...change.values };
  const custom: { [name: string]: bigint } = { ...change.custom };
  for (const key of resetKeys) {
    const isCustom = key.startsWith("custom.");
    if (!isCustom && !(LIMIT_KEYS as readonly string[]).includes(key))
      throw invalidField("reset_keys", `${key} is not the key of a limit`);
    if (isCustom) custom[key.slice("custom.".length)] = undefined as never;
    else values[key as LimitKey] = undefined as never;
  }
  return { values, custom };
}
