// The messages that tests of streams send and wait for.

import type { MessageInitShape } from "@bufbuild/protobuf";
import type { EnforcementService } from "../../../src/gen/tollgate/enforcement/v1/enforcement_service_pb.ts";
import type { Progress } from "../../../src/gen/tollgate/enforcement/v1/report_pb.ts";
import type {
  StreamUsageRequestSchema,
  StreamUsageResponse,
} from "../../../src/gen/tollgate/enforcement/v1/stream_pb.ts";
import type { Duplex, WireClient } from "./wire-client.ts";

export type Request = MessageInitShape<typeof StreamUsageRequestSchema>;
export type Stream = Duplex<Request, StreamUsageResponse>;

/** The epoch of every reporter that a test does not give another. */
export const EPOCH = 7n;

export function hello(reporterId: string, more: object = {}): Request {
  return { message: { case: "hello", value: { reporterId, epoch: EPOCH, ...more } } };
}

/** One report of one step for each sequence from `first` to `last`. */
export function batch(executionId: string, first: number, last: number, more: object = {}): Request {
  const usage = Array.from({ length: last - first + 1 }, () => ({ steps: 1n }));
  return {
    message: {
      case: "usageBatch",
      value: { groups: [{ executionId, firstSequence: BigInt(first), usage, ...more }] },
    },
  };
}

/** A stream that has been welcomed. */
export async function openStream(
  client: WireClient<typeof EnforcementService>,
  first: Request,
): Promise<Stream> {
  const stream: Stream = client.rpc.streamUsage();
  stream.send(first);
  const welcome = await stream.next();
  if (welcome?.message.case !== "welcome") throw new Error("the first message was no welcome");
  return stream;
}

/** Everything that Progress said until `through` was durable, as one. */
export async function progressThrough(stream: Stream, through: number): Promise<Progress> {
  let duplicates = 0n;
  const rejected: Progress["rejected"] = [];
  const last = await stream.until(({ message }) => {
    if (message.case !== "progress") return false;
    duplicates += message.value.duplicates;
    rejected.push(...message.value.rejected);
    return message.value.durableThrough >= BigInt(through);
  });
  return { ...(last.message.value as Progress), duplicates, rejected };
}
