import { TollgateError } from "../../domain/errors.ts";
import type { Ask, Intent } from "../../domain/intent.ts";
import type { HoldRequest } from "../../domain/reservation.ts";
import { HOLD_TTL_DEFAULT_MS } from "../../domain/reservation.ts";
import { NO_USAGE } from "../../domain/usage.ts";
import { canonicalText } from "../../engine/executions/register.ts";
import type { SettleRequest as DomainSettle } from "../../engine/reservations/resolve.ts";
import type { ChargeRequest, CheckRequest } from "../../gen/tollgate/enforcement/v1/check_pb.ts";
import type { Intent as WireIntent } from "../../gen/tollgate/enforcement/v1/intent_pb.ts";
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
    intent.route === undefined
  );
}

/** Parts of an intent that only a policy can judge: answering them without one would be pretending. */
const POLICY_PARTS = [
  ["operation", "operation"],
  ["networkTarget", "network_target"],
  ["content", "content"],
  ["tool", "tool"],
  ["feature", "feature"],
  ["integration", "integration"],
] as const;

/** @throws TollgateError POLICY_REQUIRED naming the part */
export function intentFromProto(intent: WireIntent): Intent {
  for (const [part, name] of POLICY_PARTS) {
    if (intent[part] === undefined) continue;
    throw new TollgateError(
      "POLICY_REQUIRED",
      `intent.${name} is judged by policies and guards, which this daemon does not have`,
      {
        fields: [{ field: `intent.${name}`, description: "leave it out" }],
      },
    );
  }
  const { step, estimate, weight } = intent;
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
  };
}

type Asking = CheckRequest | ChargeRequest | ReserveRequest;

/** `intent` must be there: the table of request checks has seen to it. */
export function askFromProto(request: Asking): Ask {
  return {
    executionId: request.executionId ?? "",
    intent: intentFromProto(request.intent as WireIntent),
    detail: detailFromProto(request.detail),
    requestId: "requestId" in request ? request.requestId : undefined,
    approvalId: "approvalId" in request ? request.approvalId : undefined,
    fingerprint: () => fingerprintOf(request),
  };
}

export function holdFromProto(request: ReserveRequest): HoldRequest {
  const { timeToLive, timeout } = request;
  return {
    ...askFromProto(request),
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
  const { intent, principal, acceptsRepair, allowChanges, sourceIp, scopes, labels } = request;
  const hold = "reservationId" in request ? { timeToLive: request.timeToLive, timeout: request.timeout } : {};
  return canonicalText({ intent, principal, acceptsRepair, allowChanges, sourceIp, scopes, labels, ...hold });
}
