import { status } from "@grpc/grpc-js";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { createClient, type TollgateClient } from "../../../src/client/connect-client.ts";
import { createReporter, type Reporter } from "../../../src/client/reports/reporter.ts";
import type { ReporterNotice, ReporterOptions } from "../../../src/client/reports/reporter-options.ts";
import { type ScriptedDaemon, type ScriptedStream, startScriptedDaemon } from "./scripted-daemon.ts";

let daemon: ScriptedDaemon;
let client: TollgateClient;
let reporters: Reporter[] = [];

beforeEach(async () => {
  daemon = await startScriptedDaemon();
  client = createClient({ address: daemon.address });
});

afterEach(() => {
  for (const reporter of reporters) reporter.stop();
  reporters = [];
  client.close();
  daemon.stop();
});

function startReporter(options: Partial<ReporterOptions> = {}): Reporter {
  const reporter = createReporter(client, { reporterId: "r", ...options });
  reporters.push(reporter);
  return reporter;
}

const report = (reporter: Reporter, executionId = "e") => reporter.report({ executionId }, { requests: 1n });

async function openStream(): Promise<{
  stream: ScriptedStream;
  hello: Awaited<ReturnType<typeof nextHello>>;
}> {
  const stream = await daemon.nextStream();
  return { stream, hello: await nextHello(stream) };
}

const nextHello = (stream: ScriptedStream) => stream.nextOf("hello");

/** Sequences of a batch as `first-count` per group. */
async function nextBatch(stream: ScriptedStream): Promise<readonly string[]> {
  const { groups } = await stream.nextOf("usageBatch");
  return groups.map((group) => `${group.executionId} ${group.firstSequence}+${group.usage.length}`);
}

describe("a reporter", () => {
  test("P2: numbers reports from 1, says resume only after it has sent, and sends again from the floor", async () => {
    const reporter = startReporter();
    const first = await openStream();
    expect(first.hello).toMatchObject({ reporterId: "r", resume: false, durableSeen: 0n });
    expect(first.hello.epoch).not.toBe(0n);
    first.stream.fail(status.UNAVAILABLE, "DRAINING");

    const second = await openStream();
    expect(second.hello).toMatchObject({ resume: false, epoch: first.hello.epoch });
    second.stream.welcome();
    await Promise.all([report(reporter), report(reporter), report(reporter), report(reporter)]);
    expect(await nextBatch(second.stream)).toEqual(["e 1+4"]);
    second.stream.durable(2n);
    await reporter.whenDurable(2);
    second.stream.fail(status.UNAVAILABLE, "DRAINING");

    const third = await openStream();
    expect(third.hello).toMatchObject({ resume: true, durableSeen: 2n, epoch: first.hello.epoch });
    third.stream.welcome({ floor: 3n, durableThrough: 2n });
    expect(await nextBatch(third.stream)).toEqual(["e 4+1"]);
    third.stream.durable(4n);
    await reporter.flush();
    expect(reporter.durableThrough).toBe(4);
  });

  test("refills what the daemon lost within the time that durable reports are kept", async () => {
    const notices: ReporterNotice[] = [];
    const reporter = startReporter({ onNotice: (notice) => notices.push(notice) });
    const first = await openStream();
    first.stream.welcome();
    await Promise.all([report(reporter), report(reporter), report(reporter)]);
    await nextBatch(first.stream);
    first.stream.durable(3n);
    await reporter.flush();
    first.stream.fail(status.UNAVAILABLE, "DRAINING");

    const second = await openStream();
    second.stream.welcome({ floor: 1n });
    expect(await nextBatch(second.stream)).toEqual(["e 2+2"]);
    expect(notices).toContainEqual({ kind: "data_loss", floor: 1n, durableSeen: 3n });
  });

  test("takes a new epoch where the daemon knows nothing of its own, and sends everything it keeps from 1", async () => {
    const reporter = startReporter();
    const first = await openStream();
    first.stream.welcome();
    await Promise.all([report(reporter), report(reporter)]);
    await nextBatch(first.stream);
    first.stream.fail(status.UNAVAILABLE, "DRAINING");

    const second = await openStream();
    expect(second.hello.resume).toBe(true);
    second.stream.fail(status.FAILED_PRECONDITION, "REPORTER_UNKNOWN");
    const third = await openStream();
    expect(third.hello).toMatchObject({ resume: false, durableSeen: 0n });
    expect(third.hello.epoch).not.toBe(first.hello.epoch);
    third.stream.welcome();
    expect(await nextBatch(third.stream)).toEqual(["e 1+2"]);
    third.stream.durable(2n);
    await reporter.flush();
  });

  test("stops with an error when a newer one has taken over", async () => {
    const reporter = startReporter();
    const { stream } = await openStream();
    stream.welcome();
    await report(reporter);
    const flushed = reporter.flush();
    stream.fail(status.ABORTED, "REPORTER_SUPERSEDED");
    await expect(flushed).rejects.toMatchObject({ reason: "REPORTER_SUPERSEDED" });
    await expect(report(reporter)).rejects.toMatchObject({ reason: "REPORTER_SUPERSEDED" });
  });

  test("keeps batches within what welcome says, by reports and by bytes, and groups neighbours", async () => {
    const reporter = startReporter();
    const { stream } = await openStream();
    stream.welcome({ maxBatchReports: 3 });
    await Promise.all(["a", "a", "b", "b", "b"].map((executionId) => report(reporter, executionId)));
    expect(await nextBatch(stream)).toEqual(["a 1+2", "b 3+1"]);
    expect(await nextBatch(stream)).toEqual(["b 4+2"]);
    await reporter.complete("a");
    expect(await stream.nextOf("completeExecution")).toMatchObject({ sequence: 6n, executionId: "a" });
    stream.fail(status.UNAVAILABLE, "DRAINING");

    const again = await openStream();
    again.stream.welcome({ floor: 6n, maxBatchBytes: 2_048 });
    const large = { requests: 1n, operation: "o".repeat(1_500) };
    await Promise.all([
      reporter.report({ executionId: "a" }, large),
      reporter.report({ executionId: "a" }, large),
    ]);
    expect(await nextBatch(again.stream)).toEqual(["a 7+1"]);
    expect(await nextBatch(again.stream)).toEqual(["a 8+1"]);
  });

  test("P10: has no more than the window outstanding", async () => {
    const reporter = startReporter();
    const { stream } = await openStream();
    stream.welcome({ window: 2 });
    for (let number = 0; number < 2; number++) await report(reporter);
    const third = report(reporter);
    expect(await nextBatch(stream)).toEqual(["e 1+2"]);
    expect(stream.waiting).toBe(0);
    stream.durable(2n);
    expect(await third).toBe(3);
    expect(await nextBatch(stream)).toEqual(["e 3+1"]);
  });

  test("P10: at its bound waits by default, in the order of the calls, and drops nothing", async () => {
    const reporter = startReporter({ maxReports: 2 });
    const { stream } = await openStream();
    stream.welcome();
    const numbers = Promise.all([1, 2, 3, 4, 5].map((index) => report(reporter, `e${index}`)));
    expect(await nextBatch(stream)).toEqual(["e1 1+1", "e2 2+1"]);
    stream.durable(1n);
    expect(await nextBatch(stream)).toEqual(["e3 3+1"]);
    stream.durable(3n);
    expect(await nextBatch(stream)).toEqual(["e4 4+1", "e5 5+1"]);
    expect(await numbers).toEqual([1, 2, 3, 4, 5]);
  });

  test("P10: at its bound fails at once with onFull: error", async () => {
    const reporter = startReporter({ maxReports: 2, onFull: "error" });
    await Promise.all([report(reporter), report(reporter)]);
    await expect(report(reporter)).rejects.toMatchObject({ reason: "BUFFER_FULL" });
  });

  test("keeps at most 4 MiB whatever the number of reports", async () => {
    const reporter = startReporter({ onFull: "error", maxBytes: 4_000 });
    const large = { operation: "o".repeat(1_900) };
    await Promise.all([
      reporter.report({ executionId: "e" }, large),
      reporter.report({ executionId: "e" }, large),
    ]);
    await expect(reporter.report({ executionId: "e" }, large)).rejects.toMatchObject({
      reason: "BUFFER_FULL",
    });
    await expect(
      reporter.report({ executionId: "e" }, { operation: "o".repeat(9_000) }),
    ).rejects.toMatchObject({ reason: "REPORT_TOO_LARGE" });
  });
});

describe("giving reports up", () => {
  test("happens only by an explicit call, which tells the daemon", async () => {
    const reporter = startReporter();
    await Promise.all([report(reporter), report(reporter), report(reporter)]);
    reporter.skip(1, 2);
    const { stream } = await openStream();
    stream.welcome();
    expect(await stream.nextOf("skipRange")).toMatchObject({ from: 1n, to: 2n });
    expect(await nextBatch(stream)).toEqual(["e 3+1"]);
    expect(() => reporter.skip(3, 9)).toThrow(RangeError);
  });

  test("of what is no longer kept needs the program's word, else the reporter stops", async () => {
    const stopped = startReporter({ maxReports: 1 });
    await loseDurable(stopped);
    const { stream } = await openStream();
    stream.welcome();
    await expect(stopped.flush()).rejects.toMatchObject({ reason: "REPORTS_MISSING" });

    const gaps: unknown[] = [];
    const goingOn = startReporter({
      maxReports: 1,
      onGap: (gap) => {
        gaps.push(gap);
        return "skip";
      },
    });
    await loseDurable(goingOn);
    const second = await openStream();
    second.stream.welcome();
    expect(await second.stream.nextOf("skipRange")).toMatchObject({ from: 1n, to: 1n });
    expect(await nextBatch(second.stream)).toEqual(["e 2+1"]);
    expect(gaps).toEqual([{ from: 1, to: 1 }]);
  });

  /** Report 1 is durable and forgotten for report 2; then the daemon comes back without either. */
  async function loseDurable(reporter: Reporter): Promise<void> {
    const { stream } = await openStream();
    stream.welcome();
    await report(reporter);
    await nextBatch(stream);
    stream.durable(1n);
    await reporter.flush();
    await report(reporter);
    await nextBatch(stream);
    stream.fail(status.UNAVAILABLE, "DRAINING");
  }
});

describe("a reporter whose program makes its reports again", () => {
  test("P2: goes on behind what the daemon has", async () => {
    const reporter = startReporter({ epoch: 7n });
    const number = report(reporter);
    const { stream, hello } = await openStream();
    expect(hello).toMatchObject({ epoch: 7n, resume: true });
    stream.welcome({ floor: 41n });
    expect(await reporter.opened()).toBe(41);
    expect(await number).toBe(42);
    expect(await nextBatch(stream)).toEqual(["e 42+1"]);
  });

  test("begins at 1 where the daemon knows nothing", async () => {
    const reporter = startReporter({ epoch: 7n });
    const first = await openStream();
    first.stream.fail(status.FAILED_PRECONDITION, "REPORTER_UNKNOWN");
    const second = await openStream();
    expect(second.hello).toMatchObject({ epoch: 7n, resume: false });
    second.stream.welcome();
    expect(await reporter.opened()).toBe(0);
    expect(await report(reporter)).toBe(1);
  });
});
