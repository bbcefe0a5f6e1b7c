import { once } from "node:events";
import { connect as connectHttp2 } from "node:http2";
import { connect as dial } from "node:net";
import { setImmediate as nextTurn } from "node:timers/promises";
import { afterEach, beforeEach, expect, test } from "vitest";
import { hello } from "../usage-messages.ts";
import { startWireDaemon, type WireDaemon } from "../wire-daemon.ts";
import { framed, openRawStream } from "./raw-stream.ts";

// A process that stood still, and peers that did not.

const LIMIT_MS = 60;

let daemon: WireDaemon;

beforeEach(async () => {
  daemon = await startWireDaemon({
    servers: { limits: { firstByteMs: LIMIT_MS, firstMessageMs: LIMIT_MS } },
  });
});

afterEach(() => daemon.close());

/** Nothing of this process runs for longer than any peer may be silent; what was written lies in the kernel meanwhile. */
function standStill(): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 2 * LIMIT_MS);
}

test("a connection whose first bytes came during a pause of the daemon is served", async () => {
  const socket = dial(daemon.agent.slice("unix:".length));
  await once(socket, "connect");
  while (daemon.servers.counters.connections === 0) await nextTurn();
  const session = connectHttp2("http://tollgate", { createConnection: () => socket });
  await nextTurn();
  standStill();
  await once(session, "localSettings");
  expect(daemon.servers.counters.connectionsRefused).toBe(0);
  session.destroy();
});

test("a stream whose hello came during a pause of the daemon is welcomed", async () => {
  const { session, stream } = openRawStream(daemon.agent);
  while (daemon.servers.counters.usageStreams === 0) await nextTurn();
  stream.write(framed(hello("r")));
  await nextTurn();
  standStill();
  const [headers] = await once(stream, "response");
  expect(headers["grpc-status"]).toBeUndefined();
  await once(stream, "data");
  expect(daemon.servers.counters.errors["HELLO_REQUIRED"]).toBeUndefined();
  session.destroy();
});
