import type { ChargeRequest, CheckRequest } from "../../gen/tollgate/enforcement/v1/check_pb.ts";
import {
  type Content,
  ContentDirectionSchema,
  type Estimate,
  type Intent,
  type IntentStep,
  type NetworkTarget,
  type Operation,
} from "../../gen/tollgate/enforcement/v1/intent_pb.ts";
import type {
  ExtendRequest,
  ReleaseRequest,
  ReserveRequest,
  SettleRequest,
} from "../../gen/tollgate/enforcement/v1/reservation_pb.ts";
import { MAX_REQUEST_BYTES } from "../transport-limits.ts";
import {
  amount,
  enumValue,
  every,
  idOrEmpty,
  map,
  message,
  optionalId,
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
  stepTimeout,
  timeToLive,
  tokens,
  wait,
} from "./shared-rules.ts";

// What Check, Charge, Reserve and their resolutions may carry.

const NAME_LENGTH = 128;
const ROUTE_BYTES = 1_024;
const SIGNATURE_BYTES = 1_024;
/** Most requests and rate tokens of one intent: 2^32. */
const MAX_WEIGHT = 1n << 32n;

/** Attributes of one operation. */
const MAX_ATTRIBUTES = 32;
const URL_BYTES = 8_192;
const HOST_BYTES = 1_024;
const MAX_PORT = 65_535;

export const operation = message<Operation>({
  name: satisfies(`1 to ${NAME_LENGTH} characters`, (name) => name.length > 0 && name.length <= NAME_LENGTH),
  attributes: map(MAX_ATTRIBUTES, satisfies("a finite number", Number.isFinite)),
  risk: satisfies("0 to 1", (risk) => risk === undefined || (risk >= 0 && risk <= 1)),
  modificationsThisSession: estimateAmount,
});

const networkTarget = message<NetworkTarget>({
  target: every<NetworkTarget["target"]>(
    satisfies("is required", (target) => target.case !== undefined && target.value !== ""),
    satisfies(
      `at most ${URL_BYTES} bytes`,
      (target) => target.case !== "url" || Buffer.byteLength(target.value) <= URL_BYTES,
    ),
    satisfies(
      `at most ${HOST_BYTES} bytes`,
      (target) => target.case !== "host" || Buffer.byteLength(target.value) <= HOST_BYTES,
    ),
  ),
  port: satisfies(`1 to ${MAX_PORT}`, (port) => port === undefined || (port >= 1 && port <= MAX_PORT)),
});

const content = message<Content>({
  text: textBytes(MAX_REQUEST_BYTES),
  direction: enumValue(ContentDirectionSchema),
});

const intent = message<Intent>({
  step: message<IntentStep>({ name: text(NAME_LENGTH), signature: textBytes(SIGNATURE_BYTES) }),
  estimate: message<Estimate>({
    tokens,
    costNanoUsd: estimateAmount,
    custom: customAmounts,
    toolCalls: estimateAmount,
    modifications: estimateAmount,
  }),
  weight: amount(MAX_WEIGHT),
  provider: text(NAME_LENGTH, 1),
  model: text(NAME_LENGTH, 1),
  route: textBytes(ROUTE_BYTES),
  operation,
  networkTarget,
  content,
  tool: text(NAME_LENGTH, 1),
  feature: text(NAME_LENGTH, 1),
  integration: text(NAME_LENGTH, 1),
});

const shared = {
  executionId: optionalId,
  intent: required(intent),
  principal,
  detail,
  sourceIp,
  scopes,
  labels,
};

export const CHECK_RULE = message<CheckRequest>(shared);
export const CHARGE_RULE = message<ChargeRequest>({
  ...shared,
  requestId: optionalId,
  approvalId: optionalId,
  wait,
});
export const RESERVE_RULE = message<ReserveRequest>({
  ...shared,
  reservationId: requiredId,
  approvalId: optionalId,
  wait,
  timeToLive,
  timeout: stepTimeout,
});

export const SETTLE_RULE = message<SettleRequest>({
  executionId: idOrEmpty,
  reservationId: requiredId,
  usage: satisfies(
    "settles_reservation_id must be absent",
    (usage) => usage?.settlesReservationId === undefined,
  ),
  provider: text(NAME_LENGTH, 1),
  model: text(NAME_LENGTH, 1),
  route: textBytes(ROUTE_BYTES),
  principal,
  wait,
  detail,
});

export const RELEASE_RULE = message<ReleaseRequest>({
  executionId: idOrEmpty,
  reservationId: requiredId,
  wait,
});

export const EXTEND_RULE = every(
  message<ExtendRequest>({
    executionId: idOrEmpty,
    target: satisfies("is required", (target) => target.case !== undefined),
    timeToLive,
    wait,
    requestId: optionalId,
  }),
  message<ExtendRequest>({
    target: satisfies(
      "1 to 128 visible ASCII characters",
      ({ value }) => value !== undefined && requiredId(value) === undefined,
    ),
  }),
);
