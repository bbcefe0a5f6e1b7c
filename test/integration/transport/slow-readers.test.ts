import {
  type ClientHttp2Session,
  type ClientHttp2Stream,
  connect as connectHttp2,
  constants,
} from "node:http2";
import { connect as dial } from "node:net";
import { create, toBinary } from "@bufbuild/protobuf";
import { afterEach, describe, expect, test } from "vitest";
import { ExecutionAdminService } from "../../../src/gen/tollgate/admin/v1/execution_admin_service_pb.ts";
import { EnforcementService } from "../../../src/gen/tollgate/enforcement/v1/enforcement_service_pb.ts";
import { StreamUsageRequestSchema } from "../../../src/gen/tollgate/enforcement/v1/stream_pb.ts";
import { batch, hello, type Request } from "./usage-messages.ts";
import { connect } from "./wire-client.ts";
import { startWireDaemon, type WireDaemon } from "./wire-daemon.ts";

// A peer that never opens its window: made by hand, because no gRPC client behaves so.

let daemon: WireDaemon | undefined;

afterEach(async () => {
  await daemon?.close();
});

function framed(request: Request): Buffer {
  const message = toBinary(StreamUsageRequestSchema, create(StreamUsageRequestSchema, request));
  const frame = Buffer.alloc(5 + message.length);
  frame.writeUInt32BE(message.length, 1);
  frame.set(message, 5);
  return frame;
}

function openDeaf(path: string): {
  session: ClientHttp2Session;
  stream: ClientHttp2Stream;
  closed: Promise<number | undefined>;
} {
  const session = connectHttp2("http://tollgate", {
    createConnection: () => dial(path),
    settings: { initialWindowSize: 0 },
  });
  const stream = session.request({
    [constants.HTTP2_HEADER_METHOD]: "POST",
    [constants.HTTP2_HEADER_PATH]: "/tollgate.enforcement.v1.EnforcementService/StreamUsage",
    [constants.HTTP2_HEADER_CONTENT_TYPE]: "application/grpc+proto",
    te: "trailers",
  });
  stream.on("error", () => undefined);
  const closed = new Promise<number | undefined>((resolve) =>
    stream.on("close", () => resolve(stream.rstCode)),
  );
  return { session, stream, closed };
}

async function flood(limits: {
  slowReaderMs?: number;
  maxUnreadBytes?: number;
}): Promise<number | undefined> {
  daemon = await startWireDaemon({ servers: { limits } });
  const client = connect(EnforcementService, daemon.agent);
  const admin = connect(ExecutionAdminService, daemon.admin);
  await client.rpc.registerExecution({ executionId: "e" });
  const deaf = openDeaf(daemon.agent.slice("unix:".length));
  deaf.stream.write(framed(hello("deaf")));
  deaf.stream.write(framed(batch("e", 1, 1)));
  while ((await client.rpc.getExecution({ executionId: "e" })).execution?.usage?.steps !== 1n);
  const target = { target: { case: "executionId" as const, value: "e" } };
  for (let at = 0; at < 20; at++) {
    await admin.rpc.pause({ target });
    await admin.rpc.resume({ target });
  }
  const code = await deaf.closed;
  expect(daemon.servers.counters.errors["SLOW_READER"]).toBe(1);
  expect(daemon.servers.counters.usageStreams).toBe(0);
  expect((await client.rpc.getExecution({ executionId: "e" })).execution?.usage?.steps).toBe(1n);
  deaf.session.destroy();
  client.close();
  admin.close();
  return code;
}

describe("a client that does not read", () => {
  test("is disconnected after the named time; what it reported stays", async () => {
    expect(await flood({ slowReaderMs: 30 })).toBe(constants.NGHTTP2_ENHANCE_YOUR_CALM);
  });

  test("is disconnected when too much waits for it", async () => {
    expect(await flood({ maxUnreadBytes: 1_000 })).toBe(constants.NGHTTP2_ENHANCE_YOUR_CALM);
  });
});
