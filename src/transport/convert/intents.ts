import type { RequestedPrincipal } from "../../domain/execution.ts";
import type { Ask, Content, Intent, NetworkTarget, Operation } from "../../domain/intent.ts";
import type { HoldRequest } from "../../domain/reservation.ts";
import { HOLD_TTL_DEFAULT_MS } from "../../domain/reservation.ts";
import { NO_USAGE } from "../../domain/usage.ts";
import { canonicalText } from "../../engine/executions/register.ts";
import type { SettleRequest as DomainSettle } from "../../engine/reservations/resolve.ts";
import type { ChargeRequest, CheckRequest } from "../../gen/tollgate/enforcement/v1/check_pb.ts";
import {
  ContentDirection,
  type Content as WireContent,
  type Intent as WireIntent,
  type Operation as WireOperation,
  type NetworkTarget as WireTarget,
} from "../../gen/tollgate/enforcement/v1/intent_pb.ts";
import type { ReserveRequest, SettleRequest } from "../../gen/tollgate/enforcement/v1/reservation_pb.ts";
import { detailFromProto } from "./decisions.ts";
import { durationFromProto } from "./times.ts";

const NO_CUSTOM = Object.freeze({});

/** An intent that names nothing: it takes nothing and can carry a step's timeout. */
function isEmpty(intent: WireIntent): boolean {
  return (
    intent.step === undefined &&
    intent.estimate === undefined &&
    intent.provider === undefined &&
    intent.model === undefined &&
    intent.route === undefined &&
    POLICY_PARTS.every((part) => intent[part] === undefined)
  );
}

/** Parts of an intent that only policies and guards judge. */
const POLICY_PARTS = ["operation", "networkTarget", "content", "tool", "feature", "integration"] as const;

export function intentFromProto(intent: WireIntent): Intent {
  const { step, estimate, weight, operation, networkTarget, content } = intent;
  return {
    step,
    entersDepth: step?.entersDepth === true,
    tokens: estimate?.tokens,
    costNanoUsd: estimate?.costNanoUsd,
    custom: estimate?.custom ?? NO_CUSTOM,
    weight: weight ?? (isEmpty(intent) ? 0n : 1n),
    toolCalls: estimate?.toolCalls ?? 0n,
    modifications: estimate?.modifications ?? 0n,
    provider: intent.provider,
    model: intent.model,
    route: intent.route,
    operation: operation === undefined ? undefined : operationFromProto(operation),
    networkTarget: networkTarget === undefined ? undefined : networkTargetFromProto(networkTarget),
    content: content === undefined ? undefined : contentFromProto(content),
    tool: intent.tool,
    feature: intent.feature,
    integration: intent.integration,
  };
}

export function operationFromProto({
  name,
  attributes,
  risk,
  modificationsThisSession,
}: WireOperation): Operation {
  return { name, attributes, risk, modificationsThisSession };
}

/** One of the two forms must be there: the table of request checks has seen to it. */
function networkTargetFromProto({ target, port }: WireTarget): NetworkTarget {
  return { form: target.case ?? "host", text: target.value ?? "", port };
}

function contentFromProto({ text, direction }: WireContent): Content {
  return { text, direction: direction === ContentDirection.OUTPUT ? "output" : "input" };
}

type Asking = CheckRequest | ChargeRequest | ReserveRequest;

/** `intent` must be there: the table of request checks has seen to it. */
export function askFromProto(request: Asking, principal: RequestedPrincipal | undefined): Ask {
  return {
    executionId: request.executionId ?? "",
    intent: intentFromProto(request.intent as WireIntent),
    detail: detailFromProto(request.detail),
    requestId: "requestId" in request ? request.requestId : undefined,
    approvalId: "approvalId" in request ? request.approvalId : undefined,
    allowChanges: request.allowChanges === true,
    acceptsRepair: request.acceptsRepair === true,
    labels: request.labels,
    scopes: request.scopes,
    sourceIp: request.sourceIp,
    principal,
    fingerprint: () => fingerprintOf(request),
    intentText: () => canonicalText(circumstancesOf(request)),
  };
}

export function holdFromProto(
  request: ReserveRequest,
  principal: RequestedPrincipal | undefined,
): HoldRequest {
  const { timeToLive, timeout } = request;
  return {
    ...askFromProto(request, principal),
    reservationId: request.reservationId,
    ttlMs: timeToLive === undefined ? HOLD_TTL_DEFAULT_MS : durationFromProto(timeToLive),
    timeoutMs: timeout === undefined ? undefined : durationFromProto(timeout),
  };
}

export function settlementFromProto(request: SettleRequest): DomainSettle {
  const { executionId, reservationId, usage, provider, model, route } = request;
  return {
    executionId,
    reservationId,
    actual: usage ?? NO_USAGE,
    provider,
    model,
    fingerprint: () => canonicalText({ usage, provider, model, route }),
  };
}

/** What a repeated request must have in common with the first one: all that is asked, not how it is answered. */
function fingerprintOf(request: Asking): string {
  const { acceptsRepair } = request;
  const hold = "reservationId" in request ? { timeToLive: request.timeToLive, timeout: request.timeout } : {};
  return canonicalText({ ...circumstancesOf(request), acceptsRepair, ...hold });
}

function circumstancesOf({ intent, principal, allowChanges, sourceIp, scopes, labels }: Asking) {
  return { intent, principal, allowChanges, sourceIp, scopes, labels };
}
