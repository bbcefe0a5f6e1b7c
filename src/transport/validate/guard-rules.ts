import { DAY_MS } from "../../domain/time.ts";
import type { CheckContentRequest } from "../../gen/tollgate/enforcement/v1/content_pb.ts";
import {
  ContentDirectionSchema,
  type Estimate,
  type IntentStep,
} from "../../gen/tollgate/enforcement/v1/intent_pb.ts";
import type { GetLineageRequest, GetSessionRequest } from "../../gen/tollgate/enforcement/v1/session_pb.ts";
import type {
  CheckPlanRequest,
  CheckToolCallRequest,
  CheckToolOutputRequest,
  PlannedCall,
  ToolReserve,
} from "../../gen/tollgate/enforcement/v1/tool_call_pb.ts";
import type { Usage } from "../../gen/tollgate/enforcement/v1/usage_pb.ts";
import { MAX_REQUEST_BYTES } from "../transport-limits.ts";
import { operation as operationRule } from "./intent-rules.ts";
import {
  amount,
  duration,
  enumValue,
  every,
  idOrEmpty,
  list,
  message,
  optionalId,
  type Rule,
  required,
  requiredId,
  satisfies,
  text,
  textBytes,
} from "./rules.ts";
import {
  customAmounts,
  detail,
  estimateAmount,
  labels,
  principal,
  scopes,
  sourceIp,
  timeToLive,
  tokens,
  wait,
} from "./shared-rules.ts";

// What checks of tool calls, plans and texts may carry.

const NAME_LENGTH = 128;
const ROUTE_BYTES = 1_024;
const SIGNATURE_BYTES = 1_024;
const KEY_LENGTH = 256;
const TOKEN_BYTES = 8_192;
/** Arguments of one call, and an output, in bytes. */
const MAX_ARGUMENT_BYTES = 262_144;
const MAX_OUTPUT_BYTES = 1_048_576;
const MAX_PARENTS = 64;
const MAX_PLANNED_CALLS = 1_000;
const MAX_WEIGHT = 1n << 32n;
const MAX_LINEAGE_DEPTH = 64;

const name = text(NAME_LENGTH, 1);
const requiredName: Rule<string> = every<string>(
  satisfies("is required", (value) => value !== ""),
  name,
);

function bytes(most: number): Rule<Uint8Array | undefined> {
  return satisfies(`at most ${most} bytes`, (value) => value === undefined || value.byteLength <= most);
}

const estimate = message<Estimate>({
  tokens,
  costNanoUsd: estimateAmount,
  custom: customAmounts,
  toolCalls: estimateAmount,
  modifications: estimateAmount,
});

export const TOOL_CALL_RULE = message<CheckToolCallRequest>({
  executionId: idOrEmpty,
  callId: requiredId,
  tool: requiredName,
  argumentsJson: bytes(MAX_ARGUMENT_BYTES),
  namespace: name,
  turnId: optionalId,
  planId: optionalId,
  idempotencyKey: text(KEY_LENGTH, 1),
  capabilityToken: textBytes(TOKEN_BYTES),
  parents: list(MAX_PARENTS, requiredId),
  reserve: message<ToolReserve>({ estimate: required(estimate), timeToLive }),
  operation: operationRule,
  step: message<IntentStep>({ name: text(NAME_LENGTH), signature: textBytes(SIGNATURE_BYTES) }),
  route: textBytes(ROUTE_BYTES),
  provider: name,
  weight: amount(MAX_WEIGHT),
  detail,
  sourceIp,
  scopes,
  labels,
  approvalId: optionalId,
  wait,
});

export const TOOL_OUTPUT_RULE = message<CheckToolOutputRequest>({
  executionId: idOrEmpty,
  callId: requiredId,
  outputJson: bytes(MAX_OUTPUT_BYTES),
  duration: duration(0, DAY_MS),
  errorClass: name,
  usage: satisfies<Usage | undefined>(
    "settles_reservation_id must be absent",
    (usage) => usage?.settlesReservationId === undefined,
  ),
  provider: name,
  model: name,
  detail,
  wait,
});

export const PLAN_RULE = every<CheckPlanRequest>(
  message<CheckPlanRequest>({
    executionId: idOrEmpty,
    planId: optionalId,
    turnId: optionalId,
    calls: list(
      MAX_PLANNED_CALLS,
      message<PlannedCall>({
        callId: requiredId,
        tool: requiredName,
        argumentsJson: bytes(MAX_ARGUMENT_BYTES),
        namespace: name,
        dependsOn: list(MAX_PARENTS, requiredId),
      }) as Rule<PlannedCall>,
      1,
    ),
    detail,
    sourceIp,
    scopes,
    labels,
  }),
  satisfies(
    "call ids must differ",
    ({ calls }) => new Set(calls.map((call) => call.callId)).size === calls.length,
    "calls",
  ),
);

export const CONTENT_RULE = message<CheckContentRequest>({
  executionId: optionalId,
  text: textBytes(MAX_REQUEST_BYTES),
  direction: enumValue(ContentDirectionSchema),
  contentId: optionalId,
  principal,
  provider: name,
  model: name,
  route: textBytes(ROUTE_BYTES),
  tool: name,
  detail,
  sourceIp,
  scopes,
  labels,
});

export const LINEAGE_RULE = message<GetLineageRequest>({
  executionId: idOrEmpty,
  referenceId: every<string>(
    satisfies("is required", (value) => value !== ""),
    text(KEY_LENGTH),
  ),
  maxDepth: satisfies(
    `1 to ${MAX_LINEAGE_DEPTH}`,
    (value) => value === undefined || (value >= 1 && value <= MAX_LINEAGE_DEPTH),
  ),
});

export const SESSION_RULE = message<GetSessionRequest>({
  executionId: idOrEmpty,
  turnId: optionalId,
  planId: optionalId,
});
