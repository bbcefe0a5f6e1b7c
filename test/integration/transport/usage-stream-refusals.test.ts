import { create, toBinary } from "@bufbuild/protobuf";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { EnforcementService } from "../../../src/gen/tollgate/enforcement/v1/enforcement_service_pb.ts";
import { EventType } from "../../../src/gen/tollgate/enforcement/v1/event_pb.ts";
import { StreamUsageRequestSchema } from "../../../src/gen/tollgate/enforcement/v1/stream_pb.ts";
import { UsageBatchSchema } from "../../../src/gen/tollgate/enforcement/v1/usage_pb.ts";
import { MAX_BATCH_BYTES } from "../../../src/transport/transport-limits.ts";
import {
  batch,
  EPOCH,
  hello,
  openStream,
  progressThrough,
  type Request,
  type Stream,
} from "./usage-messages.ts";
import { type CallFailure, connect, failureOf, type WireClient } from "./wire-client.ts";
import { startWireDaemon, type WireDaemon } from "./wire-daemon.ts";

let daemon: WireDaemon;
let client: WireClient<typeof EnforcementService>;

beforeAll(async () => {
  daemon = await startWireDaemon({ servers: { limits: { firstMessageMs: 50 } } });
  client = connect(EnforcementService, daemon.agent);
  await client.rpc.registerExecution({ executionId: "x", limits: { maxSteps: 1n << 40n } });
});

afterAll(async () => {
  client.close();
  await daemon.close();
});

const open = (reporterId: string, more: object = {}): Promise<Stream> =>
  openStream(client, hello(reporterId, more));

/** What a stream ends with after these messages. */
async function endOf(stream: Stream, ...messages: readonly Request[]): Promise<CallFailure> {
  for (const message of messages) stream.send(message);
  return stream.failure();
}

describe("the hello", () => {
  test("must come first, and in time", async () => {
    expect(await endOf(client.rpc.streamUsage(), batch("x", 1, 1))).toMatchObject({
      code: "INVALID_ARGUMENT",
      reason: "HELLO_REQUIRED",
    });
    expect(await client.rpc.streamUsage().failure()).toMatchObject({ reason: "HELLO_REQUIRED" });
  });

  test("comes once", async () => {
    expect(await endOf(await open("once"), hello("once"))).toMatchObject({
      code: "INVALID_ARGUMENT",
      fields: ["hello"],
    });
  });

  test("must name reporter and epoch", async () => {
    expect(await endOf(client.rpc.streamUsage(), hello("", { epoch: 0n }))).toMatchObject({
      fields: ["reporter_id", "epoch"],
    });
  });

  test("that resumes what is not remembered is refused, and so is a new one for what is", async () => {
    expect(await endOf(client.rpc.streamUsage(), hello("unknown", { resume: true }))).toMatchObject({
      code: "FAILED_PRECONDITION",
      reason: "REPORTER_UNKNOWN",
    });
    const stream = await open("known");
    stream.send(batch("x", 1, 1));
    await progressThrough(stream, 1);
    expect(await endOf(client.rpc.streamUsage(), hello("known"))).toMatchObject({
      code: "ALREADY_EXISTS",
      reason: "REPORTER_EXISTS",
    });
    stream.end();
  });

  test("of the same epoch supersedes the older stream", async () => {
    const older = await open("twice");
    older.send(batch("x", 1, 2));
    await progressThrough(older, 2);
    const newer = await open("twice", { resume: true });
    expect(await older.failure()).toMatchObject({ code: "ABORTED", reason: "REPORTER_SUPERSEDED" });
    newer.send(batch("x", 3, 3));
    await progressThrough(newer, 3);
    newer.end();
  });

  test("of a new epoch fences the old one for good", async () => {
    const older = await open("fenced");
    const newer = await open("fenced", { epoch: EPOCH + 1n });
    expect(await older.failure()).toMatchObject({ reason: "REPORTER_SUPERSEDED" });
    expect(await endOf(client.rpc.streamUsage(), hello("fenced"))).toMatchObject({
      code: "ABORTED",
      reason: "REPORTER_SUPERSEDED",
    });
    const unary = client.rpc.reportUsage({
      reporterId: "fenced",
      epoch: EPOCH,
      batch: { groups: [{ executionId: "x", firstSequence: 1n, usage: [{}] }] },
    });
    expect(await failureOf(unary)).toMatchObject({ reason: "REPORTER_SUPERSEDED" });
    newer.end();
  });

  test("that was told of more than the file knows is DATA_LOSS for its executions", async () => {
    await client.rpc.registerExecution({ executionId: "lossy" });
    const stream = await open("loss");
    stream.send(batch("lossy", 1, 2));
    await progressThrough(stream, 2);
    const watch = client.rpc.watchExecution({ executionId: "lossy" });
    await new Promise((resolve) => watch.call.once("metadata", resolve));
    const next = await open("loss", { resume: true, durableSeen: 9n });
    const told = await watch.until((one) => one.message.case === "event");
    expect(told.message.value).toMatchObject({
      type: EventType.DATA_LOSS,
      payload: { case: "dataLoss", value: { storeId: "store-of-the-test" } },
    });
    const { decision } = await client.rpc.check({ executionId: "lossy", intent: {} });
    expect(decision?.uncertain).toBe(true);
    next.end();
    watch.call.cancel();
  });
});

describe("a batch", () => {
  test("too far ahead of the floor is refused and names what is expected", async () => {
    expect(await endOf(await open("ahead"), batch("x", 4_097, 4_097))).toMatchObject({
      code: "RESOURCE_EXHAUSTED",
      reason: "SEQUENCE_AHEAD",
      metadata: { expected_sequence: "1" },
    });
    const stream = await open("nearly-ahead");
    stream.send(batch("x", 4_096, 4_096));
    await stream.until((one) => one.message.case === "progress");
    stream.end();
  });

  test("of the same sequences with other content is refused above the floor", async () => {
    const stream = await open("changed");
    stream.send(batch("x", 5, 6));
    await stream.until((one) => one.message.case === "progress");
    const changed: Request = {
      message: {
        case: "usageBatch",
        value: { groups: [{ executionId: "x", firstSequence: 5n, usage: [{ steps: 2n }, { steps: 2n }] }] },
      },
    };
    expect(await endOf(stream, changed)).toMatchObject({
      code: "INVALID_ARGUMENT",
      reason: "SEQUENCE_CONTENT_CHANGED",
    });
  });

  test("of 1,000 reports is taken, of 1,001 refused", async () => {
    const stream = await open("many");
    stream.send(batch("x", 1, 1_000));
    await progressThrough(stream, 1_000);
    expect(await endOf(stream, batch("x", 1_001, 2_001))).toMatchObject({
      reason: "MESSAGE_TOO_LARGE",
      metadata: { max_batch_reports: "1000" },
    });
  });

  test("of 192 KiB is taken, of one byte more refused", async () => {
    const sized = (bytes: number): Request => {
      const groups = (length: number) => {
        const usage = Array.from({ length: 180 }, () => ({ step: { signature: "x".repeat(1_000) } }));
        return [
          {
            executionId: "x",
            firstSequence: 1n,
            route: "r".repeat(length),
            usage: usage.concat(
              Array.from({ length: 14 }, () => ({ step: { signature: "y".repeat(1_000) } })),
            ),
          },
        ];
      };
      const empty = toBinary(UsageBatchSchema, create(UsageBatchSchema, { groups: groups(200) })).length;
      const value = create(UsageBatchSchema, { groups: groups(200 + bytes - empty) });
      expect(toBinary(UsageBatchSchema, value).length).toBe(bytes);
      return { message: { case: "usageBatch", value } };
    };
    const stream = await open("sized");
    stream.send(sized(MAX_BATCH_BYTES));
    await progressThrough(stream, 194);
    expect(await endOf(stream, sized(MAX_BATCH_BYTES + 1))).toMatchObject({
      code: "RESOURCE_EXHAUSTED",
      reason: "MESSAGE_TOO_LARGE",
    });
  });

  test.each([
    ["without groups", { groups: [] }, "usage_batch.groups"],
    [
      "with an empty group",
      { groups: [{ executionId: "x", firstSequence: 1n }] },
      "usage_batch.groups[0].usage",
    ],
    [
      "without a sequence",
      { groups: [{ executionId: "x", usage: [{}] }] },
      "usage_batch.groups[0].first_sequence",
    ],
    [
      "of an id with a space",
      { groups: [{ executionId: "x y", firstSequence: 1n, usage: [{}] }] },
      "usage_batch.groups[0].execution_id",
    ],
    [
      "of a long model",
      { groups: [{ executionId: "x", model: "m".repeat(1_025), firstSequence: 1n, usage: [{}] }] },
      "usage_batch.groups[0].model",
    ],
  ])("%s is refused with its path", async (what, value, field) => {
    const request = { message: { case: "usageBatch", value } } as Request;
    expect(await endOf(await open(`path-${what.length}`), request)).toMatchObject({
      code: "INVALID_ARGUMENT",
      fields: [field],
    });
  });

  test("beyond the window of what is not durable is refused, with when to try again", async () => {
    const other = await startWireDaemon();
    const own = connect(EnforcementService, other.agent);
    await own.rpc.registerExecution({ executionId: "x", limits: { maxSteps: 1n << 40n } });
    const stream = await openStream(own, hello("w"));
    other.volume.failure = "disk full";
    for (let at = 0; at < 10; at++) stream.send(batch("x", at * 1_000 + 1, at * 1_000 + 1_000));
    await stream.until(
      (one) => one.message.case === "progress" && one.message.value.acceptedThrough === 10_000n,
    );
    expect(await endOf(stream, batch("x", 10_001, 10_001))).toMatchObject({
      code: "RESOURCE_EXHAUSTED",
      reason: "WINDOW_EXCEEDED",
      metadata: { durable_through: "0", window: "10000" },
      retries: true,
    });
    other.volume.failure = undefined;
    own.close();
    await other.close();
  });
});

describe("a message", () => {
  test("that cannot be decoded ends the stream", async () => {
    const call = client.channel.makeBidiStreamRequest(
      "/tollgate.enforcement.v1.EnforcementService/StreamUsage",
      (bytes: Buffer) => bytes,
      (bytes: Buffer) => bytes,
    );
    const ended = new Promise<{ code: number }>((resolve) => call.on("error", resolve as never));
    call.on("data", () => undefined);
    call.write(Buffer.from([0x0a, 0xff, 0xff, 0xff]));
    expect((await ended).code).toBe(3);
  });

  test("that carries nothing is refused", async () => {
    const stream = client.rpc.streamUsage();
    expect(toBinary(StreamUsageRequestSchema, create(StreamUsageRequestSchema)).length).toBe(0);
    expect(await endOf(stream, {})).toMatchObject({ code: "INVALID_ARGUMENT", fields: ["message"] });
  });

  test("that skips backwards, or ends an execution without sequence, is refused", async () => {
    expect(
      await endOf(await open("skip"), { message: { case: "skipRange", value: { from: 3n, to: 2n } } }),
    ).toMatchObject({ fields: ["skip_range"] });
    const complete: Request = { message: { case: "completeExecution", value: { executionId: "x" } } };
    expect(await endOf(await open("complete"), complete)).toMatchObject({
      fields: ["complete_execution.sequence"],
    });
  });
});

describe("ReportUsage", () => {
  const groups = [{ executionId: "x", firstSequence: 1n, usage: [{ steps: 1n }] }];

  test.each<[string, object, string]>([
    ["no reporter", { reporterId: "", batch: { groups } }, "reporter_id"],
    ["no epoch", { epoch: 0n, batch: { groups } }, "epoch"],
    ["no batch", {}, "batch"],
    ["no groups", { batch: {} }, "batch.groups"],
    ["an unspecified wait", { wait: 0, batch: { groups } }, "wait"],
    ["a sequence beyond 2^53", { durableSeen: 1n << 60n, batch: { groups } }, "durable_seen"],
  ])("refuses %s with its path", async (_what, request, field) => {
    const failure = await failureOf(client.rpc.reportUsage({ reporterId: "u", epoch: EPOCH, ...request }));
    expect(failure).toMatchObject({ code: "INVALID_ARGUMENT", fields: [field] });
  });

  test("that was told of durable reports nobody remembers is REPORTER_UNKNOWN", async () => {
    const request = { reporterId: "nobody", epoch: EPOCH, durableSeen: 3n, batch: { groups } };
    expect(await failureOf(client.rpc.reportUsage(request))).toMatchObject({
      code: "FAILED_PRECONDITION",
      reason: "REPORTER_UNKNOWN",
    });
  });
});
