// A stream of usage made by hand over node:http2: for peers that no gRPC client is.

import {
  type ClientHttp2Session,
  type ClientHttp2Stream,
  connect,
  constants,
  type Settings,
} from "node:http2";
import { connect as dial } from "node:net";
import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import {
  StreamUsageRequestSchema,
  type StreamUsageResponse,
  StreamUsageResponseSchema,
} from "../../../../src/gen/tollgate/enforcement/v1/stream_pb.ts";
import type { Request } from "../usage-messages.ts";

export interface RawStream {
  readonly session: ClientHttp2Session;
  readonly stream: ClientHttp2Stream;
  /** The code that the stream was reset with. */
  readonly closed: Promise<number | undefined>;
}

/** A message as gRPC frames it. */
export function framed(request: Request): Buffer {
  const message = toBinary(StreamUsageRequestSchema, create(StreamUsageRequestSchema, request));
  const frame = Buffer.alloc(5 + message.length);
  frame.writeUInt32BE(message.length, 1);
  frame.set(message, 5);
  return frame;
}

/** Opens a stream of usage, or another call, at `unix:PATH`. */
export function openRawStream(target: string, settings: Settings = {}, method = "StreamUsage"): RawStream {
  const session = connect("http://tollgate", {
    createConnection: () => dial(target.slice("unix:".length)),
    settings,
  });
  const stream = session.request({
    [constants.HTTP2_HEADER_METHOD]: "POST",
    [constants.HTTP2_HEADER_PATH]: `/tollgate.enforcement.v1.EnforcementService/${method}`,
    [constants.HTTP2_HEADER_CONTENT_TYPE]: "application/grpc+proto",
    te: "trailers",
  });
  stream.on("error", () => undefined);
  const closed = new Promise<number | undefined>((resolve) =>
    stream.on("close", () => resolve(stream.rstCode)),
  );
  return { session, stream, closed };
}

/** The messages that have come whole. */
export function messagesOf(bytes: Buffer): readonly StreamUsageResponse[] {
  const messages: StreamUsageResponse[] = [];
  for (let at = 0; at + 5 <= bytes.length; ) {
    const end = at + 5 + bytes.readUInt32BE(at + 1);
    if (end > bytes.length) break;
    messages.push(fromBinary(StreamUsageResponseSchema, bytes.subarray(at + 5, end)));
    at = end;
  }
  return messages;
}
