import { create } from "@bufbuild/protobuf";
import {
  type StreamUsageRequest,
  StreamUsageRequestSchema,
} from "../../gen/tollgate/enforcement/v1/stream_pb.ts";
import { type UsageGroup, UsageGroupSchema } from "../../gen/tollgate/enforcement/v1/usage_pb.ts";
import type { KeptEntry, ReportBuffer, ReportSubject } from "./report-buffer.ts";

/** What the daemon takes at once, as `welcome` says. */
export interface BatchBounds {
  readonly maxBatchReports: number;
  readonly maxBatchBytes: number;
}

/** Bytes of a group besides its texts and reports: tags, lengths, sequence, flag. */
const GROUP_OVERHEAD_BYTES = 48;

/** One message to send, the last position in it, and about how large it is. */
export interface NextMessage {
  readonly message: StreamUsageRequest;
  readonly through: number;
  readonly bytes: number;
}

/**
 * The next message of kept reports from `from` up to `through`, as large as `bounds` allow. Undefined when there is none.
 *
 * @param base what positions are above sequences
 */
export function nextMessage(
  buffer: ReportBuffer,
  from: number,
  through: number,
  base: number,
  bounds: BatchBounds,
): NextMessage | undefined {
  let position = from;
  // Given up: closed by SkipRange.
  while (position <= through && buffer.find(position) === undefined) position++;
  const first = position <= through ? buffer.find(position) : undefined;
  if (first === undefined) return undefined;
  if (first.kind === "complete") {
    const value = { sequence: BigInt(position - base), executionId: first.executionId };
    return {
      message: create(StreamUsageRequestSchema, { message: { case: "completeExecution", value } }),
      through: position,
      bytes: first.bytes,
    };
  }
  const { groups, last, bytes } = collect(buffer, position, through, base, bounds);
  return {
    message: create(StreamUsageRequestSchema, { message: { case: "usageBatch", value: { groups } } }),
    through: last,
    bytes,
  };
}

function collect(
  buffer: ReportBuffer,
  from: number,
  through: number,
  base: number,
  bounds: BatchBounds,
): { groups: UsageGroup[]; last: number; bytes: number } {
  const groups: UsageGroup[] = [];
  let bytes = 0;
  let reports = 0;
  let subject: ReportSubject | undefined;
  let position = from;
  for (; position <= through; position++) {
    const entry: KeptEntry | undefined = buffer.find(position);
    if (entry?.kind !== "usage") break;
    const isNew = subject === undefined || !isSameSubject(subject, entry.subject);
    const more = entry.bytes + (isNew ? groupBytes(entry.subject) : 0);
    if (reports > 0 && (reports + 1 > bounds.maxBatchReports || bytes + more > bounds.maxBatchBytes)) break;
    if (isNew) groups.push(startGroup(entry.subject, position - base));
    (groups.at(-1) as UsageGroup).usage.push(entry.usage);
    subject = entry.subject;
    bytes += more;
    reports++;
  }
  return { groups, last: position - 1, bytes };
}

function startGroup(subject: ReportSubject, sequence: number): UsageGroup {
  const { executionId, provider, model, route, wantDecision } = subject;
  return create(UsageGroupSchema, {
    executionId,
    firstSequence: BigInt(sequence),
    ...(provider === undefined ? {} : { provider }),
    ...(model === undefined ? {} : { model }),
    ...(route === undefined ? {} : { route }),
    ...(wantDecision === undefined ? {} : { wantDecision }),
  });
}

function groupBytes({ executionId, provider = "", model = "", route = "" }: ReportSubject): number {
  return (
    GROUP_OVERHEAD_BYTES +
    executionId.length +
    Buffer.byteLength(provider) +
    Buffer.byteLength(model) +
    Buffer.byteLength(route)
  );
}

function isSameSubject(left: ReportSubject, right: ReportSubject): boolean {
  return (
    left === right ||
    (left.executionId === right.executionId &&
      left.provider === right.provider &&
      left.model === right.model &&
      left.route === right.route &&
      left.wantDecision === right.wantDecision)
  );
}
