import { invalidField, TollgateError } from "../../domain/errors.ts";
import { isId } from "../../domain/ids.ts";
import type { ReportUsageRequest } from "../../gen/tollgate/enforcement/v1/report_pb.ts";
import type { Hello } from "../../gen/tollgate/enforcement/v1/stream_pb.ts";
import type { UsageBatch, UsageGroup } from "../../gen/tollgate/enforcement/v1/usage_pb.ts";
import { MAX_BATCH_REPORTS } from "../transport-limits.ts";
import { message, required, requiredId, satisfies } from "./rules.ts";
import { detail, principal, wait } from "./shared-rules.ts";

/** Longest name of a provider, a model or a route in a group, characters. */
const MAX_NAME_LENGTH = 1_024;

const epoch = satisfies<bigint>("is required, not 0", (value) => value !== 0n);

export const HELLO_RULE = message<Hello>({ reporterId: requiredId, epoch, principal, detail });
export const REPORT_USAGE_RULE = message<ReportUsageRequest>({
  reporterId: requiredId,
  epoch,
  batch: required(),
  principal,
  wait,
  detail,
});

/**
 * The groups of a batch; what is in their reports is judged one by one by the engine. Returns the number of reports.
 * @throws TollgateError FIELD_INVALID, naming the group
 */
export function assertBatch(batch: UsageBatch, path: string): number {
  const { groups } = batch;
  let reports = 0;
  for (let at = 0; at < groups.length; at++) {
    const group = groups[at] as UsageGroup;
    if (group.executionId !== "" && !isId(group.executionId))
      throw groupError(path, at, "execution_id", "1 to 128 visible ASCII characters");
    if (group.usage.length === 0) throw groupError(path, at, "usage", "at least 1 report");
    if (group.firstSequence === 0n) throw groupError(path, at, "first_sequence", "sequences start at 1");
    if (isTooLong(group.provider))
      throw groupError(path, at, "provider", `at most ${MAX_NAME_LENGTH} characters`);
    if (isTooLong(group.model)) throw groupError(path, at, "model", `at most ${MAX_NAME_LENGTH} characters`);
    if (isTooLong(group.route)) throw groupError(path, at, "route", `at most ${MAX_NAME_LENGTH} characters`);
    reports += group.usage.length;
  }
  if (reports === 0) throw invalidField(`${path}.groups`, "at least 1 group");
  if (reports > MAX_BATCH_REPORTS) {
    throw new TollgateError(
      "MESSAGE_TOO_LARGE",
      `${path}: ${reports} reports, at most ${MAX_BATCH_REPORTS} in one batch`,
      {
        metadata: { max_batch_reports: String(MAX_BATCH_REPORTS) },
        fields: [{ field: path, description: `at most ${MAX_BATCH_REPORTS} reports` }],
      },
    );
  }
  return reports;
}

function isTooLong(name: string | undefined): boolean {
  return name !== undefined && name.length > MAX_NAME_LENGTH;
}

function groupError(path: string, at: number, field: string, description: string): TollgateError {
  return invalidField(`${path}.groups[${at}].${field}`, description);
}
