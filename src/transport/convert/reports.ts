import type { Decision } from "../../domain/decision.ts";
import type { Detail } from "../../domain/intent.ts";
import type { RejectedReport } from "../../engine/reports/apply-batch.ts";
import type { ReporterRow } from "../../engine/reports/reporter-table.ts";
import type {
  Decisions,
  Progress,
  RejectedReport as WireRejected,
} from "../../gen/tollgate/enforcement/v1/report_pb.ts";
import type { Welcome } from "../../gen/tollgate/enforcement/v1/stream_pb.ts";
import { MAX_BATCH_BYTES, MAX_BATCH_REPORTS, WINDOW_REPORTS } from "../transport-limits.ts";
import { decisionToProto } from "./decisions.ts";
import { timestampToProto } from "./times.ts";

export function progressToProto(
  reporter: ReporterRow,
  duplicates: number,
  rejected: readonly RejectedReport[],
): Progress {
  return {
    $typeName: "tollgate.enforcement.v1.Progress",
    acceptedThrough: BigInt(reporter.floor),
    durableThrough: BigInt(reporter.durableFloor),
    duplicates: BigInt(duplicates),
    rejected: rejected.length === 0 ? NO_REJECTED : rejected.map(rejectedToProto),
  };
}

const NO_REJECTED: WireRejected[] = [];

function rejectedToProto({ sequence, problem }: RejectedReport): WireRejected {
  return {
    $typeName: "tollgate.enforcement.v1.RejectedReport",
    sequence: BigInt(sequence),
    reason: problem.reason,
    field: problem.field === "" ? undefined : `usage.${problem.field}`,
  };
}

export interface TakenDecision {
  readonly executionId: string;
  readonly decision: Decision;
}

export function decisionsToProto(
  throughSequence: number,
  decisions: Iterable<TakenDecision>,
  detail: Detail,
): Decisions {
  return {
    $typeName: "tollgate.enforcement.v1.Decisions",
    throughSequence: BigInt(throughSequence),
    decisions: Array.from(decisions, ({ executionId, decision }) => ({
      $typeName: "tollgate.enforcement.v1.ExecutionDecision",
      executionId,
      decision: decisionToProto(decision, detail, executionId),
    })),
  };
}

export function welcomeToProto(reporter: ReporterRow, storeId: string, startedAtMs: number): Welcome {
  return {
    $typeName: "tollgate.enforcement.v1.Welcome",
    storeId,
    floor: BigInt(reporter.floor),
    durableThrough: BigInt(reporter.durableFloor),
    maxBatchReports: MAX_BATCH_REPORTS,
    maxBatchBytes: MAX_BATCH_BYTES,
    window: WINDOW_REPORTS,
    instanceStart: timestampToProto(startedAtMs),
    applied: reporter.ranges.map(({ from, to }) => ({
      $typeName: "tollgate.enforcement.v1.SequenceRange",
      first: BigInt(from),
      last: BigInt(to),
    })),
  };
}
