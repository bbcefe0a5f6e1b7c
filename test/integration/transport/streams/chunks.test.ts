import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { EnforcementService } from "../../../../src/gen/tollgate/enforcement/v1/enforcement_service_pb.ts";
import { batch, hello } from "../usage-messages.ts";
import { connect, type WireClient } from "../wire-client.ts";
import { startWireDaemon, type WireDaemon } from "../wire-daemon.ts";
import { framed, messagesOf, openRawStream, type RawStream } from "./raw-stream.ts";

// What one turn has to say leaves in one write: a Unix socket takes 277 writes, however small, before it is full.

const EXECUTIONS = 150;

let daemon: WireDaemon;
let client: WireClient<typeof EnforcementService>;
let raw: RawStream;

beforeEach(async () => {
  daemon = await startWireDaemon();
  client = connect(EnforcementService, daemon.agent);
  raw = openRawStream(daemon.agent);
});

afterEach(async () => {
  raw.session.destroy();
  client.close();
  await daemon.close();
});

/** The bytes of each write, until `messages` have come. */
function readChunks(messages: number): Promise<readonly Buffer[]> {
  const chunks: Buffer[] = [];
  return new Promise((resolve) => {
    raw.stream.on("data", (chunk: Buffer) => {
      chunks.push(chunk);
      if (messagesOf(Buffer.concat(chunks)).length >= messages) resolve(chunks);
    });
  });
}

describe("what a stream is told", () => {
  test("leaves in one piece for each turn, however many events there are", async () => {
    const groups = [];
    for (let place = 0; place < EXECUTIONS; place++) {
      await client.rpc.registerExecution({ executionId: `e-${place}`, limits: { maxSteps: 1n } });
      groups.push({ executionId: `e-${place}`, firstSequence: BigInt(place + 1), usage: [{ steps: 2n }] });
    }
    // Welcome, a halt of each execution, decisions, progress.
    const chunks = readChunks(EXECUTIONS + 3);
    raw.stream.write(framed(hello("r")));
    raw.stream.write(framed({ message: { case: "usageBatch", value: { groups } } }));
    // A turn's chunk is cut into frames of HTTP/2, 16 KiB each at most.
    const bytes = (await chunks).reduce((sum, chunk) => sum + chunk.length, 0);
    expect((await chunks).length).toBeLessThan(10 + bytes / 16_384);
  });

  test("comes in order: a decision never after the progress that covers it", async () => {
    await client.rpc.registerExecution({ executionId: "e" });
    const chunks = readChunks(3);
    raw.stream.write(framed(hello("r")));
    raw.stream.write(framed(batch("e", 1, 1, { wantDecision: true })));
    const messages = messagesOf(Buffer.concat(await chunks));
    expect(messages.map(({ message }) => message.case).slice(0, 3)).toEqual([
      "welcome",
      "decisions",
      "progress",
    ]);
  });
});
