import { execFileSync } from "node:child_process";
import { rmSync } from "node:fs";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { EnforcementService } from "../../../src/gen/tollgate/enforcement/v1/enforcement_service_pb.ts";
import { MAX_OPEN_STREAMS } from "../../../src/transport/transport-limits.ts";
import { readResidentBytes } from "../../bench/measure/process-files.ts";
import { atScale } from "../../crash/seeded-random.ts";
import { createDirectory, DaemonProcess } from "../daemon/daemon-process.ts";
import { connect, type WireClient } from "../transport/wire-client.ts";
import { callHeaders, FLAG, FRAME, frame, RawPeer } from "./raw-peer.ts";

// Peers that send what no client would. The daemon refuses it, stays small, and serves the others meanwhile and afterwards.

const FRAMES = atScale(20_000, 500_000);
/** Frames of one write. */
const CHUNK = 500;
const MAX_RESIDENT_BYTES = 256 * 1_048_576;

const bundle = createDirectory();
/** What ships, with the flags of a pod of 256 MiB. */
const WORDS = ["--max-semi-space-size=4", "--max-old-space-size=164", join(bundle, "tollgate.cjs"), "serve"];

beforeAll(() => {
  execFileSync(process.execPath, ["deploy/bundle.mjs", bundle]);
});

afterAll(() => rmSync(bundle, { recursive: true, force: true }));

let daemon: DaemonProcess;
let client: WireClient<typeof EnforcementService>;
let target: string;
const peers: RawPeer[] = [];

beforeEach(async () => {
  daemon = DaemonProcess.spawn({ MAX_LIVE_EXECUTIONS: "auto" }, WORDS);
  target = await daemon.address("agent");
  client = connect(EnforcementService, target);
  await client.rpc.registerExecution({ executionId: "e" });
});

afterEach(async () => {
  for (const peer of peers.splice(0)) peer.close();
  client.close();
  await daemon.kill();
});

async function open(greet?: boolean): Promise<RawPeer> {
  const peer = await RawPeer.open(target, greet);
  peers.push(peer);
  return peer;
}

/** Another client asks while something goes on: every question is answered. */
async function serveDuring(what: Promise<unknown>): Promise<void> {
  let going = true;
  const done = what.finally(() => {
    going = false;
  });
  let answers = 0;
  while (going) {
    const { decision } = await client.rpc.check({ executionId: "e", intent: { weight: 1n } });
    expect(decision?.allowed).toBe(true);
    answers++;
    await new Promise(setImmediate);
  }
  await done;
  expect(answers).toBeGreaterThan(0);
  await expectWhole();
}

async function expectWhole(): Promise<void> {
  const charged = await client.rpc.charge({ executionId: "e", intent: { weight: 1n } });
  expect(charged.decision?.allowed).toBe(true);
  const resident = readResidentBytes(daemon.child.pid as number);
  console.log(`resident afterwards: ${Math.round(resident / 1_048_576)} MiB`);
  expect(resident).toBeLessThan(MAX_RESIDENT_BYTES);
  expect((await daemon.fetch("/healthz")).status).toBe(200);
}

/** Sends so many pieces, in chunks, until the server has enough. */
async function flood(peer: RawPeer, pieces: number, piece: (place: number) => Buffer): Promise<void> {
  for (let at = 0; at < pieces && !peer.closed; at += CHUNK) {
    const chunk = Array.from({ length: CHUNK }, (_, place) => piece(at + place));
    await peer.write(Buffer.concat(chunk));
    await new Promise(setImmediate);
  }
}

/** A metric without labels; 0 where it is not. */
function numberOf(text: string, name: string): number {
  return Number(new RegExp(`^tollgate_${name} (\\d+)`, "m").exec(text)?.[1] ?? 0);
}

describe("frames without end", () => {
  const headers = callHeaders("Check");
  const ping = frame(FRAME.ping, 0, 0, Buffer.alloc(8));
  const settings = frame(FRAME.settings, 0, 0, Buffer.from([0, 3, 0, 0, 0, 100]));

  test.each<readonly [string, (place: number) => Buffer]>([
    [
      "calls that are reset at once",
      (place) => {
        const stream = 2 * place + 1;
        const cancel = Buffer.from([0, 0, 0, 8]);
        return Buffer.concat([
          frame(FRAME.headers, FLAG.endHeaders, stream, headers),
          frame(FRAME.reset, 0, stream, cancel),
        ]);
      },
    ],
    ["pings", () => ping],
    ["settings", () => settings],
    [
      "headers that are continued",
      (place) =>
        place === 0
          ? frame(FRAME.headers, 0, 1, headers)
          : frame(FRAME.continuation, 0, 1, callHeaders("Check", [["x-more", "x".repeat(100)]])),
    ],
    [
      "headers of streams that say nothing",
      (place) => frame(FRAME.headers, FLAG.endHeaders, 2 * place + 1, headers),
    ],
    [
      "empty data",
      (place) => (place === 0 ? frame(FRAME.headers, FLAG.endHeaders, 1, headers) : frame(FRAME.data, 0, 1)),
    ],
  ])("%s: the others are served", async (_what, piece) => {
    const peer = await open();
    await serveDuring(flood(peer, FRAMES, piece));
  });
});

describe("peers that hold on", () => {
  test("that say nothing are closed, and more than 512 are refused", async () => {
    const opened = await Promise.all(Array.from({ length: 600 }, () => open(false)));
    await Promise.all(opened.map((peer) => peer.ended));
    await expectWhole();
    const { text } = await daemon.fetch("/metrics");
    expect(numberOf(text, "connections_refused_total")).toBeGreaterThan(512);
  });

  test("P10: of 10,000 idle streams 1,000 are held, the others are refused", async () => {
    const perConnection = 64;
    const connections = Math.ceil(10_000 / perConnection);
    const headers = callHeaders("StreamUsage");
    const openAll = async (): Promise<void> => {
      for (let made = 0; made < connections; made++) {
        const peer = await open();
        const streams = Array.from({ length: perConnection }, (_, place) =>
          frame(FRAME.headers, FLAG.endHeaders, 2 * place + 1, headers),
        );
        await peer.write(Buffer.concat(streams));
      }
    };
    await openAll();
    let most = 0;
    let text = "";
    while (numberOf(text, "rpc_calls_total") < MAX_OPEN_STREAMS) {
      text = (await daemon.fetch("/metrics")).text;
      most = Math.max(most, numberOf(text, "streams"));
    }
    console.log(`streams held: ${most}`);
    expect(most).toBeLessThanOrEqual(1_000);
    expect(text).toMatch(/tollgate_rpc_errors_total\{reason="STREAMS_FULL"\} [1-9]/);
    await expectWhole();
  });

  test("more connections than the process has descriptors for are turned away, and it goes on", async () => {
    await daemon.kill();
    client.close();
    const script = `ulimit -n 128; exec "${process.execPath}" ${WORDS.join(" ")}`;
    daemon = DaemonProcess.spawnCommand("/bin/sh", ["-c", script]);
    target = await daemon.address("agent");
    const opened = await Promise.all(Array.from({ length: 200 }, () => open(false)));
    await Promise.all(opened.map((peer) => peer.ended));
    client = connect(EnforcementService, target);
    await client.rpc.registerExecution({ executionId: "e" });
    await expectWhole();
  });
});

describe("messages that are larger than they look", () => {
  test("compressed ones are refused before they are read", async () => {
    const peer = await open();
    const gzip = callHeaders("Check", [["grpc-encoding", "gzip"]]);
    const body = Buffer.concat([Buffer.from([1, 0, 0, 4, 0]), Buffer.alloc(1_024)]);
    await serveDuring(
      flood(peer, 1_000, (place) =>
        Buffer.concat([
          frame(FRAME.headers, FLAG.endHeaders, 2 * place + 1, gzip),
          frame(FRAME.data, FLAG.endStream, 2 * place + 1, body),
        ]),
      ),
    );
    const { text } = await daemon.fetch("/metrics");
    expect(text).not.toMatch(/tollgate_decisions_total\{verdict="ALLOW",kind="check"\} 0\n/);
  });

  test("one that announces 4 GiB is refused", async () => {
    const peer = await open();
    const body = Buffer.concat([Buffer.from([0, 255, 255, 255, 255]), Buffer.alloc(10_000)]);
    await serveDuring(
      flood(peer, 1_000, (place) =>
        Buffer.concat([
          frame(FRAME.headers, FLAG.endHeaders, 2 * place + 1, callHeaders("Check")),
          frame(FRAME.data, 0, 2 * place + 1, body),
        ]),
      ),
    );
  });
});
