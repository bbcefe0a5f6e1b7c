import { rmSync } from "node:fs";
import { expect, test } from "vitest";
import { isUnavailable } from "../../src/client/call-error.ts";
import { createClient, type TollgateClient } from "../../src/client/connect-client.ts";
import { createReporter, type Reporter } from "../../src/client/reports/reporter.ts";
import { createDirectory, DaemonProcess } from "../integration/daemon/daemon-process.ts";
import { atScale, printedSeed, SeededRandom } from "./seeded-random.ts";

// One client reports and reserves without pause while its daemon is killed again and again. What the client was told is
// durable must be there, and everything must be there once.

const EXECUTIONS = 5;
/** Reports between two kills. */
const BURST = 400;

interface Told {
  readonly tokens: bigint[];
  reservations: number;
  settled: bigint;
}

async function register(client: TollgateClient): Promise<void> {
  for (let at = 0; at < EXECUTIONS; at++) {
    const parent = at === 0 ? undefined : { parent: { case: "executionId" as const, value: "run-0" } };
    await client.calls.registerExecution({
      executionId: `run-${at}`,
      ...(parent === undefined ? {} : { parent }),
    });
  }
}

/** Repeats a call until a daemon has answered it: ids make the repetition count once. */
async function insist<T>(call: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await call();
    } catch (error) {
      if (!isUnavailable(error)) throw error;
      await new Promise(setImmediate);
    }
  }
}

async function reportBurst(reporter: Reporter, random: SeededRandom, told: Told): Promise<void> {
  for (let at = 0; at < BURST; at++) {
    const run = random.below(EXECUTIONS);
    const input = BigInt(1 + random.below(5));
    told.tokens[run] = (told.tokens[run] ?? 0n) + input;
    await reporter.report({ executionId: `run-${run}` }, { tokens: { input } });
  }
}

/** A hold and its settlement, each insisted on over the kills. */
async function holdAndSettle(client: TollgateClient, told: Told): Promise<void> {
  const reservationId = `hold-${told.reservations++}`;
  const executionId = "run-0";
  const intent = { estimate: { tokens: { input: 10n } } };
  await insist(() => client.calls.reserve({ executionId, reservationId, intent }));
  await insist(() => client.calls.settle({ executionId, reservationId, usage: { tokens: { input: 3n } } }));
  told.settled += 3n;
}

test("P1 P2: over kills of the daemon every acknowledged report, hold and settlement counts exactly once", async () => {
  const random = new SeededRandom(printedSeed("daemon kill"));
  const kills = atScale(40, 100);
  const directory = createDirectory();
  const settings = { MAX_LIVE_EXECUTIONS: "100", LOG_LEVEL: "info" };
  const words = ["src/main.ts", "serve"];
  const told: Told = { tokens: [], reservations: 0, settled: 0n };
  let daemon = DaemonProcess.spawn(settings, words, directory);
  await daemon.waitFor("daemon_started");
  const client = createClient({ address: `unix:${directory}/agent.sock`, decisionDeadlineMs: 10_000 });
  const reporter = createReporter(client, { reporterId: "agent" });
  try {
    await register(client);
    let acknowledged = 0;
    for (let kill = 0; kill < kills; kill++) {
      const reported = reportBurst(reporter, random, told);
      const held = holdAndSettle(client, told);
      if (random.below(3) > 0) await reporter.whenDurable(acknowledged + 1 + random.below(BURST));
      acknowledged = reporter.durableThrough;
      await daemon.kill();
      daemon = DaemonProcess.spawn(settings, words, directory);
      await Promise.all([daemon.waitFor("daemon_started"), reported, held]);
      expect(reporter.durableThrough).toBeGreaterThanOrEqual(acknowledged);
    }
    await reporter.flush();
    for (let run = 0; run < EXECUTIONS; run++) {
      const { execution } = await insist(() => client.calls.getExecution({ executionId: `run-${run}` }));
      const below = run === 0 ? told.tokens.slice(1).reduce((sum, one) => sum + one, 0n) + told.settled : 0n;
      expect(execution?.usage?.totalTokens).toBe((told.tokens[run] ?? 0n) + below);
      expect(execution?.holds).toEqual([]);
    }
  } finally {
    reporter.stop();
    client.close();
    await daemon.kill();
    rmSync(directory, { recursive: true, force: true });
  }
}, 600_000);
