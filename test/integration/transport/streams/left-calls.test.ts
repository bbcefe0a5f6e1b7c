import { constants } from "node:http2";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { EnforcementService } from "../../../../src/gen/tollgate/enforcement/v1/enforcement_service_pb.ts";
import { connect } from "../wire-client.ts";
import { startWireDaemon, type WireDaemon } from "../wire-daemon.ts";
import { openRawStream, type RawStream } from "./raw-stream.ts";

// Calls that a peer opens and then leaves as they are.

let daemon: WireDaemon;
const opened: RawStream[] = [];

beforeEach(async () => {
  daemon = await startWireDaemon({ servers: { limits: { firstMessageMs: 30, maxStreams: 1 } } });
});

afterEach(async () => {
  for (const { session } of opened.splice(0)) session.destroy();
  await daemon.close();
});

function open(method: string): RawStream {
  const raw = openRawStream(daemon.agent, {}, method);
  opened.push(raw);
  return raw;
}

describe("a call that never comes whole", () => {
  test("is reset; one that waits for its answer is not", async () => {
    expect(await open("Check").closed).toBe(constants.NGHTTP2_ENHANCE_YOUR_CALM);
    const client = connect(EnforcementService, daemon.agent);
    await client.rpc.registerExecution({ executionId: "e" });
    const watch = client.rpc.watchExecution({ executionId: "e" });
    expect(await open("Check").closed).toBe(constants.NGHTTP2_ENHANCE_YOUR_CALM);
    await client.rpc.completeExecution({ executionId: "e" });
    expect((await watch.next())?.message.case).toBe("event");
    client.close();
  });

  test("is given up after its refusal, though its peer does not end its half", async () => {
    const first = open("StreamUsage");
    const trailers = new Promise((resolve) => first.stream.once("response", resolve));
    await trailers;
    expect(await first.closed).toBe(constants.NGHTTP2_NO_ERROR);
    expect(daemon.servers.counters.errors["HELLO_REQUIRED"]).toBe(1);
  });
});
