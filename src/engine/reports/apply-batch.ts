import type { Decision, Finding } from "../../domain/decision.ts";
import { TollgateError } from "../../domain/errors.ts";
import { DEFAULT_TENANT } from "../../domain/execution.ts";
import type { Now } from "../../domain/time.ts";
import type { UsageGroup } from "../../domain/usage.ts";
import { keepViolation } from "../events/push.ts";
import { completeExecution } from "../executions/complete.ts";
import { NO_INDEX } from "../executions/execution-table.ts";
import { canonicalText } from "../executions/register.ts";
import type { World } from "../world.ts";
import { applyGroup, type GroupPart } from "./apply-group.ts";
import type { UsageProblem } from "./check-usage.ts";
import {
  applyRange,
  findRange,
  isApplied,
  isContentHash,
  MAX_SEQUENCES_AHEAD,
  NO_CONTENT_HASH,
} from "./mark.ts";
import { noteGapClosed, touchReporter } from "./open-reporter.ts";
import type { ReporterRow } from "./reporter-table.ts";

// One message of reports. What is below the floor or applied already is acknowledged and not counted again; the rest is
// charged, judged and marked in one turn.

export interface RejectedReport {
  readonly sequence: number;
  readonly problem: UsageProblem;
}

export interface ReportDecision {
  readonly executionId: string;
  readonly decision: Decision;
  readonly route: string | undefined;
}

export interface BatchAnswer {
  readonly duplicates: number;
  readonly rejected: readonly RejectedReport[];
  readonly decisions: readonly ReportDecision[];
  /** Highest sequence of the message. */
  readonly throughSequence: number;
  /** Executions that were reported for. */
  readonly indexes: readonly number[];
}

/** @throws TollgateError SEQUENCE_AHEAD, SEQUENCE_CONTENT_CHANGED, FIELD_INVALID: nothing of the message was applied */
export function applyBatch(
  world: World,
  reporter: ReporterRow,
  groups: readonly UsageGroup[],
  now: Now,
): BatchAnswer {
  const last = assertSequences(reporter, groups);
  touchReporter(world, reporter, now);
  const work: BatchWork = { duplicates: 0, rejected: NO_REJECTED, decisions: NO_DECISIONS, indexes: [] };
  const found = world.executions.findAll(reporter.caller, groups);
  for (let at = 0; at < groups.length; at++) {
    const group = groups[at] as UsageGroup;
    if (group.usage.length > 0) applyReports(world, reporter, group, found[at] as number, work, now);
  }
  noteGapClosed(world, reporter);
  return { ...work, throughSequence: last };
}

interface BatchWork {
  duplicates: number;
  rejected: RejectedReport[];
  decisions: ReportDecision[];
  indexes: number[];
}

// Shared while empty: nothing is allocated for a message that only counts.
const NO_REJECTED: RejectedReport[] = [];
const NO_DECISIONS: ReportDecision[] = [];

function assertSequences(reporter: ReporterRow, groups: readonly UsageGroup[]): number {
  let last = 0;
  for (let at = 0; at < groups.length; at++) {
    const group = groups[at] as UsageGroup;
    if (group.firstSequence < 1n || group.firstSequence > MAX_SEQUENCE) {
      throw new TollgateError("FIELD_INVALID", `groups[${at}].first_sequence: at least 1 and at most 2^53`, {
        fields: [{ field: `groups[${at}].first_sequence`, description: "at least 1 and at most 2^53" }],
      });
    }
    const to = Number(group.firstSequence) + group.usage.length - 1;
    if (to > last) last = to;
    if (reporter.ranges.length > 0) assertSameContent(reporter, group, at, to);
  }
  if (last > reporter.floor + MAX_SEQUENCES_AHEAD) throw aheadError(reporter, last);
  return last;
}

const MAX_SEQUENCE = 1n << 53n;

export function aheadError(reporter: ReporterRow, last: number): TollgateError {
  const expected = reporter.floor + 1;
  return new TollgateError(
    "SEQUENCE_AHEAD",
    `sequence ${last} is more than ${MAX_SEQUENCES_AHEAD} ahead; ${expected} is expected`,
    {
      metadata: { expected_sequence: String(expected) },
    },
  );
}

function assertSameContent(reporter: ReporterRow, group: UsageGroup, at: number, to: number): void {
  const from = Number(group.firstSequence);
  const known = findRange(reporter, from, to);
  if (known === undefined || !isContentHash(known.hash) || known.hash === hashGroup(group)) return;
  throw new TollgateError(
    "SEQUENCE_CONTENT_CHANGED",
    `sequences ${from} to ${to} were applied with other content`,
    {
      fields: [
        {
          field: `groups[${at}].first_sequence`,
          description: "the same sequences must carry the same reports",
        },
      ],
    },
  );
}

/** 64 bits over a group's content. Only messages that come out of order are hashed. */
function hashGroup(group: UsageGroup): string {
  const text = canonicalText({
    id: group.executionId,
    provider: group.provider,
    model: group.model,
    route: group.route,
    usage: group.usage,
  });
  let high = 0x811c9dc5;
  let low = 0x9747b28c;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    high = Math.imul(high ^ code, 0x01000193);
    low = Math.imul(low ^ code, 0x5bd1e995);
    low ^= low >>> 15;
  }
  return (high >>> 0).toString(16).padStart(8, "0") + (low >>> 0).toString(16).padStart(8, "0");
}

function applyReports(
  world: World,
  reporter: ReporterRow,
  group: UsageGroup,
  index: number,
  work: BatchWork,
  now: Now,
): void {
  const from = Number(group.firstSequence);
  const to = from + group.usage.length - 1;
  if (to <= reporter.floor) {
    work.duplicates += group.usage.length;
    return;
  }
  if (from === reporter.floor + 1 && reporter.ranges.length === 0) {
    applyPart(world, reporter, index, { group, start: 0, end: group.usage.length }, work, now);
    reporter.floor = to;
    return;
  }
  const duplicates = work.duplicates;
  let start = -1;
  for (let at = 0; at <= group.usage.length; at++) {
    const applied = at < group.usage.length && isApplied(reporter, from + at);
    if (applied) work.duplicates++;
    if (at < group.usage.length && !applied) {
      if (start < 0) start = at;
    } else if (start >= 0) {
      applyPart(world, reporter, index, { group, start, end: at }, work, now);
      start = -1;
    }
  }
  // Only a message that was applied whole can come again as it was.
  applyRange(reporter, from, to, work.duplicates === duplicates ? hashGroup(group) : NO_CONTENT_HASH);
}

function applyPart(
  world: World,
  reporter: ReporterRow,
  index: number,
  part: GroupPart,
  work: BatchWork,
  now: Now,
): void {
  const { group } = part;
  const result = applyGroup(world, reporter, index, part, now);
  if (index !== NO_INDEX) work.indexes.push(index);
  if (result === undefined) return;
  if (result.decision !== undefined) {
    if (work.decisions === NO_DECISIONS) work.decisions = [];
    const { executionId, route } = group;
    work.decisions.push({ executionId, decision: result.decision, route });
  }
  for (const { at, problem } of result.rejected) {
    if (work.rejected === NO_REJECTED) work.rejected = [];
    const sequence = Number(group.firstSequence) + at;
    work.rejected.push({ sequence, problem });
    keepRejected(world, reporter, group.executionId, sequence, problem, now);
  }
}

function keepRejected(
  world: World,
  reporter: ReporterRow,
  executionId: string,
  sequence: number,
  problem: UsageProblem,
  now: Now,
): void {
  const message = `report ${sequence} of ${reporter.reporterId}: ${problem.field} ${problem.description}`;
  const finding: Finding = { verdict: "WARN", kind: "STATE", reason: "REPORT_REJECTED", message, sequence };
  keepViolation(
    world,
    finding,
    now,
    reporter.principal?.tenant ?? DEFAULT_TENANT,
    executionId,
    undefined,
    undefined,
  );
}

/**
 * Closes a gap that the client gives up. Answers how many sequences were skipped.
 * @throws TollgateError SEQUENCE_AHEAD, FIELD_INVALID
 */
export function skipRange(world: World, reporter: ReporterRow, from: number, to: number, now: Now): number {
  if (from < 1 || to < from) {
    throw new TollgateError("FIELD_INVALID", "skip_range: from must be at least 1 and to at least from", {
      fields: [{ field: "skip_range", description: "from at least 1, to at least from" }],
    });
  }
  if (to > reporter.floor + MAX_SEQUENCES_AHEAD) throw aheadError(reporter, to);
  let skipped = 0;
  for (let sequence = Math.max(from, reporter.floor + 1); sequence <= to; sequence++)
    if (!isApplied(reporter, sequence)) skipped++;
  if (skipped === 0) return 0;
  touchReporter(world, reporter, now);
  applyRange(reporter, from, to, NO_CONTENT_HASH);
  const message = `reporter ${reporter.reporterId} gave up ${skipped} reports, ${from} to ${to}`;
  const finding: Finding = { verdict: "WARN", kind: "STATE", reason: "REPORTS_SKIPPED", message };
  keepViolation(
    world,
    finding,
    now,
    reporter.principal?.tenant ?? DEFAULT_TENANT,
    reporter.reporterId,
    undefined,
    undefined,
  );
  noteGapClosed(world, reporter);
  return skipped;
}

/**
 * An execution's end as an entry of the stream, acknowledged like a report's. True when it was applied now.
 * @throws TollgateError SEQUENCE_AHEAD, FIELD_INVALID
 */
export function completeInStream(
  world: World,
  reporter: ReporterRow,
  sequence: number,
  executionId: string,
  now: Now,
): boolean {
  if (sequence < 1) {
    throw new TollgateError("FIELD_INVALID", "complete_execution.sequence: at least 1", {
      fields: [{ field: "complete_execution.sequence", description: "at least 1" }],
    });
  }
  if (sequence > reporter.floor + MAX_SEQUENCES_AHEAD) throw aheadError(reporter, sequence);
  if (isApplied(reporter, sequence)) return false;
  touchReporter(world, reporter, now);
  applyRange(reporter, sequence, sequence, NO_CONTENT_HASH);
  const index = world.executions.find(reporter.caller, executionId);
  if (index !== NO_INDEX) completeExecution(world, index, now);
  return true;
}
