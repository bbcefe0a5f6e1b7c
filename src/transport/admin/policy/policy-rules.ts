import {
  PolicyKindSchema,
  type PolicyServiceDeleteRequest,
  type PolicyServiceDiffRequest,
  type PolicyServiceExplainRequest,
  type PolicyServiceGetRequest,
  type PolicyServiceGetSchemaRequest,
  type PolicyServiceHistoryRequest,
  type PolicyServiceListRequest,
  type PolicyServicePutRequest,
  type PolicyServiceRollbackRequest,
  type PolicyServiceValidateRequest,
  PolicySourceSchema,
} from "../../../gen/tollgate/admin/v1/policy_service_pb.ts";
import {
  TenantPartSchema,
  type TenantServiceDeleteOverrideRequest,
  type TenantServiceGetPartRequest,
  type TenantServiceListOverridesRequest,
  type TenantServicePutOverrideRequest,
  type TenantServicePutPartRequest,
} from "../../../gen/tollgate/admin/v1/tenant_service_pb.ts";
import { pageSize, pageToken } from "../../validate/execution-rules.ts";
import {
  amount,
  enumValue,
  every,
  message,
  optionalId,
  type Rule,
  required,
  requiredId,
  satisfies,
  text,
  textBytes,
} from "../../validate/rules.ts";
import { labels, wait } from "../../validate/shared-rules.ts";

// What operators' requests about policies may carry.

const NOTE_LENGTH = 1_024;
const ETAG_LENGTH = 128;
/** Bytes of one document, and of one part of it. */
const DOCUMENT_BYTES = 262_144;
const PRINCIPAL_LENGTH = 160;
const TARGET_LENGTH = 160;
const QUOTA_LENGTH = 32;

const oneOf = (schema: Parameters<typeof enumValue>[0]): Rule<number> =>
  every(
    satisfies("is required", (value: number) => value !== 0),
    enumValue(schema) as Rule<number>,
  );
const anyOf = (schema: Parameters<typeof enumValue>[0]): Rule<number> => {
  const known = enumValue(schema);
  return (value) => (value === 0 ? undefined : known(value));
};
const documentText = every(
  satisfies("is required", (value: string) => value !== ""),
  textBytes(DOCUMENT_BYTES) as Rule<string>,
);
const write = {
  tenant: requiredId,
  note: text(NOTE_LENGTH),
  etag: text(ETAG_LENGTH),
  requestId: optionalId,
  wait,
};

export const LIST_POLICIES_RULE = message<PolicyServiceListRequest>({
  pageSize,
  pageToken,
  kind: anyOf(PolicyKindSchema),
  tenant: optionalId,
});
export const GET_POLICY_RULE = message<PolicyServiceGetRequest>({
  kind: anyOf(PolicyKindSchema),
  tenant: optionalId,
  source: anyOf(PolicySourceSchema),
});
export const GET_SCHEMA_RULE = message<PolicyServiceGetSchemaRequest>({ kind: oneOf(PolicyKindSchema) });
export const VALIDATE_POLICY_RULE = message<PolicyServiceValidateRequest>({ text: documentText });
export const PUT_POLICY_RULE = message<PolicyServicePutRequest>({ ...write, text: documentText });
export const DELETE_POLICY_RULE = message<PolicyServiceDeleteRequest>(write);
export const EXPLAIN_RULE = message<PolicyServiceExplainRequest>({
  tenant: requiredId,
  labels,
  keyPrefix: text(256),
});
export const DIFF_RULE = message<PolicyServiceDiffRequest>({
  fromEtag: text(ETAG_LENGTH, 1),
  toEtag: text(ETAG_LENGTH, 1),
  tenant: optionalId,
});
export const HISTORY_RULE = message<PolicyServiceHistoryRequest>({ tenant: requiredId });
export const ROLLBACK_RULE = message<PolicyServiceRollbackRequest>({
  ...write,
  version: amount(BigInt(Number.MAX_SAFE_INTEGER), 1n),
});

export const GET_PART_RULE = message<TenantServiceGetPartRequest>({
  tenant: requiredId,
  part: oneOf(TenantPartSchema),
});
export const PUT_PART_RULE = message<TenantServicePutPartRequest>({
  ...write,
  part: oneOf(TenantPartSchema),
  valueJson: satisfies(
    `at most ${DOCUMENT_BYTES} bytes`,
    (value) => value === undefined || value.byteLength <= DOCUMENT_BYTES,
  ),
});

const principal = text(PRINCIPAL_LENGTH, 1) as Rule<string>;
const target = text(TARGET_LENGTH, 1) as Rule<string>;

export const PUT_OVERRIDE_RULE = message<TenantServicePutOverrideRequest>({
  tenant: requiredId,
  principal,
  target,
  value: satisfies(
    "is required: a quota of at most 32 characters, or a rate",
    (value) => value.case !== undefined && (value.case !== "quota" || value.value.length <= QUOTA_LENGTH),
  ),
  until: required(),
  requestId: optionalId,
  wait,
});
export const DELETE_OVERRIDE_RULE = message<TenantServiceDeleteOverrideRequest>({
  tenant: requiredId,
  principal,
  target,
  requestId: optionalId,
  wait,
});
export const LIST_OVERRIDES_RULE = message<TenantServiceListOverridesRequest>({ tenant: optionalId });
