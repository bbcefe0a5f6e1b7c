import { afterEach, describe, expect, test } from "vitest";
import { CallError, isUnavailable } from "../../../src/client/call-error.ts";
import { createClient, type TollgateClient } from "../../../src/client/connect-client.ts";
import { watchExecution } from "../../../src/client/watch.ts";
import { DaemonProcess } from "./daemon-process.ts";

const running: DaemonProcess[] = [];
const clients: TollgateClient[] = [];

function spawn(settings: { readonly [name: string]: string }, directory?: string): DaemonProcess {
  const daemon = DaemonProcess.spawn(settings, undefined, directory);
  running.push(daemon);
  return daemon;
}

async function connect(daemon: DaemonProcess): Promise<TollgateClient> {
  const client = createClient({ address: await daemon.address("agent"), decisionDeadlineMs: 10_000 });
  clients.push(client);
  return client;
}

afterEach(async () => {
  for (const client of clients.splice(0)) client.close();
  for (const daemon of running.splice(0)) await daemon.kill();
});

/** Reports one step after the other until the daemon does not answer any more; tells how many were acknowledged durable. */
async function reportUntilGone(
  client: TollgateClient,
  executionId: string,
  onReport: () => void,
): Promise<bigint> {
  let durable = 0n;
  for (let sequence = 1n; ; sequence++) {
    const groups = [{ executionId, firstSequence: sequence, usage: [{ steps: 1n }] }];
    try {
      const { progress } = await client.calls.reportUsage({
        reporterId: executionId,
        epoch: 7n,
        batch: { groups },
      });
      durable = progress?.durableThrough ?? durable;
      onReport();
    } catch (error) {
      if (error instanceof CallError) return durable;
      throw error;
    }
  }
}

async function stepsOf(client: TollgateClient, executionId: string): Promise<bigint> {
  const { execution } = await client.calls.getExecution({ executionId });
  return execution?.usage?.steps ?? 0n;
}

/** A watch has reached the daemon. */
async function waitForWatch(daemon: DaemonProcess): Promise<void> {
  for (;;) {
    const { text } = await daemon.fetch("/readyz");
    if ((JSON.parse(text) as { readonly watchers: number }).watchers > 0) return;
  }
}

describe("stopping", () => {
  test.each([
    ["SIGTERM", 0],
    ["SIGKILL", -2],
  ] as const)("P1: %s under load loses nothing that was acknowledged as durable", async (signal, code) => {
    const daemon = spawn({ DRAIN_TIMEOUT: "1 s" });
    const client = await connect(daemon);
    const ids = Array.from({ length: 8 }, (_, at) => `run-${at}`);
    for (const executionId of ids) await client.calls.registerExecution({ executionId });
    let reports = 0;
    const loads = ids.map((id) =>
      reportUntilGone(client, id, () => {
        reports += 1;
        if (reports === 500) daemon.signal(signal);
      }),
    );
    expect(await daemon.waitForExit()).toBe(code);
    const acknowledged = await Promise.all(loads);
    const total = acknowledged.reduce((sum, count) => sum + count, 0n);
    expect(total).toBeGreaterThanOrEqual(500n - BigInt(ids.length));
    const again = await connect(spawn({}, daemon.directory));
    for (const [at, id] of ids.entries()) {
      const steps = await stepsOf(again, id);
      const durable = acknowledged[at] ?? 0n;
      // One report may be in the file whose answer the client never saw.
      expect([durable, durable + 1n]).toContain(steps);
    }
    console.log(`${signal}: ${total} reports acknowledged before the end, none lost`);
  });

  test("a stop under way is alive, not ready, and takes no new execution; a second signal ends it at once", async () => {
    const daemon = spawn({ DRAIN_TIMEOUT: "1 min" });
    const client = await connect(daemon);
    await client.calls.registerExecution({ executionId: "kept" });
    const ended = new AbortController();
    // An open watch keeps the daemon draining.
    const watch = watchExecution(client, "kept", { afterEventNumber: 0n, signal: ended.signal });
    const next = watch.next();
    await waitForWatch(daemon);
    daemon.signal("SIGTERM");
    await daemon.waitFor("daemon_stopping");
    const ready = await daemon.fetch("/readyz");
    expect(ready.status).toBe(503);
    expect(JSON.parse(ready.text)).toMatchObject({ status: "unavailable", checks: { api: "draining" } });
    expect((await daemon.fetch("/healthz")).status).toBe(200);
    const refused: unknown = await client.calls
      .registerExecution({ executionId: "late" })
      .catch((error: unknown) => error);
    expect(isUnavailable(refused)).toBe(true);
    daemon.signal("SIGTERM");
    expect(await daemon.waitForExit()).toBe(143);
    ended.abort();
    await next;
  });
});
