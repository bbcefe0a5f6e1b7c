import { afterEach, describe, expect, test } from "vitest";
import { EnforcementService } from "../../../src/gen/tollgate/enforcement/v1/enforcement_service_pb.ts";
import { EventType } from "../../../src/gen/tollgate/enforcement/v1/event_pb.ts";
import { Verdict } from "../../../src/gen/tollgate/enforcement/v1/finding_pb.ts";
import { WaitMode } from "../../../src/gen/tollgate/enforcement/v1/request_pb.ts";
import { batch, hello, openStream, progressThrough } from "./usage-messages.ts";
import { connect } from "./wire-client.ts";
import { startWireDaemon, type WireDaemon } from "./wire-daemon.ts";

let daemon: WireDaemon;

afterEach(async () => {
  daemon.volume.failure = undefined;
  await daemon.close();
});

describe("while the file fails", () => {
  test("answers say ACCEPTED and STORE_FAILING, nothing is acknowledged, and the cure makes up for it", async () => {
    daemon = await startWireDaemon();
    const client = connect(EnforcementService, daemon.agent);
    await client.rpc.registerExecution({ executionId: "e" });
    const stream = await openStream(client, hello("r"));
    stream.send(batch("e", 1, 1));
    await progressThrough(stream, 1);
    daemon.volume.failure = "disk full";
    expect((await client.rpc.charge({ executionId: "e", intent: { step: {} } })).reached).toBe(
      WaitMode.ACCEPTED,
    );
    const failing = await stream.until((one) => one.message.case === "event");
    expect(failing.message.value).toMatchObject({
      eventNumber: 0n,
      type: EventType.STORE_FAILING,
      payload: { value: {} },
    });
    const charged = await client.rpc.charge({ executionId: "e", intent: { step: {} } });
    expect(charged).toMatchObject({
      decision: { verdict: Verdict.WARN, allowed: true, findings: [{ reason: "STORE_FAILING" }] },
    });
    stream.send(batch("e", 2, 3));
    const accepted = await stream.until(
      (one) => one.message.case === "progress" && one.message.value.acceptedThrough === 3n,
    );
    expect(accepted.message.value).toMatchObject({ durableThrough: 1n });
    daemon.volume.failure = undefined;
    const cured = await stream.until(
      (one) => one.message.case === "event" && one.message.value.type === EventType.STORE_FAILING,
    );
    expect(cured.message.value).toMatchObject({
      payload: { case: "storeFailing", value: { recovered: true } },
    });
    stream.end();
    client.close();
  });

  test("and blocks, intents are refused, reading pauses, and goes on with the cure", async () => {
    daemon = await startWireDaemon({ onStoreFailure: "block" });
    const client = connect(EnforcementService, daemon.agent);
    await client.rpc.registerExecution({ executionId: "e" });
    const stream = await openStream(client, hello("r"));
    stream.send(batch("e", 1, 1));
    await progressThrough(stream, 1);
    daemon.volume.failure = "disk full";
    await client.rpc.charge({ executionId: "e", intent: { step: {} } });
    await stream.until((one) => one.message.case === "event");
    const refused = await client.rpc.charge({ executionId: "e", intent: { step: {} } });
    expect(refused.decision).toMatchObject({
      verdict: Verdict.BLOCK,
      findings: [{ reason: "STORE_UNAVAILABLE", retryable: true }, {}],
    });
    expect(refused.decision?.retryAfter).toBeDefined();
    stream.send(batch("e", 2, 2));
    // Answered after the batch has reached the socket, and by then the batch has not been read.
    await client.rpc.getInfo({});
    expect((await client.rpc.getExecution({ executionId: "e" })).execution?.usage?.steps).toBe(2n);
    daemon.volume.failure = undefined;
    await progressThrough(stream, 2);
    expect((await client.rpc.getExecution({ executionId: "e" })).execution?.usage?.steps).toBe(3n);
    stream.end();
    client.close();
  });
});
