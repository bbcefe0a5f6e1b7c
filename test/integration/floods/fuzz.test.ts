import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { EnforcementService } from "../../../src/gen/tollgate/enforcement/v1/enforcement_service_pb.ts";
import { atScale, printedSeed, SeededRandom } from "../../crash/seeded-random.ts";
import { framed } from "../transport/streams/raw-stream.ts";
import { batch, hello } from "../transport/usage-messages.ts";
import { connect, type WireClient } from "../transport/wire-client.ts";
import { startWireDaemon, type WireDaemon } from "../transport/wire-daemon.ts";
import { callHeaders, FLAG, FRAME, frame, RawPeer } from "./raw-peer.ts";

// Bytes that mean nothing, and bytes that nearly mean something, at the socket: no crash, no answer with a mistake of ours.

const RUN_MS = atScale(1_000, 20_000);

let daemon: WireDaemon;
let client: WireClient<typeof EnforcementService>;
let random: SeededRandom;

beforeEach(async () => {
  daemon = await startWireDaemon();
  client = connect(EnforcementService, daemon.agent);
  random = new SeededRandom(printedSeed("fuzz"));
  await client.rpc.registerExecution({ executionId: "e" });
  // What nearly means something may well be usage of "e": whether others are served is asked of another one.
  await client.rpc.registerExecution({ executionId: "bystander", principal: { tenant: "bystander" } });
});

/** Closing fails when a call failed by a mistake of ours. */
afterEach(async () => {
  client.close();
  await daemon.close();
});

function noise(most: number): Buffer {
  return Buffer.from(Array.from({ length: random.below(most) }, () => random.below(256)));
}

/** The bytes with a few of them changed, and perhaps cut short. */
function spoiled(bytes: Buffer): Buffer {
  const copy = Buffer.from(bytes);
  for (let changes = random.below(4); changes >= 0; changes--)
    copy[random.below(copy.length)] = random.below(256);
  return random.below(4) === 0 ? copy.subarray(0, random.below(copy.length)) : copy;
}

/** Sends what `make` makes to new connections for as long as the scale says; answers how many there were. */
async function bombard(greet: boolean, make: () => Buffer): Promise<number> {
  const until = performance.now() + RUN_MS;
  let sent = 0;
  while (performance.now() < until) {
    const peer = await RawPeer.open(daemon.agent, greet);
    await peer.write(make());
    await new Promise(setImmediate);
    peer.close();
    await peer.ended;
    sent++;
  }
  return sent;
}

describe("bytes at the socket", () => {
  test.each<readonly [string, boolean, () => Buffer]>([
    ["noise from the first byte on", false, () => noise(4_096)],
    ["noise after the greeting", true, () => noise(4_096)],
    [
      "frames of every type with any content",
      true,
      () => frame(random.below(16), random.below(256), random.below(8), noise(256)),
    ],
    [
      "messages with bytes changed, to every kind of call",
      true,
      () => {
        const method =
          ["Check", "StreamUsage", "RegisterExecution", "WatchExecution"][random.below(4)] ?? "Check";
        const message = random.below(2) === 0 ? framed(hello("r")) : framed(batch("e", 1, 5));
        return Buffer.concat([
          frame(FRAME.headers, FLAG.endHeaders, 1, callHeaders(method)),
          frame(FRAME.data, random.below(2), 1, spoiled(message)),
        ]);
      },
    ],
    [
      "frames with bytes changed",
      true,
      () =>
        spoiled(
          Buffer.concat([
            frame(FRAME.headers, FLAG.endHeaders, 1, callHeaders("StreamUsage")),
            frame(FRAME.data, 0, 1, framed(hello("r"))),
            frame(FRAME.data, 1, 1, framed(batch("e", 1, 5))),
          ]),
        ),
    ],
  ])("%s: nothing breaks", async (_what, greet, make) => {
    const sent = await bombard(greet, make);
    console.log(`fuzz: ${sent} connections`);
    expect(sent).toBeGreaterThan(0);
    expect(
      (await client.rpc.check({ executionId: "bystander", intent: { weight: 1n } })).decision?.allowed,
    ).toBe(true);
  });
});
