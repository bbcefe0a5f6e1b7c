import type { KeptVersion } from "../../../engine/policy/kept/kept-policies.ts";
import {
  PolicyKind as KindProto,
  type PolicyChange,
  type PolicyDocument,
  PolicySource,
  PolicyState,
  type PolicyVersion,
  type PolicyProblem as ProblemProto,
} from "../../../gen/tollgate/admin/v1/policy_service_pb.ts";
import type {
  PolicyDifference,
  PolicyInfo,
  PolicyKind,
  PolicyOrigin,
  PolicyProblem,
} from "../../../ports/policy-admin.ts";
import { timestampToProto } from "../../convert/times.ts";

// Policies as operators see them, on the wire.

const KIND_TO_PROTO: { readonly [K in PolicyKind]: KindProto } = {
  Baseline: KindProto.BASELINE,
  Tenant: KindProto.TENANT,
  Prices: KindProto.PRICES,
  Tools: KindProto.TOOLS,
  Quotas: KindProto.QUOTAS,
};
const SOURCE_TO_PROTO: { readonly [O in PolicyOrigin]: PolicySource } = {
  file: PolicySource.FILE,
  api: PolicySource.API,
};
const STATE_TO_PROTO: { readonly [S in PolicyInfo["state"]]: PolicyState } = {
  in_force: PolicyState.IN_FORCE,
  stale: PolicyState.STALE,
  invalid: PolicyState.INVALID,
};

/** Undefined for the unspecified one. */
export function kindFromProto(kind: KindProto): PolicyKind | undefined {
  return (Object.keys(KIND_TO_PROTO) as PolicyKind[]).find((one) => KIND_TO_PROTO[one] === kind);
}

export function originFromProto(source: PolicySource): PolicyOrigin | undefined {
  return (Object.keys(SOURCE_TO_PROTO) as PolicyOrigin[]).find((one) => SOURCE_TO_PROTO[one] === source);
}

export function documentToProto(info: PolicyInfo): PolicyDocument {
  const { kind, tenant, origin, name, etag, state, problems, kept } = info;
  return {
    $typeName: "tollgate.admin.v1.PolicyDocument",
    kind: KIND_TO_PROTO[kind],
    ...(tenant === undefined ? {} : { tenant }),
    source: SOURCE_TO_PROTO[origin],
    name,
    etag,
    state: STATE_TO_PROTO[state],
    problems: [...problems],
    ...(kept === undefined
      ? {}
      : { version: BigInt(kept.version), updatedAt: timestampToProto(kept.atMs), updatedBy: kept.by }),
  };
}

export function problemToProto({ line, column, message }: PolicyProblem): ProblemProto {
  return {
    $typeName: "tollgate.admin.v1.PolicyProblem",
    ...(line === 0 ? {} : { line, column }),
    message,
  };
}

export function versionToProto({ version, text, etag, by, atMs, note }: KeptVersion): PolicyVersion {
  return {
    $typeName: "tollgate.admin.v1.PolicyVersion",
    version: BigInt(version),
    ...(text === null ? {} : { text }),
    etag,
    by,
    at: timestampToProto(atMs),
    ...(note === null ? {} : { note }),
  };
}

const encoder = new TextEncoder();

export function differenceToProto(difference: PolicyDifference): PolicyChange {
  const { kind, tenant, origin, path, before, after } = difference;
  return {
    $typeName: "tollgate.admin.v1.PolicyChange",
    kind: KIND_TO_PROTO[kind],
    ...(tenant === undefined ? {} : { tenant }),
    source: SOURCE_TO_PROTO[origin],
    path,
    ...(before === undefined ? {} : { beforeJson: encoder.encode(before) }),
    ...(after === undefined ? {} : { afterJson: encoder.encode(after) }),
  };
}
