import { once } from "node:events";
import { mkdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { type AddressInfo, createServer } from "node:net";
import { join } from "node:path";
import { afterEach, describe, expect, test } from "vitest";
import { createClient, type TollgateClient } from "../../../src/client/connect-client.ts";
import { createSettings } from "../../../src/config/read-settings.ts";
import type { Settings } from "../../../src/config/settings.ts";
import { type Daemon, startDaemon } from "../../../src/daemon.ts";
import { DurabilityMode, IdentityMode } from "../../../src/gen/tollgate/enforcement/v1/info_pb.ts";
import { createLogger } from "../../../src/observability/logger.ts";
import { createDirectory } from "./daemon-process.ts";

const PRICES = `apiVersion: tollgate.dev/v1
kind: Prices
models:
  - provider: openai
    model: gpt-5
    usd_per_million: {input: 1.25, output: 10.00, cache_read: 0.125}
    usd_per_request: 0.01
`;

const started: { daemon: Daemon; client: TollgateClient }[] = [];

afterEach(async () => {
  for (const { daemon, client } of started.splice(0)) {
    client.close();
    await daemon.stop();
  }
});

async function start(directory: string, changes: Partial<Settings> = {}) {
  const settings = createSettings({
    data: join(directory, "data"),
    policy: join(directory, "policy"),
    address: { kind: "unix", path: join(directory, "agent", "agent.sock") },
    adminAddress: { kind: "unix", path: join(directory, "admin", "admin.sock") },
    probe: undefined,
    maxLiveExecutions: 1_000,
    ...changes,
  });
  const lines: string[] = [];
  const logger = createLogger("info", { write: (line) => void lines.push(line) });
  const daemon = await startDaemon(settings, { logger });
  const client = createClient({ address: daemon.addresses.agent ?? "" });
  started.push({ daemon, client });
  return { daemon, client, lines };
}

describe("startDaemon", () => {
  test("serves within another program: what it promises is in GetInfo, and stop() may be called twice", async () => {
    const { daemon, client } = await start(createDirectory(), {
      tenant: "acme",
      tcp: { kind: "tcp", host: "127.0.0.1", port: 0 },
    });
    const info = await client.calls.getInfo({});
    expect(info).toMatchObject({
      storeId: daemon.storeId,
      durability: DurabilityMode.POWER,
      identity: IdentityMode.PINNED,
      policyEtag: "built-in",
      settings: {
        on_store_failure: "continue",
        on_hole: "serve_marked",
        on_corrupt: "salvage",
        fresh_windows: "spent",
      },
      warnings: [],
    });
    expect(daemon.addresses.tcp).toMatch(/^127\.0\.0\.1:\d+$/);
    expect(daemon.addresses).not.toHaveProperty("probe");
    await Promise.all([daemon.stop(), daemon.stop()]);
  });

  test("makes the directories of its sockets; agents come in by the group, operators are the user alone", async () => {
    const directory = createDirectory();
    await start(directory);
    expect(statSync(join(directory, "agent", "agent.sock")).mode & 0o777).toBe(0o660);
    expect(statSync(join(directory, "admin", "admin.sock")).mode & 0o777).toBe(0o600);
  });

  test("charges what the price documents say, rounded once", async () => {
    const directory = createDirectory();
    mkdirSync(join(directory, "policy"));
    writeFileSync(join(directory, "policy", "prices.yaml"), PRICES);
    const { client } = await start(directory);
    await client.calls.registerExecution({ executionId: "priced" });
    const usage = [{ tokens: { input: 1_000n, output: 100n, cacheRead: 400n }, requests: 1n }];
    const groups = [{ executionId: "priced", provider: "openai", model: "gpt-5", firstSequence: 1n, usage }];
    await client.calls.reportUsage({ reporterId: "r", epoch: 1n, batch: { groups } });
    const { execution } = await client.calls.getExecution({ executionId: "priced" });
    // 600 × 1.25 + 400 × 0.125 + 100 × 10 USD per million, and 0.01 USD for the request, in nano-USD.
    expect(execution?.usage?.costNanoUsd).toBe(750_000n + 50_000n + 1_000_000n + 10_000_000n);
  });

  test("a refusal leaves one line with its reason and without any text of the agent", async () => {
    const { client, lines } = await start(createDirectory());
    await client.calls.registerExecution({ executionId: "e", labels: { note: "planted-secret" } });
    const estimate = { tokens: { input: 100_001n } };
    const intent = { model: "planted-secret", step: { signature: "planted-secret" }, estimate };
    const { decision } = await client.calls.charge({ executionId: "e", requestId: "r", intent });
    expect(decision?.findings[0]?.reason).toBe("TOKEN_LIMIT");
    const refused = lines
      .map((line) => JSON.parse(line) as { event: string })
      .filter(({ event }) => event === "violation_recorded");
    expect(refused).toMatchObject([
      { execution_id: "e", reason: "TOKEN_LIMIT", source_id: "max_tokens", limit: "100000 count" },
    ]);
    expect(lines.join("")).not.toContain("planted-secret");
  });

  test("a loss found at start is a line, a warning in GetInfo, and marked on what it concerns", async () => {
    const directory = createDirectory();
    const before = await start(directory);
    await before.client.calls.registerExecution({ executionId: "e" });
    await before.daemon.stop();
    rmSync(join(directory, "data", "tollgate.mark"));
    const { client, lines } = await start(directory);
    const loss = lines
      .map((line) => JSON.parse(line) as { event: string })
      .find(({ event }) => event === "data_loss");
    expect(loss).toMatchObject({
      level: "error",
      hole: expect.stringContaining("there is no mark file") as string,
    });
    expect((await client.calls.getInfo({})).warnings).toEqual(["DATA_LOSS"]);
    const { decision } = await client.calls.check({ executionId: "e", intent: {} });
    expect(decision?.uncertain).toBe(true);
  });

  test("P1: a file that holds more executions than there is room for is left as it is", async () => {
    const directory = createDirectory();
    const { client, daemon } = await start(directory, { maxLiveExecutions: 2 });
    for (const executionId of ["a", "b", "c"]) {
      await client.calls.registerExecution({ executionId });
      if (executionId !== "c") await client.calls.completeExecution({ executionId });
    }
    await daemon.stop();
    await expect(start(directory, { maxLiveExecutions: 1 })).rejects.toMatchObject({
      name: "StartFailure",
      kind: "settings",
      message: expect.stringContaining("start with at least 2") as string,
    });
    const again = await start(directory, { maxLiveExecutions: 2 });
    const { executions } = await again.client.calls.listExecutions({});
    expect(executions.map((one) => one.executionId).toSorted()).toEqual(["a", "b", "c"]);
  });

  test("what was opened is closed again when a door cannot be had", async () => {
    const directory = createDirectory();
    writeFileSync(join(directory, "agent"), "no directory");
    await expect(start(directory)).rejects.toMatchObject({ name: "StartFailure", kind: "address" });
    await start(directory, { address: { kind: "unix", path: join(directory, "other.sock") } });
  });

  test("a start that fails while its files are still being opened gives them back", async () => {
    const directory = createDirectory();
    const taken = createServer().listen(0, "127.0.0.1");
    await once(taken, "listening");
    const probe = { kind: "tcp", host: "127.0.0.1", port: (taken.address() as AddressInfo).port } as const;
    await expect(start(directory, { probe })).rejects.toMatchObject({
      name: "StartFailure",
      kind: "address",
    });
    taken.close();
    await start(directory, { probe: undefined });
  });
});
