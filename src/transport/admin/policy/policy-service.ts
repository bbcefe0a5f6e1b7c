import { create, type DescMessage, type MessageInitShape, type MessageShape } from "@bufbuild/protobuf";
import { assert, invalidField } from "../../../domain/errors.ts";
import { canonicalText } from "../../../engine/executions/register.ts";
import { explainPolicy, knownOperations, withAllowChanges } from "../../../engine/policy/explain-policy.ts";
import { explainQuotasFile } from "../../../engine/policy/explain-quotas-file.ts";
import { resolvePolicy } from "../../../engine/policy/resolve-policy.ts";
import {
  type PolicyService,
  PolicyServiceDeleteResponseSchema,
  type PolicyServiceExplainRequest,
  type PolicyServiceExplainResponse,
  type PolicyServiceGetRequest,
  type PolicyServiceGetResponse,
  type PolicyServiceListRequest,
  type PolicyServiceListResponse,
  PolicyServicePutResponseSchema,
  PolicyServiceRollbackResponseSchema,
} from "../../../gen/tollgate/admin/v1/policy_service_pb.ts";
import { WaitMode } from "../../../gen/tollgate/enforcement/v1/request_pb.ts";
import type { PolicyAdmin, PolicyInfo, PolicyWrite } from "../../../ports/policy-admin.ts";
import { effectivePolicyToProto } from "../../convert/effective-policy.ts";
import { formatPageToken, pageSizeFromProto, parsePageToken } from "../../convert/page-tokens.ts";
import type { Implementation } from "../../handler.ts";
import { assertValid } from "../../validate/rules.ts";
import { ADMIN_ACTOR, type AdminContext } from "../admin-context.ts";
import {
  differenceToProto,
  documentToProto,
  kindFromProto,
  originFromProto,
  problemToProto,
  versionToProto,
} from "./policy-messages.ts";
import {
  DELETE_POLICY_RULE,
  DIFF_RULE,
  EXPLAIN_RULE,
  GET_POLICY_RULE,
  GET_SCHEMA_RULE,
  HISTORY_RULE,
  LIST_POLICIES_RULE,
  PUT_POLICY_RULE,
  ROLLBACK_RULE,
  VALIDATE_POLICY_RULE,
} from "./policy-rules.ts";

/** Lines of one answer: thousands of tenants may be bad at once. */
const MAX_LINES = 1_000;

function firstLines(lines: readonly string[]): string[] {
  const more = lines.length - MAX_LINES;
  return more > 0 ? [...lines.slice(0, MAX_LINES), `and ${more} more`] : [...lines];
}

/** Differences of one answer; the keeper finds one more when there are more. */
const MAX_CHANGES = 1_000;

/** What a write of any kind carries. */
interface WriteRequest {
  readonly tenant: string;
  readonly etag?: string | undefined;
  readonly note?: string | undefined;
  readonly requestId?: string | undefined;
  readonly wait?: WaitMode | undefined;
}

/** Carries out one write of the policy and answers it with what `answerOf` makes of the document that is kept then. */
export function writePolicy<D extends DescMessage>(
  { host, requests }: AdminContext,
  schema: D,
  { requestId, wait, ...content }: WriteRequest,
  run: (write: PolicyWrite) => Promise<void>,
  answerOf: (kept: PolicyInfo | undefined) => object,
): Promise<MessageShape<D>> {
  const { tenant, etag, note } = content;
  const write = { requestId, wait, content: canonicalText({ verb: schema.typeName, ...content }) };
  return requests.once(schema, write, async (keep) => {
    let answer: MessageShape<D> | undefined;
    const done = (kept: PolicyInfo | undefined, isChange: boolean): void => {
      const policyEtag = host.world.policy.etag;
      const reached = isChange ? WaitMode.ACCEPTED : undefined;
      answer = create(schema, { ...answerOf(kept), policyEtag, reached } as object as MessageInitShape<D>);
      keep(answer);
    };
    await run({ tenant, etag, note, by: ADMIN_ACTOR, done });
    assert(answer !== undefined, "a write of the policy told no end");
    return answer;
  });
}

const documentOf = (kept: PolicyInfo | undefined): object =>
  kept === undefined ? {} : { document: documentToProto(kept) };

/** Policies, at the door of operators. */
export function createPolicyService(
  context: AdminContext,
  policy: PolicyAdmin,
): Implementation<typeof PolicyService> {
  const { host } = context;
  return {
    list: (request) => list(context, policy, request),
    get: (request) => get(policy, request),
    getSchema: async (request) => {
      assertValid(request, GET_SCHEMA_RULE);
      const kind = kindFromProto(request.kind) ?? "Tenant";
      const schemaJson = new TextEncoder().encode(await policy.schema(kind));
      return { $typeName: "tollgate.admin.v1.PolicyServiceGetSchemaResponse", schemaJson };
    },
    validate: async (request) => {
      assertValid(request, VALIDATE_POLICY_RULE);
      const problems = await policy.validate(request.text);
      return {
        $typeName: "tollgate.admin.v1.PolicyServiceValidateResponse",
        valid: problems.length === 0,
        problems: problems.map(problemToProto),
      };
    },
    put: (request) => {
      assertValid(request, PUT_POLICY_RULE);
      const run = (write: PolicyWrite) => policy.put(write, request.text);
      return writePolicy(context, PolicyServicePutResponseSchema, request, run, documentOf);
    },
    delete: (request) => {
      assertValid(request, DELETE_POLICY_RULE);
      const run = (write: PolicyWrite) => policy.remove(write);
      return writePolicy(context, PolicyServiceDeleteResponseSchema, request, run, () => ({}));
    },
    explain: (request) => explain(context, request),
    diff: async (request) => {
      assertValid(request, DIFF_RULE);
      const found = await policy.diff(request.fromEtag, request.toEtag, request.tenant);
      return {
        $typeName: "tollgate.admin.v1.PolicyServiceDiffResponse",
        changes: found.slice(0, MAX_CHANGES).map(differenceToProto),
        truncated: found.length > MAX_CHANGES,
      };
    },
    reload: async () => {
      const { changed, problems, stale } = await policy.reload();
      return {
        $typeName: "tollgate.admin.v1.PolicyServiceReloadResponse",
        changed,
        policyEtag: host.world.policy.etag,
        policyGeneration: BigInt(host.world.policy.generation),
        problems: firstLines(problems),
        staleDocuments: firstLines(stale),
      };
    },
    history: (request) => {
      assertValid(request, HISTORY_RULE);
      const versions = host.world.keptPolicies.versions(request.tenant).map(versionToProto);
      return { $typeName: "tollgate.admin.v1.PolicyServiceHistoryResponse", versions };
    },
    rollback: (request) => {
      assertValid(request, ROLLBACK_RULE);
      const run = (write: PolicyWrite) => policy.rollback(write, Number(request.version));
      return writePolicy(context, PolicyServiceRollbackResponseSchema, request, run, documentOf);
    },
  };
}

function list(
  { host }: AdminContext,
  policy: PolicyAdmin,
  request: PolicyServiceListRequest,
): PolicyServiceListResponse {
  assertValid(request, LIST_POLICIES_RULE);
  const kind = kindFromProto(request.kind);
  const filters = canonicalText({ list: "policies", kind, tenant: request.tenant });
  const from = parsePageToken(request.pageToken, filters)?.number ?? 0;
  const size = pageSizeFromProto(request.pageSize);
  const found = policy
    .list()
    .filter((info) => kind === undefined || info.kind === kind)
    .filter((info) => request.tenant === undefined || info.tenant === request.tenant);
  return {
    $typeName: "tollgate.admin.v1.PolicyServiceListResponse",
    documents: found.slice(from, from + size).map(documentToProto),
    nextPageToken: from + size < found.length ? formatPageToken(from + size, "", filters) : "",
    policyEtag: host.world.policy.etag,
    policyGeneration: BigInt(host.world.policy.generation),
  };
}

function get(policy: PolicyAdmin, request: PolicyServiceGetRequest): PolicyServiceGetResponse {
  assertValid(request, GET_POLICY_RULE);
  const kind = kindFromProto(request.kind) ?? "Tenant";
  if (kind !== "Tenant" && kind !== "Baseline")
    throw invalidField("kind", "must be POLICY_KIND_BASELINE or POLICY_KIND_TENANT");
  if ((kind === "Tenant") !== (request.tenant !== undefined))
    throw invalidField("tenant", "is required for the document of a tenant, and for no other");
  const { text, ...info } = policy.get(kind, request.tenant, originFromProto(request.source));
  return { $typeName: "tollgate.admin.v1.PolicyServiceGetResponse", document: documentToProto(info), text };
}

function explain(
  { host }: AdminContext,
  { tenant, labels, allowChanges, keyPrefix = "", ...rest }: PolicyServiceExplainRequest,
): PolicyServiceExplainResponse {
  assertValid({ tenant, labels, allowChanges, keyPrefix, ...rest }, EXPLAIN_RULE);
  const { policy } = host.world;
  const effective = resolvePolicy(policy.set, tenant, labels);
  const values = [
    ...explainPolicy(withAllowChanges(effective, allowChanges === true), "full"),
    ...explainQuotasFile(policy.platformRates?.file, tenant),
  ].toSorted((one, other) => (one.key < other.key ? -1 : 1));
  return {
    $typeName: "tollgate.admin.v1.PolicyServiceExplainResponse",
    policy: effectivePolicyToProto(
      policy,
      "full",
      values.filter(({ key }) => key.startsWith(keyPrefix)),
      knownOperations(effective, host.world.seenOperations.namesOf(tenant)),
    ),
  };
}
