import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { CallerId } from "../../../src/domain/ids.ts";
import { COMPLETED_MEMORY_MS } from "../../../src/engine/executions/forget.ts";
import { runDue } from "../../../src/engine/time/run-due.ts";
import { EnforcementService } from "../../../src/gen/tollgate/enforcement/v1/enforcement_service_pb.ts";
import { ExecutionState } from "../../../src/gen/tollgate/enforcement/v1/execution_pb.ts";
import { Tier, Verdict } from "../../../src/gen/tollgate/enforcement/v1/finding_pb.ts";
import { GuardService } from "../../../src/gen/tollgate/enforcement/v1/guard_service_pb.ts";
import { CarveMode, OnExceed } from "../../../src/gen/tollgate/enforcement/v1/limits_pb.ts";
import { WaitMode } from "../../../src/gen/tollgate/enforcement/v1/request_pb.ts";
import { connect, failureOf, type WireClient } from "./wire-client.ts";
import { startWireDaemon, type WireDaemon } from "./wire-daemon.ts";

let daemon: WireDaemon;
let client: WireClient<typeof EnforcementService>;

beforeAll(async () => {
  daemon = await startWireDaemon({ policy: { customCounters: ["pages"] } });
  client = connect(EnforcementService, daemon.agent);
});

afterAll(async () => {
  client.close();
  await daemon.close();
});

const register = (executionId: string, more: object = {}) =>
  client.rpc.registerExecution({ executionId, ...more });

describe("RegisterExecution", () => {
  test("answers the limits in force with their tier, when the registration is durable", async () => {
    const answer = await register("r1", {
      limits: { maxSteps: 7n, onExceed: { max_tokens: OnExceed.HALT }, custom: { pages: 3n } },
    });
    expect(answer.decision?.verdict).toBe(Verdict.ALLOW);
    expect(answer.reached).toBe(WaitMode.DURABLE);
    expect(answer.state).toBe(ExecutionState.RUNNING);
    expect(answer.sessionId).toBe("r1");
    const limit = (key: string) => answer.limits.find((one) => one.key === key);
    expect(limit("max_steps")).toMatchObject({
      value: { value: { case: "count", value: 7n } },
      tier: Tier.SESSION,
    });
    expect(limit("max_wall_time_ms")?.value?.value).toMatchObject({
      case: "duration",
      value: { seconds: 300n },
    });
    expect(limit("max_tokens")).toMatchObject({ tier: Tier.DEFAULT, onExceed: OnExceed.HALT });
    expect(limit("custom.pages")?.value?.value).toEqual({ case: "count", value: 3n });
  });

  test("makes an id when none is sent", async () => {
    const answer = await register("");
    expect(answer.executionId).toMatch(/^exec-/);
    expect(answer.sessionId).toBe(answer.executionId);
  });

  test("answers at once when the request does not want to wait", async () => {
    expect((await register("r-accepted", { wait: WaitMode.ACCEPTED })).reached).toBe(WaitMode.ACCEPTED);
  });

  test("rejoins with the same content and says so", async () => {
    await register("r2", { labels: { env: "prod" } });
    const again = await register("r2", { labels: { env: "prod" } });
    expect(again.rejoined).toBe(true);
    expect(again.state).toBe(ExecutionState.RUNNING);
  });

  test("refuses the same id with other content, naming the field", async () => {
    await register("r3", { labels: { env: "prod" } });
    expect(await failureOf(register("r3", { labels: { env: "test" } }))).toMatchObject({
      code: "ALREADY_EXISTS",
      reason: "EXECUTION_CONFLICT",
      fields: ["labels"],
    });
  });

  test("gives a child its parent's session and carve", async () => {
    await register("p1", { principal: { tenant: "acme", user: "ann" }, sessionId: "s1" });
    const child = await register("c1", {
      parent: { parent: { case: "executionId", value: "p1" } },
      carve: { steps: 10n },
      carveMode: CarveMode.FLOOR,
    });
    expect(child.sessionId).toBe("s1");
    const { execution } = await client.rpc.getExecution({ executionId: "c1" });
    expect(execution).toMatchObject({
      parentExecutionId: "p1",
      rootExecutionId: "p1",
      principal: { tenant: "acme", user: "ann" },
      carve: { steps: 10n },
      carveLeft: { steps: 10n },
      carveMode: CarveMode.FLOOR,
    });
    const parent = await client.rpc.getExecution({ executionId: "p1" });
    expect(parent.execution?.held.map((one) => one.amount?.value.value)).toEqual([10n]);
  });

  test.each([
    [
      "an unknown parent",
      { parent: { parent: { case: "executionId", value: "nobody" } } },
      "FAILED_PRECONDITION",
      "PARENT_UNKNOWN",
    ],
    [
      "a grant",
      { parent: { parent: { case: "grant", value: new Uint8Array([1]) } } },
      "UNIMPLEMENTED",
      "GRANT_NOT_SUPPORTED",
    ],
  ])("refuses %s", async (_what, more, code, reason) => {
    expect(await failureOf(register("refused", more))).toMatchObject({ code, reason });
  });

  test.each([
    ["an id with a space", { executionId: "a b" }, "execution_id"],
    ["an id of 129 characters", { executionId: "x".repeat(129) }, "execution_id"],
    ["an empty tenant", { principal: { tenant: "" } }, "principal.tenant"],
    [
      "33 labels",
      { labels: Object.fromEntries(Array.from({ length: 33 }, (_, at) => [`l${at}`, "v"])) },
      "labels",
    ],
    ["an empty label", { labels: { a: "" } }, "labels[a]"],
    [
      "a parent of nothing",
      { parent: { parent: { case: "executionId", value: "a b" } } },
      "parent.execution_id",
    ],
    ["a carve without a parent", { carve: { steps: 1n } }, "carve"],
    ["negative money", { limits: { maxCostNanoUsd: -1n } }, "limits.max_cost_nano_usd"],
    ["a limit above 2^62", { limits: { maxSteps: (1n << 62n) + 1n } }, "limits.max_steps"],
    ["a time above a year", { limits: { maxWallTime: { seconds: 31_536_001n } } }, "limits.max_wall_time"],
    ["an unspecified preset", { limits: { longRunning: 0 } }, "limits.long_running"],
    ["an unknown wait", { wait: 77 }, "wait"],
    ["a counter that is not declared", { limits: { custom: { cats: 1n } } }, "limits.custom[cats]"],
    ["an action for no limit", { limits: { onExceed: { max_cats: OnExceed.HALT } } }, "limits.on_exceed"],
  ])("refuses %s with its path", async (_what, request, field) => {
    const failure = await failureOf(
      client.rpc.registerExecution({ executionId: "invalid", ...request } as never),
    );
    expect(failure).toMatchObject({ code: "INVALID_ARGUMENT", reason: "FIELD_INVALID", fields: [field] });
  });

  test("takes labels and limits at their bounds", async () => {
    const labels = Object.fromEntries(Array.from({ length: 32 }, (_, at) => [`l${at}`, "v".repeat(128)]));
    const answer = await register("x".repeat(128), {
      labels,
      limits: { maxSteps: 1n << 62n, maxWallTime: { seconds: 31_536_000n } },
    });
    expect(answer.state).toBe(ExecutionState.RUNNING);
  });

  test("its intents take further labels, whatever they are called, and refuse other values", async () => {
    const { executionId } = await client.rpc.registerExecution({
      executionId: "labelled",
      labels: { a: "1" },
    });
    const labels = { a: "1", constructor: "2", toString: "3" };
    expect((await client.rpc.check({ executionId, intent: {}, labels })).decision?.allowed).toBe(true);
    const other = { executionId, intent: {}, labels: { a: "2" } };
    expect(await failureOf(client.rpc.check(other))).toMatchObject({ fields: ["labels[a]"] });
  });

  test("names every field that is wrong", async () => {
    const failure = await failureOf(
      client.rpc.registerExecution({ executionId: "a b", sessionId: "", limits: { maxCostNanoUsd: -1n } }),
    );
    expect(failure.fields).toEqual(["execution_id", "session_id", "limits.max_cost_nano_usd"]);
  });
});

describe("CompleteExecution", () => {
  test("answers the final usage, twice the same", async () => {
    await register("done");
    await client.rpc.charge({ executionId: "done", intent: { step: {} } });
    const first = await client.rpc.completeExecution({ executionId: "done" });
    expect(first).toMatchObject({ usage: { steps: 1n, executionId: "done" }, reached: WaitMode.DURABLE });
    const again = await client.rpc.completeExecution({ executionId: "done" });
    expect(again.usage?.wallTime).toEqual(first.usage?.wallTime);
    expect(await failureOf(register("done"))).toMatchObject({
      code: "FAILED_PRECONDITION",
      reason: "EXECUTION_COMPLETED",
    });
  });

  test("refuses an unknown execution, and one that is not named", async () => {
    expect(await failureOf(client.rpc.completeExecution({ executionId: "nobody" }))).toMatchObject({
      code: "NOT_FOUND",
    });
    expect(await failureOf(client.rpc.completeExecution({}))).toMatchObject({
      code: "INVALID_ARGUMENT",
      fields: ["execution_id"],
    });
  });
});

describe("an execution that only the file remembers", () => {
  test("is answered as COMPLETED, its id stays taken, and its reservations are forgotten", async () => {
    await register("old");
    await client.rpc.charge({ executionId: "old", intent: { step: {} } });
    await client.rpc.completeExecution({ executionId: "old" });
    daemon.advance(COMPLETED_MEMORY_MS + 1_000);
    daemon.host.turn((world, now) => runDue(world, now, 10_000));
    expect(daemon.world.executions.find("uds" as CallerId, "old")).toBe(-1);
    expect(await failureOf(register("old"))).toMatchObject({ reason: "EXECUTION_COMPLETED" });
    expect(await failureOf(client.rpc.settle({ executionId: "old", reservationId: "r" }))).toMatchObject({
      reason: "RESERVATION_FORGOTTEN",
    });
    const child = register("young", { parent: { parent: { case: "executionId", value: "old" } } });
    expect(await failureOf(child)).toMatchObject({ reason: "PARENT_NOT_RUNNING" });
    const { execution } = await client.rpc.getExecution({ executionId: "old" });
    expect(execution).toMatchObject({ state: ExecutionState.COMPLETED, usage: { steps: 1n } });
    expect(await failureOf(client.rpc.settle({ executionId: "old", reservationId: "r" }))).toMatchObject({
      reason: "RESERVATION_FORGOTTEN",
    });
  });
});

test("an id that only the file remembers does not begin anew where calls register", async () => {
  const registering = await startWireDaemon({ policy: { unregistered: "register" } });
  const agent = connect(EnforcementService, registering.agent);
  const guards = connect(GuardService, registering.agent);
  const call = { executionId: "old", intent: { step: {} } };
  expect((await agent.rpc.charge(call)).decision?.verdict).toBe(Verdict.ALLOW);
  await agent.rpc.completeExecution({ executionId: "old" });
  for (const ask of [
    () => agent.rpc.charge(call),
    () => agent.rpc.reserve({ ...call, reservationId: "r" }),
    () => guards.rpc.checkToolCall({ executionId: "old", callId: "c", tool: "t" }),
  ]) {
    registering.advance(COMPLETED_MEMORY_MS + 1_000);
    registering.runDue();
    expect(registering.world.executions.find("uds" as CallerId, "old")).toBe(-1);
    const { decision } = await ask();
    expect(decision?.findings).toMatchObject([{ reason: "EXECUTION_COMPLETED" }]);
  }
  agent.close();
  guards.close();
  await registering.close();
});

describe("ListExecutions", () => {
  test("pages the caller's executions, newest first, and refuses a token of other filters", async () => {
    for (const at of [1, 2, 3, 4, 5]) await register(`list-${at}`, { sessionId: "list" });
    const ids: string[] = [];
    let pageToken = "";
    do {
      const page = await client.rpc.listExecutions({ sessionId: "list", pageSize: 2, pageToken });
      expect(page.executions.length).toBeLessThanOrEqual(2);
      ids.push(...page.executions.map((one) => one.executionId));
      pageToken = page.nextPageToken;
    } while (pageToken !== "");
    expect(ids.toSorted()).toEqual(["list-1", "list-2", "list-3", "list-4", "list-5"]);
    const first = await client.rpc.listExecutions({ sessionId: "list", pageSize: 2 });
    const other = client.rpc.listExecutions({ sessionId: "another", pageToken: first.nextPageToken });
    expect(await failureOf(other)).toMatchObject({ code: "INVALID_ARGUMENT", fields: ["page_token"] });
  });

  test("filters by state and parent", async () => {
    await register("lp");
    await register("lc", { parent: { parent: { case: "executionId", value: "lp" } } });
    const children = await client.rpc.listExecutions({ parentExecutionId: "lp" });
    expect(children.executions.map((one) => one.executionId)).toEqual(["lc"]);
    await client.rpc.completeExecution({ executionId: "lp" });
    const completed = await client.rpc.listExecutions({
      parentExecutionId: "lp",
      states: [ExecutionState.COMPLETED],
    });
    expect(completed.executions).toMatchObject([
      { executionId: "lc", stateFinding: { reason: "PARENT_COMPLETED" } },
    ]);
    expect(
      (await client.rpc.listExecutions({ parentExecutionId: "lp", states: [ExecutionState.RUNNING] }))
        .executions,
    ).toEqual([]);
  });

  test("refuses an unspecified state and a token that is none", async () => {
    expect(await failureOf(client.rpc.listExecutions({ states: [0] }))).toMatchObject({
      fields: ["states[0]"],
    });
    expect(await failureOf(client.rpc.listExecutions({ pageToken: "rubbish" }))).toMatchObject({
      fields: ["page_token"],
    });
  });
});

describe("GetInfo", () => {
  test("tells the file, its durability and the limits", async () => {
    const info = await client.rpc.getInfo({});
    expect(info).toMatchObject({
      storeId: "store-of-the-test",
      version: "0.0.0-test",
      limits: { maxBatchBytes: 196_608, window: 10_000 },
    });
  });
});

describe("another caller", () => {
  test("does not find the ids of this one, and may use them itself", async () => {
    const [, tcp] = daemon.servers.targets.agent;
    const other = connect(EnforcementService, tcp as string);
    await register("mine");
    expect(await failureOf(other.rpc.getExecution({ executionId: "mine" }))).toMatchObject({
      code: "NOT_FOUND",
    });
    expect((await other.rpc.registerExecution({ executionId: "mine" })).rejoined).toBeUndefined();
    const ids = (await other.rpc.listExecutions({})).executions.map((one) => one.executionId);
    expect(ids).toEqual(["mine"]);
    other.close();
  });
});
