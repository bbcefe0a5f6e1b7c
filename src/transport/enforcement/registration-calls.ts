import { TollgateError } from "../../domain/errors.ts";
import type { Registration } from "../../domain/execution.ts";
import type { ExecutionId } from "../../domain/ids.ts";
import { completeExecution } from "../../engine/executions/complete.ts";
import { registerExecution } from "../../engine/executions/register.ts";
import { stateOf, usageSnapshot } from "../../engine/executions/snapshot.ts";
import { keepUserValues } from "../../engine/guards/session/user-values.ts";
import { findExecution, findingsOf } from "../../engine/reservations/resolve.ts";
import type {
  CompleteExecutionRequest,
  CompleteExecutionResponse,
  RegisterExecutionRequest,
  RegisterExecutionResponse,
} from "../../gen/tollgate/enforcement/v1/execution_pb.ts";
import { decisionToProto, detailFromProto, reachedToProto, waitFromProto } from "../convert/decisions.ts";
import { STATE_TO_PROTO, snapshotToProto } from "../convert/executions.ts";
import { findingToProto } from "../convert/findings.ts";
import {
  carveFromProto,
  carveModeFromProto,
  effectiveLimitsToProto,
  limitsFromProto,
} from "../convert/limits.ts";
import { countDecision } from "../counters.ts";
import { labelsFromProto, principalFromProto, sessionFromProto } from "../pinned-identity.ts";
import type { ServiceContext } from "../service-context.ts";
import { policyOfRequest } from "../tenant-policy.ts";
import { COMPLETE_RULE, REGISTER_RULE } from "../validate/execution-rules.ts";
import { assertValid } from "../validate/rules.ts";

// How executions begin and end.

export async function callRegister(
  context: ServiceContext,
  request: RegisterExecutionRequest,
): Promise<RegisterExecutionResponse> {
  assertValid(request, REGISTER_RULE);
  if (context.streams.draining)
    throw new TollgateError("DRAINING", "the daemon stops and takes no new executions", {
      retryAfterMs: 1_000,
    });
  const registration = registrationFromProto(context, request);
  if (request.executionId !== "") await assertNotCompleted(context, request.executionId);
  const { host, caller } = context;
  // A parent that ended long ago is not an unknown one.
  if (registration.parentId !== undefined) await context.completed.restore(caller, registration.parentId);
  const detail = detailFromProto(request.detail);
  const { answer, stored } = host.turn((world, now) => {
    const { decision, index, rejoined } = registerExecution(world, caller, registration, now);
    countDecision(context.counters, "register", decision);
    if (index >= 0 && !rejoined) keepUserValues(world, index, request.userValues, now);
    return {
      answer: registeredToProto(index, rejoined, decisionToProto(decision, detail, registration.executionId)),
      stored: index >= 0,
    };
  });
  if (!stored) return answer;
  context.completed.forget(caller, registration.executionId);
  answer.reached = reachedToProto(await host.settled(waitFromProto(request.wait)));
  return answer;

  function registeredToProto(
    index: number,
    rejoined: boolean,
    decision: RegisterExecutionResponse["decision"],
  ): RegisterExecutionResponse {
    const { executions } = host.world;
    const known = index >= 0;
    return {
      $typeName: "tollgate.enforcement.v1.RegisterExecutionResponse",
      decision,
      executionId: registration.executionId,
      state: known ? STATE_TO_PROTO[stateOf(host.world, index)] : undefined,
      rejoined: rejoined ? true : undefined,
      sessionId: known ? executions.record(index).session : "",
      limits: known ? effectiveLimitsToProto(executions.record(index).limits) : [],
      lastEventNumber: known ? BigInt(executions.eventNumber.get(index)) : 0n,
    };
  }
}

function registrationFromProto(context: ServiceContext, request: RegisterExecutionRequest): Registration {
  const { world } = context.host;
  const { parent } = request;
  if (parent?.parent.case === "grant") {
    throw new TollgateError("GRANT_NOT_SUPPORTED", "parent.grant is reserved: name a parent of this daemon", {
      fields: [{ field: "parent.grant", description: "is not supported yet" }],
    });
  }
  const made = request.executionId === "" ? `exec-${world.ids.decisionId()}` : request.executionId;
  const principal = principalFromProto(request.principal, context.pinned);
  const labels = labelsFromProto(request.labels, context.pinned);
  const parentId = parent?.parent.case === "executionId" ? (parent.parent.value as ExecutionId) : undefined;
  const { limits } = policyOfRequest(world, context.caller, parentId, principal, labels);
  return {
    executionId: made as ExecutionId,
    // A child that names nobody has its parent's principal; the parent was held to what is pinned.
    principal: parent !== undefined && request.principal === undefined ? undefined : principal,
    session: parent === undefined ? sessionFromProto(request.sessionId, context.pinned) : request.sessionId,
    labels,
    parentId,
    discovered: request.discovered === true,
    requested: limitsFromProto(request.limits, limits.customCounters),
    carve: carveFromProto(request.carve),
    carveMode: carveModeFromProto(request.carveMode),
  };
}

/** An id that completed longer ago than memory goes back is still taken. */
async function assertNotCompleted(context: ServiceContext, executionId: string): Promise<void> {
  const { completed, caller } = context;
  if (!completed.isMissing(caller, executionId)) return;
  if ((await completed.find(caller, executionId)) === undefined) return;
  throw new TollgateError("EXECUTION_COMPLETED", `execution ${executionId} has ended; register another id`);
}

export async function callComplete(
  context: ServiceContext,
  request: CompleteExecutionRequest,
): Promise<CompleteExecutionResponse> {
  assertValid(request, COMPLETE_RULE);
  const { host, caller } = context;
  await context.completed.restore(caller, request.executionId);
  const answer = host.turn((world, now): CompleteExecutionResponse => {
    const index = findExecution(world, caller, request.executionId);
    completeExecution(world, index, now);
    return {
      $typeName: "tollgate.enforcement.v1.CompleteExecutionResponse",
      usage: snapshotToProto(usageSnapshot(world, index, now)),
      findings: findingsOf(world, index, now).map((one) => findingToProto(one, request.executionId)),
    };
  });
  answer.reached = reachedToProto(await host.settled(waitFromProto(request.wait)));
  return answer;
}
