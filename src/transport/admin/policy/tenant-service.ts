import { create, type DescMessage, type MessageInitShape, type MessageShape } from "@bufbuild/protobuf";
import { invalidField } from "../../../domain/errors.ts";
import { SECTION_FIELDS, type SectionName } from "../../../domain/policy/section-fields.ts";
import type { Now } from "../../../domain/time.ts";
import { putOverride, removeAdjustment } from "../../../engine/adjustments/overrides.ts";
import { canonicalText } from "../../../engine/executions/register.ts";
import { nodeToJson } from "../../../engine/policy/documents/section-json.ts";
import { resolvePolicy } from "../../../engine/policy/resolve-policy.ts";
import type { World } from "../../../engine/world.ts";
import {
  TenantPart,
  type TenantService,
  type TenantServiceDeleteOverrideRequest,
  TenantServiceDeleteOverrideResponseSchema,
  type TenantServiceGetPartRequest,
  type TenantServiceGetPartResponse,
  type TenantServiceListOverridesRequest,
  type TenantServiceListOverridesResponse,
  type TenantServicePutOverrideRequest,
  TenantServicePutOverrideResponseSchema,
  TenantServicePutPartResponseSchema,
} from "../../../gen/tollgate/admin/v1/tenant_service_pb.ts";
import { WaitMode } from "../../../gen/tollgate/enforcement/v1/request_pb.ts";
import type { PolicyAdmin, PolicyInfo, PolicyWrite } from "../../../ports/policy-admin.ts";
import { timestampFromProto, timestampToProto } from "../../convert/times.ts";
import type { Implementation } from "../../handler.ts";
import { assertValid } from "../../validate/rules.ts";
import { ADMIN_ACTOR, type AdminContext } from "../admin-context.ts";
import { overrideToProto, quotaFromText } from "./override-messages.ts";
import {
  DELETE_OVERRIDE_RULE,
  GET_PART_RULE,
  LIST_OVERRIDES_RULE,
  PUT_OVERRIDE_RULE,
  PUT_PART_RULE,
} from "./policy-rules.ts";
import { writePolicy } from "./policy-service.ts";

/** Overrides of one answer. */
const MAX_OVERRIDES = 1_000;

type Section = SectionName | "overrides";

function sectionOf(part: TenantPart): Section {
  if (part === TenantPart.SETTINGS) return "settings";
  if (part === TenantPart.QUOTAS) return "quotas";
  if (part === TenantPart.RULES) return "rules";
  return part === TenantPart.RATES ? "rates" : "overrides";
}

const encoder = new TextEncoder();

/** Tenants by part, and values of single principals for a time, at the door of operators. */
export function createTenantService(
  context: AdminContext,
  policy: PolicyAdmin,
): Implementation<typeof TenantService> {
  return {
    getPart: (request) => getPart(context, request),
    putPart: (request) => {
      assertValid(request, PUT_PART_RULE);
      const value = request.valueJson === undefined ? undefined : parseJson(request.valueJson);
      const run = (write: PolicyWrite) => policy.putSection(write, sectionOf(request.part), value);
      const answerOf = (info: PolicyInfo | undefined) => ({
        etag: info?.etag ?? "",
        version: BigInt(info?.kept?.version ?? 0),
      });
      return writePolicy(context, TenantServicePutPartResponseSchema, request, run, answerOf);
    },
    putOverride: (request) => {
      assertValid(request, PUT_OVERRIDE_RULE);
      return once(context, TenantServicePutOverrideResponseSchema, request, (world, now) => ({
        given: overrideToProto(putOverride(world, overrideOf(request), now)),
      }));
    },
    deleteOverride: (request) => {
      assertValid(request, DELETE_OVERRIDE_RULE);
      const { tenant, principal, target, automatic } = request;
      const cause = automatic === true ? "auto_adjust" : "override";
      return once(context, TenantServiceDeleteOverrideResponseSchema, request, (world, now) => {
        removeAdjustment(world, { tenant, principal, target, cause, by: ADMIN_ACTOR }, now);
        return {};
      });
    },
    listOverrides: (request) => listOverrides(context, request),
  };
}

function once<D extends DescMessage>(
  { host, requests }: AdminContext,
  schema: D,
  { requestId, wait, ...asked }: TenantServicePutOverrideRequest | TenantServiceDeleteOverrideRequest,
  verb: (world: World, now: Now) => object,
): Promise<MessageShape<D>> {
  const content = canonicalText({ verb: schema.typeName, ...asked });
  return requests.once(schema, { requestId, wait, content }, (keep) =>
    host.turn((world, now) => {
      const reached = { reached: WaitMode.ACCEPTED };
      const answer = create(schema, { ...verb(world, now), ...reached } as object as MessageInitShape<D>);
      keep(answer);
      return answer;
    }),
  );
}

function getPart({ host }: AdminContext, request: TenantServiceGetPartRequest): TenantServiceGetPartResponse {
  assertValid(request, GET_PART_RULE);
  const { tenant } = request;
  const section = sectionOf(request.part);
  const { set } = host.world.policy;
  const source = set.tenants.get(tenant);
  const versions = host.world.keptPolicies.versions(tenant);
  const [last] = versions;
  const kept = jsonOf(source?.api?.value[section]);
  const file = jsonOf(source?.file?.value[section]);
  const effective =
    section === "overrides"
      ? undefined
      : jsonOf(nodeToJson(SECTION_FIELDS[section], resolvePolicy(set, tenant, {}).settings[section]));
  return {
    $typeName: "tollgate.admin.v1.TenantServiceGetPartResponse",
    ...(kept === undefined ? {} : { keptJson: kept }),
    ...(file === undefined ? {} : { fileJson: file }),
    ...(effective === undefined ? {} : { effectiveJson: effective }),
    etag: last?.etag ?? "",
    ...(last === undefined || last.text === null
      ? {}
      : { createdAt: timestampToProto(last.createdMs), updatedAt: timestampToProto(last.atMs) }),
  };
}

function overrideOf(request: TenantServicePutOverrideRequest): Parameters<typeof putOverride>[1] {
  const { tenant, principal, target, value, until } = request;
  const untilMs = until === undefined ? 0 : timestampFromProto(until);
  const base = { tenant, principal, target, untilMs, by: ADMIN_ACTOR };
  if (value.case === "rate") return { ...base, rate: { rps: value.value.rps, burst: value.value.burst } };
  return { ...base, value: quotaFromText(target, value.value ?? "") };
}

function listOverrides(
  { host }: AdminContext,
  request: TenantServiceListOverridesRequest,
): TenantServiceListOverridesResponse {
  assertValid(request, LIST_OVERRIDES_RULE);
  const found = host.world.adjustments.entries
    .filter((entry) => entry !== undefined)
    .filter(({ tenant }) => request.tenant === undefined || tenant === request.tenant)
    .map((entry) => ({
      entry,
      key: [entry.tenant, entry.level, entry.name, entry.target, entry.cause].join("\n"),
    }))
    .toSorted((one, other) => (one.key < other.key ? -1 : 1))
    .slice(0, MAX_OVERRIDES);
  return {
    $typeName: "tollgate.admin.v1.TenantServiceListOverridesResponse",
    overrides: found.map(({ entry }) => overrideToProto(entry)),
  };
}

function jsonOf(value: unknown): Uint8Array<ArrayBuffer> | undefined {
  return value === undefined ? undefined : encoder.encode(JSON.stringify(value));
}

/** @throws TollgateError FIELD_INVALID */
function parseJson(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes)) as unknown;
  } catch {
    throw invalidField("value_json", "is no JSON in UTF-8");
  }
}
