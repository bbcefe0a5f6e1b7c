import { invalidField, TollgateError } from "../../domain/errors.ts";
import { MAX_SEQUENCES_AHEAD } from "../../engine/reports/mark.ts";
import type { ReporterRow } from "../../engine/reports/reporter-table.ts";
import type { UsageBatch, UsageGroup } from "../../gen/tollgate/enforcement/v1/usage_pb.ts";
import { WINDOW_REPORTS } from "../transport-limits.ts";

/** Largest sequence: what a number holds exactly. */
const MAX_SEQUENCE = BigInt(Number.MAX_SAFE_INTEGER);

/** A sequence as a number. @throws TollgateError FIELD_INVALID above 2^53 - 1 */
export function sequenceOf(sequence: bigint, field: string): number {
  if (sequence > MAX_SEQUENCE) throw invalidField(field, "at most 2^53 - 1");
  return Number(sequence);
}

/**
 * Refuses reports beyond the window of those that are not durable yet; nothing of the batch is applied.
 * @throws TollgateError WINDOW_EXCEEDED
 */
export function assertWindow(reporter: ReporterRow, batch: UsageBatch): void {
  const { groups } = batch;
  let last = 0;
  for (let at = 0; at < groups.length; at++) {
    const group = groups[at] as UsageGroup;
    const through = Number(group.firstSequence) + group.usage.length - 1;
    if (through > last) last = through;
  }
  // Too far ahead of the floor is another mistake, which the engine names.
  if (last <= reporter.durableFloor + WINDOW_REPORTS || last > reporter.floor + MAX_SEQUENCES_AHEAD) return;
  const message = `sequence ${last} is more than ${WINDOW_REPORTS} above ${reporter.durableFloor}, the last that is durable`;
  throw new TollgateError("WINDOW_EXCEEDED", message, {
    metadata: { durable_through: String(reporter.durableFloor), window: String(WINDOW_REPORTS) },
    retryAfterMs: 100,
  });
}
