import { afterEach, expect, test } from "vitest";
import { EnforcementService } from "../../../../src/gen/tollgate/enforcement/v1/enforcement_service_pb.ts";
import { batch, hello, openStream, progressThrough } from "../usage-messages.ts";
import { connect, failureOf } from "../wire-client.ts";
import { startWireDaemon, type WireDaemon } from "../wire-daemon.ts";

let daemon: WireDaemon;

afterEach(async () => {
  await daemon.close();
});

test("STREAM_IDLE: a stream on which nothing comes is ended, what it reported stays, and it can go on", async () => {
  daemon = await startWireDaemon({ servers: { limits: { streamIdleMs: 300 } } });
  const client = connect(EnforcementService, daemon.agent);
  await client.rpc.registerExecution({ executionId: "e" });
  const stream = await openStream(client, hello("r"));
  stream.send(batch("e", 1, 3));
  await progressThrough(stream, 3);
  const ended = (async () => {
    while ((await stream.next()) !== undefined);
  })();
  expect(await failureOf(ended)).toMatchObject({ code: "DEADLINE_EXCEEDED", reason: "STREAM_IDLE" });
  const again = await openStream(client, hello("r", { resume: true, durableSeen: 3n }));
  again.send(batch("e", 4, 4));
  await progressThrough(again, 4);
  expect((await client.rpc.getExecution({ executionId: "e" })).execution?.usage?.steps).toBe(4n);
  client.close();
});
