import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ExecutionAdminService } from "../../../src/gen/tollgate/admin/v1/execution_admin_service_pb.ts";
import { EnforcementService } from "../../../src/gen/tollgate/enforcement/v1/enforcement_service_pb.ts";
import { EventType, type WatchExecutionResponse } from "../../../src/gen/tollgate/enforcement/v1/event_pb.ts";
import { ExecutionState } from "../../../src/gen/tollgate/enforcement/v1/execution_pb.ts";
import { connect, failureOf, type Received, type WireClient } from "./wire-client.ts";
import { startWireDaemon, type WireDaemon } from "./wire-daemon.ts";

let daemon: WireDaemon;
let client: WireClient<typeof EnforcementService>;
let admin: WireClient<typeof ExecutionAdminService>;

beforeAll(async () => {
  daemon = await startWireDaemon();
  client = connect(EnforcementService, daemon.agent);
  admin = connect(ExecutionAdminService, daemon.admin);
});

afterAll(async () => {
  client.close();
  admin.close();
  await daemon.close();
});

/** A watch that the server has taken up. */
async function watch(
  executionId: string,
  afterEventNumber?: bigint,
): Promise<Received<WatchExecutionResponse>> {
  const received = client.rpc.watchExecution({ executionId, afterEventNumber });
  await new Promise((resolve) => received.call.once("metadata", resolve));
  return received;
}

const pauseAndResume = async (executionId: string): Promise<void> => {
  const target = { target: { case: "executionId" as const, value: executionId } };
  await admin.rpc.pause({ target });
  await admin.rpc.resume({ target });
};

const typesOf = async (received: Received<WatchExecutionResponse>, most: number): Promise<EventType[]> => {
  const types: EventType[] = [];
  while (types.length < most) {
    const message = await received.next();
    if (message === undefined) break;
    if (message.message.case === "event") types.push(message.message.value.type);
  }
  return types;
};

describe("WatchExecution", () => {
  test("tells what happens from now on and ends after COMPLETED", async () => {
    await client.rpc.registerExecution({ executionId: "w1" });
    await pauseAndResume("w1");
    const received = await watch("w1");
    await pauseAndResume("w1");
    await client.rpc.completeExecution({ executionId: "w1" });
    expect(await typesOf(received, 10)).toEqual([EventType.PAUSE, EventType.RESUME, EventType.COMPLETED]);
    expect(daemon.servers.counters.watches).toBe(0);
  });

  test("goes on after an event number, without a hole", async () => {
    await client.rpc.registerExecution({ executionId: "w2" });
    await pauseAndResume("w2");
    const received = await watch("w2", 1n);
    await pauseAndResume("w2");
    const numbers: bigint[] = [];
    for (let at = 0; at < 3; at++) {
      const next = await received.next();
      if (next?.message.case === "event") numbers.push(next.message.value.eventNumber);
    }
    expect(numbers).toEqual([2n, 3n, 4n]);
    received.call.cancel();
  });

  test("answers a snapshot first when what followed is no longer kept", async () => {
    await client.rpc.registerExecution({ executionId: "w3" });
    for (let at = 0; at < 130; at++) await pauseAndResume("w3");
    const received = await watch("w3", 3n);
    const first = await received.next();
    expect(first?.message).toMatchObject({
      case: "snapshot",
      value: { executionId: "w3", lastEventNumber: 260n },
    });
    await pauseAndResume("w3");
    expect((await received.next())?.message.value).toMatchObject({ eventNumber: 261n });
    received.call.cancel();
    const kept = await watch("w3", 6n);
    expect((await kept.next())?.message.value).toMatchObject({ eventNumber: 7n });
    kept.call.cancel();
  });

  test("of a completed execution answers a snapshot, or the events left, and ends", async () => {
    await client.rpc.registerExecution({ executionId: "w4" });
    await client.rpc.completeExecution({ executionId: "w4" });
    const fresh = client.rpc.watchExecution({ executionId: "w4" });
    expect((await fresh.next())?.message).toMatchObject({
      case: "snapshot",
      value: { state: ExecutionState.COMPLETED },
    });
    expect(await fresh.next()).toBeUndefined();
    expect(await typesOf(client.rpc.watchExecution({ executionId: "w4", afterEventNumber: 0n }), 9)).toEqual([
      EventType.COMPLETED,
    ]);
  });

  test("refuses an unknown execution, and one without an id", async () => {
    expect(await client.rpc.watchExecution({ executionId: "nobody" }).failure()).toMatchObject({
      code: "NOT_FOUND",
      reason: "EXECUTION_NOT_FOUND",
    });
    expect(await client.rpc.watchExecution({}).failure()).toMatchObject({
      code: "INVALID_ARGUMENT",
      fields: ["execution_id"],
    });
  });

  test("takes 64 watchers of one execution and refuses the next", async () => {
    await client.rpc.registerExecution({ executionId: "w5" });
    const second = connect(EnforcementService, daemon.agent);
    const all: Received<WatchExecutionResponse>[] = [];
    for (let at = 0; at < 64; at++) {
      const received = (at < 60 ? client : second).rpc.watchExecution({ executionId: "w5" });
      await new Promise((resolve) => received.call.once("metadata", resolve));
      all.push(received);
    }
    expect(await second.rpc.watchExecution({ executionId: "w5" }).failure()).toMatchObject({
      code: "RESOURCE_EXHAUSTED",
      reason: "WATCHERS_FULL",
    });
    await admin.rpc.halt({ target: { target: { case: "executionId", value: "w5" } } });
    for (const received of all) expect(await typesOf(received, 1)).toEqual([EventType.HALT]);
    for (const received of all) received.call.cancel();
    second.close();
  });

  test("tells a child what stopped its parent", async () => {
    await client.rpc.registerExecution({ executionId: "wp" });
    await client.rpc.registerExecution({
      executionId: "wc",
      parent: { parent: { case: "executionId", value: "wp" } },
    });
    const received = await watch("wc");
    await admin.rpc.halt({ target: { target: { case: "executionId", value: "wp" } }, note: "enough" });
    expect((await received.next())?.message.value).toMatchObject({
      type: EventType.HALT,
      message: "halted by admin-socket: enough",
    });
    received.call.cancel();
  });
});

describe("the doors of agents", () => {
  test("serve nothing of operators", async () => {
    const wrong = connect(ExecutionAdminService, daemon.agent);
    expect(await failureOf(wrong.rpc.list({}))).toMatchObject({ code: "UNIMPLEMENTED" });
    wrong.close();
    const other = connect(EnforcementService, daemon.admin);
    expect(await failureOf(other.rpc.getInfo({}))).toMatchObject({ code: "UNIMPLEMENTED" });
    other.close();
  });
});
