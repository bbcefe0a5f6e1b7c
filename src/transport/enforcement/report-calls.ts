import type { Finding } from "../../domain/decision.ts";
import { applyBatch, type BatchAnswer } from "../../engine/reports/apply-batch.ts";
import { getReporter } from "../../engine/reports/open-reporter.ts";
import type { ReporterRow } from "../../engine/reports/reporter-table.ts";
import type { ReportUsageRequest, ReportUsageResponse } from "../../gen/tollgate/enforcement/v1/report_pb.ts";
import type { UsageBatch } from "../../gen/tollgate/enforcement/v1/usage_pb.ts";
import { detailFromProto, reachedToProto, waitFromProto } from "../convert/decisions.ts";
import { findingToProto } from "../convert/findings.ts";
import { decisionsToProto, progressToProto } from "../convert/reports.ts";
import { countDecision } from "../counters.ts";
import { principalFromProto } from "../pinned-identity.ts";
import type { ServiceContext } from "../service-context.ts";
import { withRemaining } from "../stream/pending-answers.ts";
import { assertWindow, sequenceOf } from "../stream/sequences.ts";
import { assertBatch, REPORT_USAGE_RULE } from "../validate/batch-rules.ts";
import { assertValid } from "../validate/rules.ts";

/** One batch of reports without a stream; the same rules, answered when durable. */
export async function callReportUsage(
  context: ServiceContext,
  request: ReportUsageRequest,
): Promise<ReportUsageResponse> {
  assertValid(request, REPORT_USAGE_RULE);
  const batch = request.batch as UsageBatch;
  const { host, caller, counters, pinned } = context;
  const reports = assertBatch(batch, "batch");
  const hello = {
    reporterId: request.reporterId,
    epoch: request.epoch,
    durableSeen: sequenceOf(request.durableSeen ?? 0n, "durable_seen"),
    principal: principalFromProto(request.principal, pinned),
  };
  for (const group of batch.groups) await context.completed.restore(caller, group.executionId);
  const detail = detailFromProto(request.detail);
  const { reporter, answer } = host.turn((world, now) => {
    const row = getReporter(world, caller, hello, now);
    assertWindow(row, batch);
    const taken = applyBatch(world, row, batch.groups, now);
    return { reporter: row, answer: detail === "MINIMAL" ? taken : withRemaining(world, row, taken, now) };
  });
  counters.batches++;
  counters.reports += reports;
  counters.duplicates += answer.duplicates;
  counters.rejected += answer.rejected.length;
  for (const { decision, route } of answer.decisions) countDecision(counters, "report", decision, route);
  const reached = reachedToProto(await host.settled(waitFromProto(request.wait)));
  return { ...answerToProto(context, reporter, answer, detail), reached };
}

function answerToProto(
  context: ServiceContext,
  reporter: ReporterRow,
  answer: BatchAnswer,
  detail: ReturnType<typeof detailFromProto>,
): ReportUsageResponse {
  return {
    $typeName: "tollgate.enforcement.v1.ReportUsageResponse",
    progress: progressToProto(reporter, answer.duplicates, answer.rejected),
    decisions:
      answer.decisions.length === 0
        ? undefined
        : decisionsToProto(answer.throughSequence, answer.decisions, detail),
    storeId: context.storeInfo().storeId,
    findings: [...lossOf(reporter), ...notesOf(answer)].map((one) => findingToProto(one, "")),
  };
}

/** Until what is missing was sent again: a client without a stream or watch hears of it here alone. */
function lossOf({ reporterId, lostThrough, floor }: ReporterRow): readonly Finding[] {
  if (lostThrough === 0) return [];
  const message = `reporter ${reporterId} was told that ${lostThrough} is durable; the file knows ${floor}: resend what is kept`;
  return [{ verdict: "WARN", kind: "STATE", reason: "DATA_LOSS", message, severity: "critical" }];
}

/** What the decisions say about the reports themselves, once each. */
function notesOf(answer: BatchAnswer): readonly Finding[] {
  const notes = new Map<string, Finding>();
  for (const { executionId, decision } of answer.decisions) {
    for (const finding of decision.findings) {
      if (finding.kind === "STATE" && !notes.has(finding.reason))
        notes.set(finding.reason, { executionId, ...finding });
    }
  }
  return [...notes.values()];
}
