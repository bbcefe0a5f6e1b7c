import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { EnforcementService } from "../../../src/gen/tollgate/enforcement/v1/enforcement_service_pb.ts";
import { batch, hello, openStream } from "../transport/usage-messages.ts";
import { connect, type WireClient } from "../transport/wire-client.ts";
import { DaemonProcess } from "./daemon-process.ts";

// Two processes that both write many small messages. While a write to a socket waits, Node's HTTP/2 does not read from it,
// and a Unix socket is full after 277 writes: were every event a write of its own, both would wait for each other for ever.

const EXECUTIONS = 1_000;
/** Two for each execution: the second one halts it. */
const MESSAGES = 2_000;
const AT_ONCE = 50;

let daemon: DaemonProcess;
let client: WireClient<typeof EnforcementService>;

beforeEach(async () => {
  daemon = DaemonProcess.spawn();
  client = connect(EnforcementService, await daemon.address("agent"));
});

afterEach(async () => {
  client.close();
  await daemon.kill();
});

const idOf = (place: number): string => `e-${place >> 1}`;

async function registerAll(): Promise<void> {
  for (let first = 0; first < EXECUTIONS; first += AT_ONCE) {
    await Promise.all(
      Array.from({ length: AT_ONCE }, (_, place) =>
        client.rpc.registerExecution({ executionId: `e-${first + place}`, limits: { maxSteps: 1n } }),
      ),
    );
  }
}

describe("a client that writes thousands of small messages without waiting", () => {
  test("P5: is told of every halt, and everything becomes durable", async () => {
    await registerAll();
    const stream = await openStream(client, hello("r"));
    for (let place = 0; place < MESSAGES; place++) {
      stream.send(batch(idOf(place), place + 1, place + 1));
    }
    const halted = new Set<string>();
    let durable = 0n;
    while (durable < BigInt(MESSAGES) || halted.size < EXECUTIONS) {
      const message = (await stream.next())?.message;
      if (message?.case === "progress") durable = message.value.durableThrough;
      if (message?.case === "event" && message.value.payload.case === "halt")
        halted.add(message.value.executionId);
    }
    expect(durable).toBe(BigInt(MESSAGES));
    expect(halted.size).toBe(EXECUTIONS);
    stream.end();
    expect(await stream.next()).toBeUndefined();
  });
});
