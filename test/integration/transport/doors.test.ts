import { existsSync, mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { createServer, connect as dial, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Client, compressionAlgorithms, credentials, type ServiceError } from "@grpc/grpc-js";
import { afterEach, describe, expect, test } from "vitest";
import { EnforcementService } from "../../../src/gen/tollgate/enforcement/v1/enforcement_service_pb.ts";
import { SocketError } from "../../../src/transport/sockets/socket-file.ts";
import { hello, openStream, type Stream } from "./usage-messages.ts";
import { CallFailure, connect, failureOf } from "./wire-client.ts";
import { startWireDaemon, type WireDaemon, type WireDaemonOptions } from "./wire-daemon.ts";

const opened: WireDaemon[] = [];

async function start(options: WireDaemonOptions = {}): Promise<WireDaemon> {
  const daemon = await startWireDaemon(options);
  opened.push(daemon);
  return daemon;
}

afterEach(async () => {
  for (const daemon of opened.splice(0)) {
    await daemon.close();
  }
});

/** Resolves when the other side has closed; what it said before is thrown away. */
const closed = (socket: Socket): Promise<unknown> =>
  new Promise((resolve) => socket.resume().once("close", resolve));
const pathOf = (target: string): string => target.slice("unix:".length);

describe("compression", () => {
  test("is refused before anything is read, for calls and for streams", async () => {
    const daemon = await start();
    const client = new Client(daemon.agent, credentials.createInsecure(), {
      "grpc.default_compression_algorithm": compressionAlgorithms.gzip,
    });
    const raw = (bytes: Buffer): Buffer => bytes;
    const path = "/tollgate.enforcement.v1.EnforcementService";
    const unary = await new Promise<ServiceError | null>((resolve) => {
      client.makeUnaryRequest(`${path}/GetInfo`, raw, raw, Buffer.alloc(64), (error) => resolve(error));
    });
    const stream = client.makeBidiStreamRequest(`${path}/StreamUsage`, raw, raw);
    const ended = new Promise<ServiceError>((resolve) => stream.on("error", resolve as never));
    stream.on("data", () => undefined);
    stream.write(Buffer.alloc(64));
    for (const error of [unary, await ended]) {
      expect(new CallFailure(error as ServiceError)).toMatchObject({
        code: "UNIMPLEMENTED",
        reason: "COMPRESSION_REFUSED",
      });
    }
    client.close();
  });
});

describe("a request", () => {
  test("above its cap is refused before it is decoded", async () => {
    const daemon = await start();
    const client = connect(EnforcementService, daemon.agent);
    const intent = (bytes: number) => ({ intent: { content: { text: "x".repeat(bytes) } } });
    expect(await failureOf(client.rpc.check(intent(262_144)))).toMatchObject({
      code: "RESOURCE_EXHAUSTED",
      reason: "MESSAGE_TOO_LARGE",
    });
    expect((await client.rpc.check(intent(262_000))).decision?.allowed).toBe(false);
    expect(await failureOf(client.rpc.check(intent(2_000_000)))).toMatchObject({
      code: "RESOURCE_EXHAUSTED",
    });
    client.close();
  });

  test("that is garbage is INVALID_ARGUMENT", async () => {
    const daemon = await start();
    const client = new Client(daemon.agent, credentials.createInsecure());
    const raw = (bytes: Buffer): Buffer => bytes;
    const error = await new Promise<ServiceError | null>((resolve) => {
      client.makeUnaryRequest(
        "/tollgate.enforcement.v1.EnforcementService/Check",
        raw,
        raw,
        Buffer.from([0xff, 0xff]),
        (failure) => resolve(failure),
      );
    });
    expect(new CallFailure(error as ServiceError)).toMatchObject({
      code: "INVALID_ARGUMENT",
      reason: "MESSAGE_UNDECODABLE",
    });
    client.close();
  });

  test("whose deadline passes first keeps its change, and the retry gives the first answer", async () => {
    const daemon = await start();
    const client = connect(EnforcementService, daemon.agent);
    await client.rpc.registerExecution({ executionId: "e" });
    const request = { executionId: "e", requestId: "r", intent: { step: {} } };
    await client.rpc.charge(request, { deadline: Date.now() - 1 }).catch(() => undefined);
    await client.rpc.charge(request);
    await client.rpc.charge(request);
    expect((await client.rpc.getExecution({ executionId: "e" })).execution?.usage?.steps).toBe(1n);
    client.close();
  });
});

describe("streams", () => {
  test("the 1,001st is refused, and one that ends makes room", async () => {
    const daemon = await start();
    const clients = Array.from({ length: 17 }, () => connect(EnforcementService, daemon.agent));
    const streams: Stream[] = [];
    for (const [at, client] of clients.entries()) {
      const count = Math.min(60, 1_000 - at * 60);
      for (let one = 0; one < count; one++) streams.push(await openStream(client, hello(`r-${at}-${one}`)));
    }
    expect(daemon.servers.counters.usageStreams).toBe(1_000);
    const last = clients[16] as (typeof clients)[number];
    expect(await last.rpc.streamUsage().failure()).toMatchObject({
      code: "RESOURCE_EXHAUSTED",
      reason: "STREAMS_FULL",
      retries: true,
    });
    expect(await last.rpc.watchExecution({ executionId: "nobody" }).failure()).toMatchObject({
      reason: "EXECUTION_NOT_FOUND",
    });
    const [first] = streams;
    first?.end();
    expect(await first?.next()).toBeUndefined();
    const again = await openStream(last, hello("again"));
    again.end();
    for (const client of clients) client.close();
  });
});

describe("connections", () => {
  test("that send nothing, or only part of a preface, are closed", async () => {
    const daemon = await start({ servers: { limits: { firstByteMs: 20 } } });
    const silent = dial(pathOf(daemon.agent));
    const partial = dial(pathOf(daemon.agent));
    partial.on("error", () => undefined);
    partial.write("PRI * HTTP");
    await Promise.all([closed(silent), closed(partial)]);
    const client = connect(EnforcementService, daemon.agent);
    await client.rpc.getInfo({});
    expect(daemon.servers.counters.connectionsRefused).toBe(2);
    client.close();
  });

  test("that speak another protocol are closed without harm", async () => {
    const daemon = await start();
    const socket = dial(pathOf(daemon.agent));
    socket.on("error", () => undefined);
    socket.write("GET / HTTP/1.1\r\nHost: tollgate\r\n\r\n");
    await closed(socket);
    const client = connect(EnforcementService, daemon.agent);
    await client.rpc.getInfo({});
    client.close();
  });

  test("beyond the cap are closed at once, at one door only", async () => {
    const daemon = await start({ servers: { limits: { maxConnections: 2 } } });
    const held = [dial(pathOf(daemon.agent)), dial(pathOf(daemon.agent))];
    await Promise.all(held.map((socket) => new Promise((resolve) => socket.once("connect", resolve))));
    await closed(dial(pathOf(daemon.agent)));
    const other = connect(EnforcementService, daemon.servers.targets.agent[1] as string);
    await other.rpc.getInfo({});
    other.close();
    for (const socket of held) socket.destroy();
  });
});

describe("the socket file", () => {
  const folder = mkdtempSync(join(tmpdir(), "tollgate-doors-"));
  const at = (path: string, mode = 0o600) => ({ servers: { agent: { socket: { path, mode } } } });

  test("has the mode that was asked for", async () => {
    const path = join(folder, "mode.sock");
    await start(at(path, 0o640));
    expect(statSync(path).mode & 0o777).toBe(0o640);
  });

  test("of a dead process is replaced, of a living one is left alone", async () => {
    const path = join(folder, "stale.sock");
    const before = createServer();
    await new Promise<void>((resolve) => before.listen(path, resolve));
    await expect(startWireDaemon(at(path))).rejects.toThrow(SocketError);
    expect(existsSync(path)).toBe(true);
    // A listener that dies leaves its file: closed here behind Node's back, so that it is not unlinked.
    const aside = `${path}.aside`;
    const { linkSync, renameSync } = await import("node:fs");
    linkSync(path, aside);
    await new Promise((resolve) => before.close(resolve));
    renameSync(aside, path);
    await start(at(path));
    const client = connect(EnforcementService, `unix:${path}`);
    await client.rpc.getInfo({});
    client.close();
  });

  test("is not opened where a file stands, or where the path is too long", async () => {
    const path = join(folder, "file.txt");
    writeFileSync(path, "mine");
    await expect(startWireDaemon(at(path))).rejects.toThrow(/is no socket/);
    const long = join(folder, "x".repeat(108 - Buffer.byteLength(folder) - 1));
    expect(Buffer.byteLength(long)).toBe(108);
    await expect(startWireDaemon(at(long))).rejects.toThrow(/108 bytes/);
    await start(at(long.slice(0, -1)));
  });

  test("goes with the daemon", async () => {
    const path = join(folder, "gone.sock");
    const daemon = await startWireDaemon(at(path));
    await daemon.close();
    expect(existsSync(path)).toBe(false);
    rmSync(folder, { recursive: true, force: true });
  });
});

describe("a TCP door", () => {
  test("is opened on loopback only", async () => {
    await expect(
      startWireDaemon({ servers: { agent: { tcp: { host: "0.0.0.0", port: 0 } } } }),
    ).rejects.toThrow(/not a loopback address/);
  });
});

describe("a stop", () => {
  test("tells the streams, lets them end, and takes nothing new", async () => {
    const daemon = await start();
    const client = connect(EnforcementService, daemon.agent);
    const stream = await openStream(client, hello("drained"));
    const stopped = daemon.servers.stop(60_000);
    const notice = await stream.until((one) => one.message.case === "flowNotice");
    expect(notice.message.value).toMatchObject({
      notice: { case: "draining", value: { timeLeft: { seconds: 60n } } },
    });
    expect(await failureOf(client.rpc.registerExecution({ executionId: "late" }))).toMatchObject({
      code: "UNAVAILABLE",
    });
    stream.end();
    expect(await stream.next()).toBeUndefined();
    await stopped;
    client.close();
  });

  test("ends what is still open when the time is up", async () => {
    const daemon = await start();
    const client = connect(EnforcementService, daemon.agent);
    await client.rpc.registerExecution({ executionId: "e" });
    const stream = await openStream(client, hello("cut-off"));
    const watch = client.rpc.watchExecution({ executionId: "e" });
    await new Promise((resolve) => watch.call.once("metadata", resolve));
    await daemon.servers.stop(0);
    expect(await stream.failure()).toMatchObject({ code: "UNAVAILABLE", reason: "DRAINING", retries: true });
    expect(await watch.failure()).toMatchObject({ reason: "DRAINING" });
    client.close();
  });
});

describe("what is pinned", () => {
  const pinned = { principal: { tenant: "acme" }, session: "s", labels: { env: "prod" } };

  test("is filled in, and a differing value is refused", async () => {
    const daemon = await start({ servers: { pinned } });
    const client = connect(EnforcementService, daemon.agent);
    await client.rpc.registerExecution({ executionId: "e", principal: { user: "ann" } });
    const { execution } = await client.rpc.getExecution({ executionId: "e" });
    expect(execution).toMatchObject({
      principal: { tenant: "acme", user: "ann" },
      sessionId: "s",
      labels: { env: "prod" },
    });
    for (const [more, field] of [
      [{ principal: { tenant: "other" } }, "principal.tenant"],
      [{ sessionId: "t" }, "session_id"],
      [{ labels: { env: "test" } }, "labels[env]"],
    ] as const) {
      const failure = await failureOf(client.rpc.registerExecution({ executionId: "f", ...more }));
      expect(failure).toMatchObject({
        code: "PERMISSION_DENIED",
        reason: "PRINCIPAL_PINNED",
        fields: [field],
      });
    }
    const stream = client.rpc.streamUsage();
    stream.send(hello("r", { principal: { tenant: "other" } }));
    expect(await stream.failure()).toMatchObject({
      reason: "PRINCIPAL_PINNED",
      fields: ["hello.principal.tenant"],
    });
    client.close();
  });
});
