import { MAX_OPEN_APPROVALS } from "../../domain/approval.ts";
import { MAX_CUSTOM_COUNTERS, MAX_EVENTS, MAX_LABELS, MAX_TREE_DEPTH } from "../../domain/execution.ts";
import { HOLD_TTL_MAX_MS } from "../../domain/reservation.ts";
import { MAX_SEQUENCES_AHEAD } from "../../engine/reports/mark.ts";
import type { Policy } from "../../engine/world.ts";
import {
  DurabilityMode,
  type GetInfoResponse,
  IdentityMode,
  type ServerLimits,
} from "../../gen/tollgate/enforcement/v1/info_pb.ts";
import { EnforcementMode } from "../../gen/tollgate/enforcement/v1/limits_pb.ts";
import { durationToProto, timestampToProto } from "../convert/times.ts";
import { isPinned } from "../pinned-identity.ts";
import type { ServiceContext } from "../service-context.ts";
import {
  MAX_BATCH_BYTES,
  MAX_BATCH_REPORTS,
  MAX_MESSAGE_BYTES,
  MAX_REPORT_BYTES,
  MAX_REQUEST_BYTES,
  MAX_WATCHERS,
  WINDOW_REPORTS,
} from "../transport-limits.ts";

/** What this daemon can do, ordered. */
const FEATURES = [
  "access",
  "approvals",
  "carves",
  "operations",
  "outcomes",
  "reservations",
  "rules",
  "streams",
  "trees",
  "watches",
];

export function callGetInfo(context: ServiceContext): GetInfoResponse {
  const { host, info, pinned, storeInfo } = context;
  const { storeId, durability } = storeInfo();
  const { policy } = host.world;
  return {
    $typeName: "tollgate.enforcement.v1.GetInfoResponse",
    storeId,
    durability: durability === "power" ? DurabilityMode.POWER : DurabilityMode.PROCESS,
    limits: limitsToProto(context),
    features: [...FEATURES],
    policyEtag: policy.etag,
    policyGeneration: BigInt(policy.generation),
    instanceStart: timestampToProto(info.startedAt),
    version: info.version,
    identity: isPinned(pinned) ? IdentityMode.PINNED : IdentityMode.TRUSTING,
    mode: EnforcementMode.ENFORCE,
    settings: { ...info.settings },
    warnings: [...info.warnings, ...policyWarnings(policy)].sort(),
  };
}

/** What of the policy in force is not what people may take it for. */
function policyWarnings({ unshared }: Policy): readonly string[] {
  const all = [...(unshared?.values() ?? [])];
  return [
    ...(all.some(({ perPod }) => perPod.length > 0) ? ["QUOTA_NOT_SHARED"] : []),
    ...(all.some(({ cluster }) => cluster.length > 0) ? ["SHARED_STORE_MISSING"] : []),
  ];
}

function limitsToProto({ host, limits }: ServiceContext): ServerLimits {
  return {
    $typeName: "tollgate.enforcement.v1.ServerLimits",
    maxMessageBytes: MAX_MESSAGE_BYTES,
    maxBatchReports: MAX_BATCH_REPORTS,
    maxBatchBytes: MAX_BATCH_BYTES,
    maxReportBytes: MAX_REPORT_BYTES,
    window: WINDOW_REPORTS,
    maxSequencesAhead: MAX_SEQUENCES_AHEAD,
    maxStreams: limits.maxStreams,
    maxLiveExecutions: host.world.maxLiveExecutions,
    maxWatchers: MAX_WATCHERS,
    maxTreeDepth: MAX_TREE_DEPTH,
    maxLabels: MAX_LABELS,
    maxCustomCounters: MAX_CUSTOM_COUNTERS,
    maxEvents: MAX_EVENTS,
    maxOpenApprovals: MAX_OPEN_APPROVALS,
    maxTimeToLive: durationToProto(HOLD_TTL_MAX_MS),
    maxTextBytes: MAX_REQUEST_BYTES,
  };
}
