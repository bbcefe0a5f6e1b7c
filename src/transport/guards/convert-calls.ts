import type { RequestedPrincipal } from "../../domain/execution.ts";
import { HOLD_TTL_DEFAULT_MS } from "../../domain/reservation.ts";
import { canonicalText } from "../../engine/executions/register.ts";
import type { PlanRequest } from "../../engine/guards/calls/check-plan.ts";
import type { ToolCallRequest, ToolOutputRequest } from "../../engine/guards/calls/tool-requests.ts";
import type { Capability } from "../../engine/guards/guard.ts";
import type {
  CheckPlanRequest,
  CheckToolCallRequest,
  CheckToolOutputRequest,
} from "../../gen/tollgate/enforcement/v1/tool_call_pb.ts";
import { detailFromProto } from "../convert/decisions.ts";
import { operationFromProto } from "../convert/intents.ts";
import { durationFromProto } from "../convert/times.ts";

// From the wire to what the engine asks the guards.

/** Facts that were fetched before the engine's turn. */
export interface FetchedFacts {
  readonly capability: Capability | undefined;
  readonly addresses: ReadonlyMap<string, readonly string[]> | undefined;
}

export const NO_FACTS: FetchedFacts = { capability: undefined, addresses: undefined };

export function toolCallFromProto(
  request: CheckToolCallRequest,
  principal: RequestedPrincipal | undefined,
  facts: FetchedFacts,
): ToolCallRequest {
  const { reserve, step, operation } = request;
  return {
    executionId: request.executionId,
    callId: request.callId,
    tool: request.tool,
    argumentsJson: request.argumentsJson,
    namespace: request.namespace,
    turnId: request.turnId,
    planId: request.planId,
    idempotencyKey: request.idempotencyKey,
    capability: facts.capability,
    parents: request.parents,
    reserve: reserve === undefined ? undefined : reserveFromProto(reserve),
    operation: operation === undefined ? undefined : operationFromProto(operation),
    step: step === undefined ? undefined : { ...step, entersDepth: step.entersDepth === true },
    route: request.route,
    provider: request.provider,
    weight: request.weight ?? 1n,
    detail: detailFromProto(request.detail),
    acceptsRepair: request.acceptsRepair === true,
    allowChanges: request.allowChanges === true,
    approvalId: request.approvalId,
    labels: request.labels,
    scopes: request.scopes,
    sourceIp: request.sourceIp,
    principal,
    addresses: facts.addresses,
    fingerprint: () => fingerprintOf(request),
  };
}

function reserveFromProto({
  estimate,
  timeToLive,
}: NonNullable<CheckToolCallRequest["reserve"]>): NonNullable<ToolCallRequest["reserve"]> {
  return {
    estimate: {
      tokens: estimate?.tokens,
      costNanoUsd: estimate?.costNanoUsd,
      custom: estimate?.custom ?? {},
      toolCalls: estimate?.toolCalls ?? 0n,
      modifications: estimate?.modifications ?? 0n,
    },
    ttlMs: timeToLive === undefined ? HOLD_TTL_DEFAULT_MS : durationFromProto(timeToLive),
  };
}

/** All that is asked, not how it is answered. */
function fingerprintOf(request: CheckToolCallRequest): string {
  const { $typeName: _name, detail: _detail, wait: _wait, approvalId: _approval, ...asked } = request;
  return canonicalText({ ...asked, argumentsJson: textOf(request.argumentsJson) });
}

function textOf(bytes: Uint8Array | undefined): string | undefined {
  return bytes === undefined ? undefined : Buffer.from(bytes).toString("base64");
}

export function toolOutputFromProto(request: CheckToolOutputRequest): ToolOutputRequest {
  const { duration, usage } = request;
  const { $typeName: _name, detail: _detail, wait: _wait, ...asked } = request;
  return {
    executionId: request.executionId,
    callId: request.callId,
    outputJson: request.outputJson,
    durationMs: duration === undefined ? undefined : durationFromProto(duration),
    errorClass: request.errorClass,
    usage,
    provider: request.provider,
    model: request.model,
    detail: detailFromProto(request.detail),
    acceptsRepair: request.acceptsRepair === true,
    fingerprint: () => canonicalText({ ...asked, outputJson: textOf(request.outputJson) }),
  };
}

export function planFromProto(
  request: CheckPlanRequest,
  principal: RequestedPrincipal | undefined,
): PlanRequest {
  return {
    executionId: request.executionId,
    planId: request.planId,
    turnId: request.turnId,
    calls: request.calls,
    detail: detailFromProto(request.detail),
    acceptsRepair: request.acceptsRepair === true,
    allowChanges: request.allowChanges === true,
    labels: request.labels,
    scopes: request.scopes,
    sourceIp: request.sourceIp,
    principal,
  };
}
