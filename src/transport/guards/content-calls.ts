import { type ContentRequest, checkContent } from "../../engine/contents/check-content.ts";
import { canonicalText } from "../../engine/executions/register.ts";
import type {
  CheckContentRequest,
  CheckContentResponse,
} from "../../gen/tollgate/enforcement/v1/content_pb.ts";
import { ContentDirection } from "../../gen/tollgate/enforcement/v1/intent_pb.ts";
import { decisionToProto, detailFromProto } from "../convert/decisions.ts";
import { countDecision } from "../counters.ts";
import { principalOfIntent } from "../enforcement/intent-calls.ts";
import type { ServiceContext } from "../service-context.ts";
import { CONTENT_RULE } from "../validate/guard-rules.ts";
import { assertValid } from "../validate/rules.ts";

/** Judges a text or its next chunk; answered from memory, in the turn it came in. */
export function callCheckContent(
  context: ServiceContext,
  request: CheckContentRequest,
): CheckContentResponse {
  assertValid(request, CONTENT_RULE);
  const asked = contentFromProto(context, request);
  const made = context.host.turn((world, now) => checkContent(world, context.caller, asked, now));
  const { decision, releasedBytes, repairedText, reason } = made;
  countDecision(context.counters, "content", decision);
  return {
    $typeName: "tollgate.enforcement.v1.CheckContentResponse",
    decision: decisionToProto(decision, asked.detail, asked.executionId),
    releasedBytes: BigInt(releasedBytes),
    repairedText,
    reason,
  };
}

function contentFromProto(context: ServiceContext, request: CheckContentRequest): ContentRequest {
  const { provider, model, route, tool } = request;
  const content = {
    text: request.text,
    direction: request.direction === ContentDirection.OUTPUT ? ("output" as const) : ("input" as const),
  };
  const asked = { provider, model, route, tool, allowChanges: request.allowChanges, labels: request.labels };
  return {
    executionId: request.executionId ?? "",
    kind: "content",
    intent: {
      entersDepth: false,
      custom: {},
      weight: 0n,
      toolCalls: 0n,
      modifications: 0n,
      provider,
      model,
      route,
      tool,
    },
    detail: detailFromProto(request.detail),
    acceptsRepair: request.acceptsRepair === true,
    allowChanges: request.allowChanges === true,
    labels: request.labels,
    scopes: request.scopes,
    sourceIp: request.sourceIp,
    principal: principalOfIntent(context, request),
    fingerprint: () => canonicalText({ ...asked, content }),
    intentText: () => canonicalText({ ...asked, content }),
    content,
    contentId: request.contentId,
    chunkIndex: request.chunkIndex ?? 0,
    isLast: request.contentId === undefined || request.last === true,
  };
}
