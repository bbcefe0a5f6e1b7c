import { closeSync, fdatasyncSync, openSync, rmSync, writeSync } from "node:fs";
import { join } from "node:path";
import { Latencies } from "../load/latencies.ts";
import { createTemplate, type Template } from "../load/messages.ts";
import { STREAMS, StreamLoad } from "../load/stream-load.ts";
import { type Budget, budget, round } from "../measure/budget.ts";
import { figureOf } from "../measure/pairs.ts";
import { readThreadMs, readWrittenBytes } from "../measure/process-files.ts";
import { leavesOf } from "../servers/fixture.ts";
import { createDirectory, ServerChild } from "../servers/server-child.ts";
import type { Row } from "./row.ts";

// What durability costs at a fixed rate: every report for another one of 1,000 executions, which is the worst case.

const HOT = 1_000;
const FAST = 50_000;
const SLOW = 1_000;
const MIB = 1_048_576;

interface Paced {
  readonly ackMs: number;
  readonly syncMs: number;
  readonly bytesPerSecond: number;
  readonly writerShare: number;
  readonly mainShare: number;
}

export const durabilityRow: Row = {
  ids: ["durable-ack", "log-bytes-50k", "log-bytes-1k", "writer-cpu"],
  measure: async ({ executions, runMs, pairs }) => {
    const daemon = await ServerChild.startDaemon({ executions });
    const load = new StreamLoad(daemon);
    const stride = Math.floor(leavesOf(executions) / HOT);
    const runs = Math.min(pairs, 5);
    try {
      await runPaced(daemon, load, createTemplates(100, stride), FAST, runMs);
      const fast: Paced[] = [];
      const slow: Paced[] = [];
      for (let at = 0; at < runs; at++)
        fast.push(await runPaced(daemon, load, createTemplates(100, stride), FAST, runMs));
      for (let at = 0; at < runs; at++)
        slow.push(await runPaced(daemon, load, createTemplates(10, stride), SLOW, runMs));
      return budgetsOf(fast, slow);
    } finally {
      load.close();
      await daemon.stop();
    }
  },
};

function budgetsOf(fast: readonly Paced[], slow: readonly Paced[]): readonly Budget[] {
  const figure = (of: (run: Paced) => number, runs = fast) => figureOf(runs.map(of));
  const sync = figure((one) => one.syncMs);
  const bound = 5 + 3 * sync.value;
  const sums = (runs: readonly Paced[]) => figure((one) => one.bytesPerSecond / MIB, runs);
  return [
    budget(
      "durable-ack",
      "durable acknowledgement at 50,000 reports/s, p99",
      figure((one) => one.ackMs),
      "ms",
      { atMost: bound },
      `append + fdatasync p99 ${round(sync.value)} ms, between the runs`,
    ),
    budget(
      "log-bytes-50k",
      "written at 50,000 reports/s over 1,000 of the live executions",
      sums(fast),
      "MiB/s",
      { atMost: 50 },
    ),
    budget("log-bytes-1k", "written at 1,000 reports/s", sums(slow), "MiB/s", { atMost: 3 }),
    budget(
      "writer-cpu",
      "writer thread at 50,000 reports/s",
      figure((one) => one.writerShare),
      "cores",
      { atMost: 0.25 },
      `main thread ${round(figure((one) => one.mainShare).value)}`,
    ),
  ];
}

/** Messages whose reports all concern different hot executions, at random among those of their stream. */
function createTemplates(reports: number, stride: number): readonly Template[] {
  const share = HOT / STREAMS;
  return Array.from({ length: 256 }, (_, at) =>
    createTemplate(
      Array.from(
        { length: reports },
        () => (Math.floor(Math.random() * share) * STREAMS + (at % STREAMS)) * stride,
      ),
      1,
    ),
  );
}

async function runPaced(
  daemon: ServerChild,
  load: StreamLoad,
  templates: readonly Template[],
  perSecond: number,
  runMs: number,
): Promise<Paced> {
  const threads = readThreadMs(daemon.pid);
  const bytes = readWrittenBytes(daemon.pid);
  const sample = await daemon.sample();
  const startMs = performance.now();
  const latencies = await load.runPaced(templates, perSecond, runMs);
  const elapsedMs = performance.now() - startMs;
  const main = ((await daemon.sample()).cpuUs - sample.cpuUs) / 1_000;
  // The writer is the busiest thread that is not the main one.
  const spent = [...readThreadMs(daemon.pid)].map(([id, { ms }]) => ms - (threads.get(id)?.ms ?? 0));
  return {
    ackMs: latencies.at(0.99),
    syncMs: measureSync(),
    bytesPerSecond: ((readWrittenBytes(daemon.pid) - bytes) * 1_000) / elapsedMs,
    writerShare: Math.max(...spent) / elapsedMs,
    mainShare: main / elapsedMs,
  };
}

/** p99 of appending 16 KiB and syncing, ms. */
function measureSync(): number {
  const directory = createDirectory();
  const file = openSync(join(directory, "log"), "a");
  const page = Buffer.alloc(16_384, 7);
  const latencies = new Latencies();
  for (let at = 0; at < 200; at++) {
    const startMs = performance.now();
    writeSync(file, page);
    fdatasyncSync(file);
    latencies.add(performance.now() - startMs);
  }
  closeSync(file);
  rmSync(directory, { recursive: true });
  return latencies.at(0.99);
}
