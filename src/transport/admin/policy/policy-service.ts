import { invalidField } from "../../../domain/errors.ts";
import { canonicalText } from "../../../engine/executions/register.ts";
import { explainPolicy, knownOperations, withAllowChanges } from "../../../engine/policy/explain-policy.ts";
import { resolvePolicy } from "../../../engine/policy/resolve-policy.ts";
import type {
  PolicyService,
  PolicyServiceExplainRequest,
  PolicyServiceExplainResponse,
  PolicyServiceGetRequest,
  PolicyServiceGetResponse,
  PolicyServiceListRequest,
  PolicyServiceListResponse,
} from "../../../gen/tollgate/admin/v1/policy_service_pb.ts";
import type { WaitMode } from "../../../gen/tollgate/enforcement/v1/request_pb.ts";
import type { PolicyAdmin, PolicyWrite } from "../../../ports/policy-admin.ts";
import { reachedToProto, waitFromProto } from "../../convert/decisions.ts";
import { effectivePolicyToProto } from "../../convert/effective-policy.ts";
import { formatPageToken, pageSizeFromProto, parsePageToken } from "../../convert/page-tokens.ts";
import type { Implementation } from "../../handler.ts";
import { assertValid } from "../../validate/rules.ts";
import { ADMIN_ACTOR, type AdminContext } from "../admin-context.ts";
import { RequestMemory } from "../request-memory.ts";
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

/** Differences of one answer; the keeper finds one more when there are more. */
const MAX_CHANGES = 1_000;

/** What a write of any kind carries. */
interface WriteRequest {
  readonly tenant: string;
  readonly etag?: string | undefined;
  readonly note?: string | undefined;
}

export function writeOf({ tenant, etag, note }: WriteRequest): PolicyWrite {
  return { tenant, etag, note, by: ADMIN_ACTOR };
}

/** Policies, at the door of operators. */
export function createPolicyService(
  context: AdminContext,
  policy: PolicyAdmin,
): Implementation<typeof PolicyService> {
  const memory = new RequestMemory();
  const { host } = context;
  const settled = async (wait: WaitMode | undefined) => ({
    policyEtag: host.world.policy.etag,
    reached: reachedToProto(await host.settled(waitFromProto(wait))),
  });
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
      const { requestId, wait, ...content } = request;
      return memory.once(requestId, canonicalText({ verb: "put", ...content }), host.now(), async () => {
        const info = await policy.put(writeOf(request), request.text);
        return {
          $typeName: "tollgate.admin.v1.PolicyServicePutResponse",
          document: documentToProto(info),
          ...(await settled(wait)),
        };
      });
    },
    delete: (request) => {
      assertValid(request, DELETE_POLICY_RULE);
      const { requestId, wait, ...content } = request;
      return memory.once(requestId, canonicalText({ verb: "delete", ...content }), host.now(), async () => {
        await policy.remove(writeOf(request));
        return { $typeName: "tollgate.admin.v1.PolicyServiceDeleteResponse", ...(await settled(wait)) };
      });
    },
    explain: (request) => explain(context, request),
    diff: (request) => {
      assertValid(request, DIFF_RULE);
      const found = policy.diff(request.fromEtag, request.toEtag, request.tenant);
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
        problems: [...problems],
        staleDocuments: [...stale],
      };
    },
    history: (request) => {
      assertValid(request, HISTORY_RULE);
      const versions = host.world.keptPolicies.versions(request.tenant).map(versionToProto);
      return { $typeName: "tollgate.admin.v1.PolicyServiceHistoryResponse", versions };
    },
    rollback: (request) => {
      assertValid(request, ROLLBACK_RULE);
      const { requestId, wait, ...content } = request;
      return memory.once(requestId, canonicalText({ verb: "rollback", ...content }), host.now(), async () => {
        const info = await policy.rollback(writeOf(request), Number(request.version));
        return {
          $typeName: "tollgate.admin.v1.PolicyServiceRollbackResponse",
          ...(info === undefined ? {} : { document: documentToProto(info) }),
          ...(await settled(wait)),
        };
      });
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
  const values = explainPolicy(withAllowChanges(effective, allowChanges === true), "full");
  return {
    $typeName: "tollgate.admin.v1.PolicyServiceExplainResponse",
    policy: effectivePolicyToProto(
      policy,
      "full",
      values.filter(({ key }) => key.startsWith(keyPrefix)),
      knownOperations(effective),
    ),
  };
}
