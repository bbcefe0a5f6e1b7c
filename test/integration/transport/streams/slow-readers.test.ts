import { constants } from "node:http2";
import { afterEach, describe, expect, test } from "vitest";
import { ExecutionAdminService } from "../../../../src/gen/tollgate/admin/v1/execution_admin_service_pb.ts";
import { EnforcementService } from "../../../../src/gen/tollgate/enforcement/v1/enforcement_service_pb.ts";
import { batch, hello } from "../usage-messages.ts";
import { connect } from "../wire-client.ts";
import { startWireDaemon, type WireDaemon } from "../wire-daemon.ts";
import { framed, openRawStream } from "./raw-stream.ts";

// A peer that never opens its window: made by hand, because no gRPC client behaves so.

let daemon: WireDaemon | undefined;

afterEach(async () => {
  await daemon?.close();
});

async function flood(limits: {
  slowReaderMs?: number;
  maxUnreadBytes?: number;
}): Promise<number | undefined> {
  daemon = await startWireDaemon({ servers: { limits } });
  const client = connect(EnforcementService, daemon.agent);
  const admin = connect(ExecutionAdminService, daemon.admin);
  await client.rpc.registerExecution({ executionId: "e" });
  const deaf = openRawStream(daemon.agent, { initialWindowSize: 0 });
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
