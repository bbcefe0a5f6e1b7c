import type { ExplainedValue, Exposure, SaidValue } from "../../engine/policy/explain-policy.ts";
import {
  type EffectiveValue,
  type GetEffectivePolicyResponse,
  PolicyExposure,
  type TierValue,
} from "../../gen/tollgate/enforcement/v1/effective_policy_pb.ts";
import { TIER_TO_PROTO } from "./findings.ts";

const PREFIX = "tollgate.enforcement.v1";
const encoder = new TextEncoder();

export function effectivePolicyToProto(
  policy: { readonly etag: string; readonly generation: number },
  exposure: Exposure,
  values: readonly ExplainedValue[],
  knownOperations: readonly string[],
): GetEffectivePolicyResponse {
  return {
    $typeName: `${PREFIX}.GetEffectivePolicyResponse`,
    policyEtag: policy.etag,
    policyGeneration: BigInt(policy.generation),
    exposure: exposure === "full" ? PolicyExposure.FULL : PolicyExposure.REDUCED,
    values: values.map(effectiveValueToProto),
    knownOperations: [...knownOperations],
  };
}

export function effectiveValueToProto(value: ExplainedValue): EffectiveValue {
  return {
    $typeName: `${PREFIX}.EffectiveValue`,
    key: value.key,
    valueJson: jsonToProto(value.valueJson),
    tier: TIER_TO_PROTO[value.tier],
    document: value.document,
    line: value.line,
    ceilingJson: jsonToProto(value.ceilingJson),
    clamped: value.isClamped ? true : undefined,
    said: value.said.map(saidToProto),
  };
}

function saidToProto({ tier, valueJson, document, line }: SaidValue): TierValue {
  return {
    $typeName: `${PREFIX}.TierValue`,
    tier: TIER_TO_PROTO[tier],
    valueJson: encoder.encode(valueJson),
    document,
    line,
  };
}

function jsonToProto(json: string | undefined): Uint8Array<ArrayBuffer> | undefined {
  return json === undefined ? undefined : encoder.encode(json);
}
