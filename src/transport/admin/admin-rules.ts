import { MAX_CUSTOM_COUNTERS } from "../../domain/execution.ts";
import { LIMIT_KEYS } from "../../domain/limits.ts";
import { GUARD_IDS } from "../../domain/policy/guard-ids.ts";
import type {
  ApprovalServiceApproveRequest,
  ApprovalServiceGetRequest,
  ApprovalServiceListRequest,
  ApprovalServiceRejectRequest,
} from "../../gen/tollgate/admin/v1/approval_service_pb.ts";
import type {
  ExecutionAdminServiceAdjustLimitsRequest,
  ExecutionAdminServiceGetRequest,
  ExecutionAdminServiceHaltRequest,
  ExecutionAdminServiceListRequest,
  ExecutionAdminServiceResetSessionRequest,
  ExecutionSelector,
  ExecutionTarget,
} from "../../gen/tollgate/admin/v1/execution_admin_service_pb.ts";
import type { SystemServiceClearUncertainRequest } from "../../gen/tollgate/admin/v1/system_service_pb.ts";
import { ApprovalKindSchema, ApprovalStateSchema } from "../../gen/tollgate/enforcement/v1/approval_pb.ts";
import { pageSize, pageToken, states } from "../validate/execution-rules.ts";
import {
  enumValue,
  every,
  list,
  message,
  optionalId,
  type Rule,
  required,
  requiredId,
  satisfies,
  text,
} from "../validate/rules.ts";
import { labels, wait } from "../validate/shared-rules.ts";
import { isEmptySelector } from "./execution-targets.ts";

// What operators' requests may carry.

const NOTE_LENGTH = 1_024;
const CALLER_LENGTH = 256;
const ETAG_LENGTH = 128;
/** Every limit once, with all custom counters. */
const MAX_ADJUSTMENTS = LIMIT_KEYS.length + MAX_CUSTOM_COUNTERS;

const caller = text(CALLER_LENGTH, 1);
const write = { note: text(NOTE_LENGTH), etag: text(ETAG_LENGTH, 1), requestId: optionalId, wait };

const selector: Rule<ExecutionSelector | undefined> = every(
  message<ExecutionSelector>({
    tenant: optionalId,
    labels,
    sessionId: optionalId,
    agent: optionalId,
    user: optionalId,
  }),
  satisfies(
    "at least one field is required",
    (value) => value === undefined || !isEmptySelector(value),
    "selector",
  ),
);

const target: Rule<ExecutionTarget | undefined> = every(
  message<ExecutionTarget>({ caller, target: satisfies("is required", (value) => value.case !== undefined) }),
  satisfies(
    "1 to 128 visible ASCII characters",
    (value) => value?.target.case !== "executionId" || requiredId(value.target.value) === undefined,
    "execution_id",
  ),
  (value) => (value?.target.case === "selector" ? selector(value.target.value) : undefined),
);

export const WRITE_RULE = message<ExecutionAdminServiceHaltRequest>({ ...write, target: required(target) });
export const GET_RULE = message<ExecutionAdminServiceGetRequest>({ executionId: requiredId, caller });
export const ADJUST_RULE = message<ExecutionAdminServiceAdjustLimitsRequest>({
  ...write,
  executionId: requiredId,
  caller,
  adjustments: list(MAX_ADJUSTMENTS, () => undefined),
  resetKeys: list(MAX_ADJUSTMENTS, requiredId),
});
export const LIST_RULE = message<ExecutionAdminServiceListRequest>({
  pageSize,
  pageToken,
  tenant: optionalId,
  states,
  sessionId: optionalId,
  parentExecutionId: optionalId,
  rootExecutionId: optionalId,
  labels,
  agent: optionalId,
  user: optionalId,
  team: optionalId,
});

export const LIST_APPROVALS_RULE = message<ApprovalServiceListRequest>({
  pageSize,
  pageToken,
  tenant: optionalId,
  states: list(8, enumValue(ApprovalStateSchema) as Rule<number>),
  executionId: optionalId,
  kind: enumValue(ApprovalKindSchema),
});
export const GET_APPROVAL_ADMIN_RULE = message<ApprovalServiceGetRequest>({ approvalId: requiredId });
export const APPROVE_RULE = message<ApprovalServiceApproveRequest>({
  ...write,
  approvalId: requiredId,
  timeExtension: satisfies(
    "is not for cost alerts, the only approvals there are yet",
    (value) => value === undefined,
  ),
});
export const REJECT_RULE = message<ApprovalServiceRejectRequest>({ ...write, approvalId: requiredId });

export const RESET_SESSION_RULE = message<ExecutionAdminServiceResetSessionRequest>({
  sessionId: requiredId,
  tenant: requiredId,
  caller,
  guardIds: list(GUARD_IDS.length, enumText(GUARD_IDS)),
  note: text(NOTE_LENGTH),
  requestId: optionalId,
  wait,
});

export const CLEAR_UNCERTAIN_RULE = message<SystemServiceClearUncertainRequest>({
  tenant: optionalId,
  executionId: optionalId,
  caller,
  note: text(NOTE_LENGTH),
  requestId: optionalId,
  wait,
});

function enumText(words: readonly string[]): Rule<string> {
  return satisfies(`one of ${words.join(", ")}`, (value) => words.includes(value));
}
