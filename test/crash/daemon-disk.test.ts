import { execFileSync } from "node:child_process";
import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { EnforcementService } from "../../src/gen/tollgate/enforcement/v1/enforcement_service_pb.ts";
import { WaitMode } from "../../src/gen/tollgate/enforcement/v1/request_pb.ts";
import { createDirectory, DaemonProcess } from "../integration/daemon/daemon-process.ts";
import { batch, hello, openStream, progressThrough } from "../integration/transport/usage-messages.ts";
import { connect, type WireClient } from "../integration/transport/wire-client.ts";

// The whole daemon on a disk that is slow, and on one that is full for a while.

let directory: string;
let slow: string;
let full: string;
let daemon: DaemonProcess;
let client: WireClient<typeof EnforcementService>;

async function start(): Promise<void> {
  daemon = DaemonProcess.spawn({}, undefined, directory, {
    LD_PRELOAD: join(directory, "disk-shim.so"),
    DISK_DIR: join(directory, "data"),
    DISK_SLOW: slow,
    DISK_FULL: full,
  });
  client = connect(EnforcementService, await daemon.address("agent"));
}

beforeEach(async () => {
  directory = createDirectory();
  slow = join(directory, "slow");
  full = join(directory, "full");
  const source = fileURLToPath(new URL("./disk-shim.c", import.meta.url));
  execFileSync("cc", ["-shared", "-fPIC", "-O1", "-o", join(directory, "disk-shim.so"), source, "-ldl"]);
  await start();
  await client.rpc.registerExecution({ executionId: "e" });
});

afterEach(async () => {
  client.close();
  await daemon.kill();
  rmSync(directory, { recursive: true, force: true });
});

/** How long so many questions take, one after the other, while changes are written: the slowest but one in a hundred, ms. */
async function askMany(count: number): Promise<number> {
  const took: number[] = [];
  for (let asked = 0; asked < count; asked++) {
    const startMs = performance.now();
    const { decision } = await client.rpc.check({ executionId: "e", intent: { weight: 1n } });
    took.push(performance.now() - startMs);
    expect(decision?.allowed).toBe(true);
  }
  return took.toSorted((one, other) => one - other)[Math.floor(count * 0.99)] as number;
}

async function chargeMany(count: number): Promise<void> {
  for (let made = 0; made < count; made++) {
    const { decision, reached } = await client.rpc.charge({ executionId: "e", intent: { weight: 1n } });
    expect(decision?.allowed).toBe(true);
    expect(reached).toBe(WaitMode.DURABLE);
  }
}

describe("a daemon on a disk", () => {
  test("P1: that takes 50 ms to sync decides as before, and what it acknowledges is in the file", async () => {
    const [fast] = await Promise.all([askMany(100), chargeMany(10)]);
    writeFileSync(slow, "");
    const [delayed] = await Promise.all([askMany(100), chargeMany(10)]);
    console.log(`p99 of Check: ${fast.toFixed(1)} ms, with a slow disk ${delayed.toFixed(1)} ms`);
    expect((await daemon.fetch("/healthz")).status).toBe(200);
    await daemon.kill();
    client.close();
    rmSync(slow);
    await start();
    const { execution } = await client.rpc.getExecution({ executionId: "e" });
    expect(execution?.usage?.requests).toBe(20n);
  });

  test("P1 P4: that is full says so, counts on, and is whole again when there is room", async () => {
    const stream = await openStream(client, hello("r"));
    stream.send(batch("e", 1, 5));
    await progressThrough(stream, 5);
    writeFileSync(full, "");
    stream.send(batch("e", 6, 10));
    await stream.until(
      ({ message }) => message.case === "event" && message.value.payload.case === "storeFailing",
    );
    const charged = await client.rpc.charge({ executionId: "e", intent: { weight: 1n } });
    expect(charged.reached).toBe(WaitMode.ACCEPTED);
    expect(charged.decision?.findings.map((one) => one.reason)).toContain("STORE_FAILING");
    const { execution } = await client.rpc.getExecution({ executionId: "e" });
    expect(execution?.usage?.steps).toBe(10n);
    expect((await daemon.fetch("/healthz")).status).toBe(200);
    const startMs = performance.now();
    rmSync(full);
    await progressThrough(stream, 10);
    console.log(`whole again after ${Math.round(performance.now() - startMs)} ms`);
    await daemon.kill();
    client.close();
    await start();
    const back = await client.rpc.getExecution({ executionId: "e" });
    expect(back.execution?.usage).toMatchObject({ steps: 10n, requests: 1n });
    expect(daemon.lines.join("\n")).not.toContain("data_loss");
  });
});
