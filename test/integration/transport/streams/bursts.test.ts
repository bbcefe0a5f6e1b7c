import { afterEach, beforeEach, expect, test } from "vitest";
import { EnforcementService } from "../../../../src/gen/tollgate/enforcement/v1/enforcement_service_pb.ts";
import { batch, hello, progressThrough } from "../usage-messages.ts";
import { connect, type WireClient } from "../wire-client.ts";
import { startWireDaemon, type WireDaemon } from "../wire-daemon.ts";

// More messages at once than are applied in one turn of the event loop.

const STREAMS = 12;
const MESSAGES = 20;
const REPORTS = 100;

let daemon: WireDaemon;
let client: WireClient<typeof EnforcementService>;

beforeEach(async () => {
  daemon = await startWireDaemon();
  client = connect(EnforcementService, daemon.agent);
});

afterEach(async () => {
  client.close();
  await daemon.close();
});

async function report(executionId: string): Promise<void> {
  await client.rpc.registerExecution({ executionId });
  const stream = client.rpc.streamUsage();
  stream.send(hello(executionId));
  for (let at = 0; at < MESSAGES; at++) stream.send(batch(executionId, at * REPORTS + 1, (at + 1) * REPORTS));
  // The half of the client ends while most of it still waits.
  stream.end();
  const { duplicates, rejected } = await progressThrough(stream, MESSAGES * REPORTS);
  expect([duplicates, rejected]).toEqual([0n, []]);
  expect(await stream.next()).toBeUndefined();
}

test("a burst on several streams is counted once, in order, and acknowledged before each stream ends", async () => {
  const ids = Array.from({ length: STREAMS }, (_none, at) => `burst-${at}`);
  await Promise.all(ids.map(report));
  for (const executionId of ids) {
    const { execution } = await client.rpc.getExecution({ executionId });
    expect(execution?.usage?.steps).toBe(BigInt(MESSAGES * REPORTS));
  }
});
