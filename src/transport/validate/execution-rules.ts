import type { GetApprovalRequest } from "../../gen/tollgate/enforcement/v1/approval_pb.ts";
import type { GetEffectivePolicyRequest } from "../../gen/tollgate/enforcement/v1/effective_policy_pb.ts";
import type { WatchExecutionRequest } from "../../gen/tollgate/enforcement/v1/event_pb.ts";
import {
  type CompleteExecutionRequest,
  ExecutionStateSchema,
  type GetExecutionRequest,
  type ListExecutionsRequest,
  type Parent,
  type RegisterExecutionRequest,
} from "../../gen/tollgate/enforcement/v1/execution_pb.ts";
import { CarveModeSchema } from "../../gen/tollgate/enforcement/v1/limits_pb.ts";
import { MAX_APPROVAL_WAIT_MS } from "../transport-limits.ts";
import {
  duration,
  enumValue,
  every,
  idOrEmpty,
  list,
  message,
  optionalId,
  type Rule,
  requiredId,
  satisfies,
  text,
} from "./rules.ts";
import { carve, detail, labels, limits, principal, wait } from "./shared-rules.ts";

// What the calls about executions and approvals may carry.

const MAX_PAGE_TOKEN_LENGTH = 1_024;
/** Characters of the beginning of a key. */
const MAX_KEY_PREFIX = 512;

const parent: Rule<Parent | undefined> = every(
  message<Parent>({ parent: satisfies("is required", (value) => value.case !== undefined) }),
  satisfies(
    "1 to 128 visible ASCII characters",
    (value) => value?.parent.case !== "executionId" || requiredId(value.parent.value) === undefined,
    "execution_id",
  ),
);

export const EFFECTIVE_POLICY_RULE: Rule<GetEffectivePolicyRequest | undefined> =
  message<GetEffectivePolicyRequest>({
    executionId: optionalId,
    principal,
    labels,
    keyPrefix: text(MAX_KEY_PREFIX),
  });

/** What a user gave: forms and prompts, not documents. */
const MAX_USER_VALUES = 64;
const MAX_USER_VALUE_LENGTH = 4_096;

export const REGISTER_RULE: Rule<RegisterExecutionRequest | undefined> = every(
  message<RegisterExecutionRequest>({
    executionId: idOrEmpty,
    principal,
    sessionId: optionalId,
    labels,
    parent,
    limits,
    carve,
    carveMode: enumValue(CarveModeSchema),
    wait,
    detail,
    userValues: list(MAX_USER_VALUES, text(MAX_USER_VALUE_LENGTH)),
  }),
  satisfies(
    "needs a parent",
    (request) => request?.carve === undefined || request.parent !== undefined,
    "carve",
  ),
);

export const COMPLETE_RULE = message<CompleteExecutionRequest>({ executionId: requiredId, wait });
export const GET_EXECUTION_RULE = message<GetExecutionRequest>({ executionId: requiredId });

export const pageSize: Rule<number | undefined> = satisfies(
  "0 or more",
  (size) => size === undefined || size >= 0,
);
export const pageToken = text(MAX_PAGE_TOKEN_LENGTH);
export const states = list(8, enumValue(ExecutionStateSchema) as Rule<number>);

export const LIST_EXECUTIONS_RULE = message<ListExecutionsRequest>({
  pageSize,
  pageToken,
  parentExecutionId: optionalId,
  sessionId: optionalId,
  states,
});

export const WATCH_RULE = message<WatchExecutionRequest>({ executionId: requiredId });
export const GET_APPROVAL_RULE = message<GetApprovalRequest>({
  approvalId: requiredId,
  waitUpTo: duration(0, MAX_APPROVAL_WAIT_MS),
});
