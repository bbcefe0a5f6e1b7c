import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { connectClient, type TollgateClient } from "../../../src/client/connect-client.ts";
import { createReporter } from "../../../src/client/reports/reporter.ts";
import { reserve } from "../../../src/client/reservation.ts";
import { type Watched, watchExecution } from "../../../src/client/watch.ts";
import { EventType } from "../../../src/gen/tollgate/enforcement/v1/event_pb.ts";
import { ExecutionState } from "../../../src/gen/tollgate/enforcement/v1/execution_pb.ts";
import { Verdict } from "../../../src/gen/tollgate/enforcement/v1/finding_pb.ts";
import { DaemonProcess } from "../daemon/daemon-process.ts";

// The client against the real daemon, over a real socket, over real kills.

let daemon: DaemonProcess;
let client: TollgateClient;

beforeEach(async () => {
  daemon = DaemonProcess.spawn();
  client = await connectClient({ address: await daemon.address("agent"), decisionDeadlineMs: 10_000 });
});

afterEach(async () => {
  client.close();
  await daemon.kill();
});

async function killAndRestart(): Promise<void> {
  const { directory } = daemon;
  await daemon.kill();
  daemon = DaemonProcess.spawn({}, undefined, directory);
  await daemon.waitFor("daemon_started");
}

const register = (executionId: string, limits: object = {}) =>
  client.calls.registerExecution({ executionId, limits });

async function usageOf(executionId: string) {
  return (await client.calls.getExecution({ executionId })).execution?.usage;
}

describe("a reporter", () => {
  test("P1 P2: counts every report once, whatever is killed in between", async () => {
    await register("e", { maxTokens: 90_000n });
    const reporter = createReporter(client, { reporterId: "r" });
    for (let round = 0; round < 3; round++) {
      for (let index = 0; index < 400; index++)
        await reporter.report({ executionId: "e" }, { requests: 1n, tokens: { input: 7n } });
      await killAndRestart();
    }
    await reporter.flush();
    expect(await usageOf("e")).toMatchObject({ requests: 1_200n, totalTokens: 8_400n });
    await reporter.complete("e");
    await reporter.close();
    expect((await client.calls.getExecution({ executionId: "e" })).execution?.state).toBe(
      ExecutionState.COMPLETED,
    );
  });

  test("P10: many small messages in both directions never stop each other", async () => {
    const reporter = createReporter(client, { reporterId: "r" });
    const ids = Array.from({ length: 600 }, (_, index) => `e${index}`);
    await Promise.all(ids.map((executionId) => register(executionId, { maxTokens: 10n })));
    const added = ids.flatMap((executionId) => [
      reporter.report({ executionId }, { tokens: { input: 11n } }),
      reporter.complete(executionId),
    ]);
    await Promise.all(added);
    await reporter.flush();
    expect(reporter.durableThrough).toBe(1_200);
    reporter.stop();
  });

  test("P5 P9: hears that its execution is halted by what another one uses, and why", async () => {
    await register("e", { maxTokens: 100n });
    const halted = Promise.withResolvers<string>();
    const agent = createReporter(client, {
      reporterId: "agent",
      onEvent: (event) => {
        if (event.payload.case === "halt") halted.resolve(event.payload.value.finding?.message ?? "");
      },
    });
    await agent.report({ executionId: "e" }, { tokens: { input: 1n } });
    await agent.flush();
    const other = createReporter(client, { reporterId: "other" });
    await other.report({ executionId: "e" }, { tokens: { input: 100n } });
    expect(await halted.promise).toBe("token_limit exceeded: 101 / 100 (101%)");
    agent.stop();
    other.stop();
  });
});

describe("a reservation", () => {
  test("is settled with the true usage, or given back at the end of its block", async () => {
    await register("e", { maxTokens: 1_000n });
    const intent = { estimate: { tokens: { input: 600n } } };
    {
      await using held = await reserve(client, { executionId: "e", intent });
      expect(held.allowed).toBe(true);
      expect((await reserve(client, { executionId: "e", intent })).answer.verdict).toBe(Verdict.BLOCK);
    }
    const again = await reserve(client, { executionId: "e", intent });
    expect(again.allowed).toBe(true);
    await again.settle({ tokens: { input: 450n } });
    await again.release();
    expect(await usageOf("e")).toMatchObject({ totalTokens: 450n });
  });
});

describe("a watch", () => {
  test("goes on after the last event over a kill, and ends when the execution has ended", async () => {
    await register("e", { maxRequests: 100n });
    const seen: Watched[] = [];
    const warned = Promise.withResolvers<void>();
    const watching = (async () => {
      for await (const watched of watchExecution(client, "e", { afterEventNumber: 0n })) {
        seen.push(watched);
        warned.resolve();
      }
    })();
    const reporter = createReporter(client, { reporterId: "r" });
    await reporter.report({ executionId: "e" }, { requests: 85n });
    await warned.promise;
    await reporter.flush();
    await killAndRestart();
    await reporter.report({ executionId: "e" }, { requests: 85n });
    await reporter.complete("e");
    await reporter.close();
    await watching;
    const events = seen.flatMap((watched) => (watched.kind === "event" ? [watched.event] : []));
    expect(events.map(({ type }) => type)).toEqual([EventType.WARNING, EventType.HALT, EventType.COMPLETED]);
    expect(events.map(({ eventNumber }) => eventNumber)).toEqual([1n, 2n, 3n]);
  });

  test("of an unknown execution says so", async () => {
    const watch = watchExecution(client, "unknown");
    await expect(watch.next()).rejects.toMatchObject({ reason: "EXECUTION_NOT_FOUND" });
  });
});
