import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { COMPLETED_MEMORY_MS } from "../../../src/engine/executions/forget.ts";
import { runDue } from "../../../src/engine/time/run-due.ts";
import { EnforcementService } from "../../../src/gen/tollgate/enforcement/v1/enforcement_service_pb.ts";
import { EventType } from "../../../src/gen/tollgate/enforcement/v1/event_pb.ts";
import { ExecutionState } from "../../../src/gen/tollgate/enforcement/v1/execution_pb.ts";
import { Verdict } from "../../../src/gen/tollgate/enforcement/v1/finding_pb.ts";
import { DetailLevel } from "../../../src/gen/tollgate/enforcement/v1/request_pb.ts";
import { batch, hello, openStream, progressThrough, type Stream } from "./usage-messages.ts";
import { connect, type WireClient } from "./wire-client.ts";
import { startWireDaemon, type WireDaemon } from "./wire-daemon.ts";

let daemon: WireDaemon;
let client: WireClient<typeof EnforcementService>;
let made = 0;

beforeAll(async () => {
  daemon = await startWireDaemon();
  client = connect(EnforcementService, daemon.agent);
});

afterAll(async () => {
  client.close();
  await daemon.close();
});

async function newExecution(limits: object = {}, more: object = {}): Promise<string> {
  const { executionId } = await client.rpc.registerExecution({ executionId: `s${++made}`, limits, ...more });
  return executionId;
}

const stepsOf = async (executionId: string) =>
  (await client.rpc.getExecution({ executionId })).execution?.usage?.steps;
const open = (reporterId: string, more: object = {}): Promise<Stream> =>
  openStream(client, hello(reporterId, more));

describe("a stream of reports", () => {
  test("is welcomed, counts, and is told what is durable", async () => {
    const executionId = await newExecution();
    const stream = client.rpc.streamUsage();
    stream.send(hello("a"));
    const welcome = await stream.next();
    expect(welcome?.message).toMatchObject({
      case: "welcome",
      value: {
        storeId: "store-of-the-test",
        floor: 0n,
        durableThrough: 0n,
        maxBatchReports: 1_000,
        maxBatchBytes: 196_608,
        window: 10_000,
        applied: [],
      },
    });
    stream.send(batch(executionId, 1, 3));
    expect(await progressThrough(stream, 3)).toMatchObject({
      acceptedThrough: 3n,
      duplicates: 0n,
      rejected: [],
    });
    expect(await stepsOf(executionId)).toBe(3n);
    stream.end();
    expect(await stream.next()).toBeUndefined();
  });

  test("counts a resent batch once, and of an overlapping one only the new part", async () => {
    const executionId = await newExecution();
    const stream = await open("b");
    stream.send(batch(executionId, 1, 4));
    await progressThrough(stream, 4);
    stream.send(batch(executionId, 1, 4));
    const again = await stream.until((one) => one.message.case === "progress");
    expect(again.message.value).toMatchObject({ acceptedThrough: 4n, duplicates: 4n });
    stream.send(batch(executionId, 3, 6));
    expect((await progressThrough(stream, 6)).duplicates).toBe(2n);
    expect(await stepsOf(executionId)).toBe(6n);
    stream.end();
  });

  test("moves the floor when a gap is filled, or closed by SkipRange", async () => {
    const executionId = await newExecution();
    const stream = await open("c");
    stream.send(batch(executionId, 4, 5));
    const ahead = await stream.until((one) => one.message.case === "progress");
    expect(ahead.message.value).toMatchObject({ acceptedThrough: 0n });
    stream.send(batch(executionId, 1, 1));
    await stream.until((one) => one.message.case === "progress" && one.message.value.acceptedThrough === 1n);
    stream.send({ message: { case: "skipRange", value: { from: 2n, to: 3n } } });
    await progressThrough(stream, 5);
    expect(await stepsOf(executionId)).toBe(3n);
    stream.end();
    const resumed = client.rpc.streamUsage();
    resumed.send(hello("c", { resume: true, durableSeen: 5n }));
    expect((await resumed.next())?.message).toMatchObject({
      case: "welcome",
      value: { floor: 5n, durableThrough: 5n },
    });
    resumed.end();
  });

  test("tells the ranges above the floor in the welcome of the next stream", async () => {
    const executionId = await newExecution();
    const stream = await open("ranges");
    stream.send(batch(executionId, 3, 4));
    await stream.until((one) => one.message.case === "progress");
    const next = client.rpc.streamUsage();
    next.send(hello("ranges", { resume: true }));
    expect((await next.next())?.message.value).toMatchObject({
      floor: 0n,
      applied: [{ first: 3n, last: 4n }],
    });
    next.end();
  });

  test("counts an invalid report nowhere, advances, and counts the rest", async () => {
    const executionId = await newExecution();
    const stream = await open("d");
    const usage = [
      { steps: 1n },
      { steps: (1n << 48n) + 1n },
      { tokens: { input: 1n, cacheRead: 2n } },
      { operation: "x".repeat(129) },
      { steps: 1n },
    ];
    stream.send({
      message: { case: "usageBatch", value: { groups: [{ executionId, firstSequence: 1n, usage }] } },
    });
    expect((await progressThrough(stream, 5)).rejected).toMatchObject([
      { sequence: 2n, reason: "AMOUNT_TOO_LARGE", field: "usage.steps" },
      { sequence: 3n, reason: "REPORT_REJECTED", field: "usage.tokens.cache_read" },
      { sequence: 4n, reason: "REPORT_REJECTED", field: "usage.operation" },
    ]);
    expect(await stepsOf(executionId)).toBe(2n);
    stream.end();
  });

  test("answers a decision when the verdict changes or when it is wanted, and pushes what happened", async () => {
    const executionId = await newExecution({ maxSteps: 2n });
    const stream = await open("e", { detail: DetailLevel.REMAINING });
    stream.send(batch(executionId, 1, 1, { wantDecision: true }));
    const wanted = await stream.until((one) => one.message.case === "decisions");
    expect(wanted.message.value).toMatchObject({
      throughSequence: 1n,
      decisions: [{ executionId, decision: { verdict: Verdict.ALLOW } }],
    });
    stream.send(batch(executionId, 2, 4));
    const halted = await stream.until(
      (one) => one.message.case === "event" && one.message.value.type === EventType.HALT,
    );
    expect(halted.message.value).toMatchObject({
      executionId,
      payload: { case: "halt", value: { finding: { reason: "STEP_LIMIT" } } },
    });
    const refused = await stream.until((one) => one.message.case === "decisions");
    expect(refused.message.value).toMatchObject({
      decisions: [{ executionId, decision: { verdict: Verdict.BLOCK, allowed: false } }],
    });
    stream.end();
  });

  test("is told of a halt by another stream's usage", async () => {
    const root = await newExecution({ maxSteps: 3n });
    const child = await newExecution({}, { parent: { parent: { case: "executionId", value: root } } });
    const other = await newExecution({}, { parent: { parent: { case: "executionId", value: root } } });
    const stream = await open("f");
    stream.send(batch(child, 1, 1));
    await progressThrough(stream, 1);
    const second = await open("g");
    second.send(batch(other, 1, 5));
    const told = await stream.until(
      (one) => one.message.case === "event" && one.message.value.type === EventType.HALT,
    );
    expect(told.message.value).toMatchObject({
      executionId: child,
      payload: { case: "halt", value: { finding: { executionId: root } } },
    });
    stream.end();
    second.end();
  });

  test("ends an execution in order with its reports", async () => {
    const executionId = await newExecution();
    const stream = await open("h");
    stream.send(batch(executionId, 1, 2));
    stream.send({ message: { case: "completeExecution", value: { sequence: 3n, executionId } } });
    stream.send({ message: { case: "completeExecution", value: { sequence: 3n, executionId } } });
    const ended = await stream.until((one) => one.message.case === "event");
    expect(ended.message.value).toMatchObject({
      type: EventType.COMPLETED,
      payload: { case: "completed", value: { usage: { steps: 2n } } },
    });
    await progressThrough(stream, 3);
    expect((await client.rpc.getExecution({ executionId })).execution?.state).toBe(ExecutionState.COMPLETED);
    stream.send(batch(executionId, 4, 4));
    const late = await stream.until((one) => one.message.case === "decisions");
    expect(late.message.value).toMatchObject({
      decisions: [
        { decision: { findings: expect.arrayContaining([expect.objectContaining({ reason: "LATE" })]) } },
      ],
    });
    expect(await stepsOf(executionId)).toBe(3n);
    stream.end();
  });

  test("charges a late report to an execution that only the file remembers", async () => {
    const executionId = await newExecution();
    await client.rpc.charge({ executionId, intent: { step: {} } });
    await client.rpc.completeExecution({ executionId });
    daemon.advance(COMPLETED_MEMORY_MS + 1_000);
    daemon.host.turn((world, now) => runDue(world, now, 10_000));
    const stream = await open("late");
    stream.send(batch(executionId, 1, 2));
    stream.send(batch(executionId, 3, 3));
    await progressThrough(stream, 3);
    expect(await stepsOf(executionId)).toBe(4n);
    stream.end();
    expect(await stream.next()).toBeUndefined();
  });

  test("charges usage of an unknown execution to the tenant and says so", async () => {
    const stream = await open("i", { principal: { tenant: "acme" } });
    stream.send(batch("nobody", 1, 1));
    const told = await stream.until((one) => one.message.case === "decisions");
    expect(told.message.value).toMatchObject({
      decisions: [{ decision: { findings: [{ reason: "EXECUTION_UNKNOWN" }, { reason: "UNATTRIBUTED" }] } }],
    });
    stream.end();
  });

  test("shares one Progress among the messages of one turn", async () => {
    const executionId = await newExecution({ maxSteps: 1_000_000n });
    const stream = await open("j");
    const messages = 200;
    for (let at = 0; at < messages; at++) stream.send(batch(executionId, at + 1, at + 1));
    let told = 0;
    await stream.until((one) => {
      if (one.message.case !== "progress") return false;
      told++;
      return one.message.value.durableThrough === BigInt(messages);
    });
    expect(told).toBeLessThan(messages);
    stream.end();
  });
});

describe("ReportUsage", () => {
  test("counts a batch without a stream, once, and tells how far it is durable", async () => {
    const executionId = await newExecution();
    const request = {
      reporterId: "unary",
      epoch: 9n,
      batch: { groups: [{ executionId, firstSequence: 1n, usage: [{ steps: 1n }, { steps: 1n }] }] },
    };
    const first = await client.rpc.reportUsage(request);
    expect(first).toMatchObject({
      progress: { acceptedThrough: 2n, durableThrough: 2n, duplicates: 0n },
      storeId: "store-of-the-test",
    });
    expect((await client.rpc.reportUsage(request)).progress).toMatchObject({ duplicates: 2n });
    expect(await stepsOf(executionId)).toBe(2n);
  });

  test("P1: a client that was told of more than is known hears of the loss until it has resent what is missing", async () => {
    const executionId = await newExecution();
    const send = (firstSequence: bigint, durableSeen: bigint) => {
      const groups = [{ executionId, firstSequence, usage: [{ steps: 1n }] }];
      return client.rpc.reportUsage({ reporterId: "told", epoch: 3n, durableSeen, batch: { groups } });
    };
    expect((await send(1n, 0n)).findings).toEqual([]);
    expect((await send(1n, 3n)).findings).toMatchObject([{ reason: "DATA_LOSS" }]);
    expect((await send(2n, 3n)).findings).toMatchObject([{ reason: "DATA_LOSS" }]);
    expect((await client.rpc.getExecution({ executionId })).execution).toMatchObject({ uncertain: true });
    expect((await send(3n, 3n)).findings).toEqual([]);
    expect((await client.rpc.getExecution({ executionId })).execution?.uncertain).toBeUndefined();
    expect(await stepsOf(executionId)).toBe(3n);
  });
});
