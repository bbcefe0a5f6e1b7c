import { setTimeout as pause } from "node:timers/promises";
import { createTemplate, type Template } from "../load/messages.ts";
import { STREAMS, StreamLoad } from "../load/stream-load.ts";
import { type Budget, budget, round } from "../measure/budget.ts";
import { figureOf, median, type Pairs, runPairs } from "../measure/pairs.ts";
import { readThreadMs, readWrittenBytes } from "../measure/process-files.ts";
import { AppendChild } from "../servers/append-child.ts";
import { leavesOf } from "../servers/fixture.ts";
import { ServerChild } from "../servers/server-child.ts";
import type { Row } from "./row.ts";

// What durability costs at a fixed rate: every report for another one of 1,000 executions, which is the worst case. Beside it the
// echo under the same load, and what a bare append and sync takes meanwhile: the least that an acknowledgement could.

const HOT = 1_000;
const FAST = 50_000;
const SLOW = 1_000;
const SLOW_RUNS = 3;
const MIB = 1_048_576;
/** How long appends and syncs are measured without any load, ms. */
const IDLE_MS = 500;

interface Paced {
  readonly p99Ms: number;
  readonly bytesPerSecond: number;
  readonly writerShare: number;
  readonly mainShare: number;
}

interface Fast extends Paced {
  /** p99 of an append and a sync: of the echo's runs under its load, of the daemon's right behind them. */
  readonly syncMs: number;
}

export const durabilityRow: Row = {
  ids: ["durable-ack", "log-bytes-50k", "log-bytes-1k", "writer-cpu"],
  measure: async ({ executions, runMs, pairs }) => {
    const echo = await ServerChild.startEcho();
    const daemon = await ServerChild.startDaemon({ executions });
    const appends = await AppendChild.start();
    const loads = { echo: new StreamLoad(echo), daemon: new StreamLoad(daemon) };
    const stride = Math.floor(leavesOf(executions) / HOT);
    const templates = { fast: createTemplates(100, stride), slow: createTemplates(10, stride) };
    try {
      const fast = await runPairs<Fast>(
        pairs,
        async () => {
          await appends.begin();
          const run = await runPaced(echo, loads.echo, templates.fast, FAST, runMs);
          return { ...run, syncMs: await appends.end() };
        },
        async () => {
          const run = await runPaced(daemon, loads.daemon, templates.fast, FAST, runMs);
          await appends.begin();
          await pause(IDLE_MS);
          return { ...run, syncMs: await appends.end() };
        },
      );
      const slow: Paced[] = [];
      for (let at = 0; at < Math.min(pairs, SLOW_RUNS); at++)
        slow.push(await runPaced(daemon, loads.daemon, templates.slow, SLOW, runMs));
      return budgetsOf(fast, slow);
    } finally {
      for (const load of Object.values(loads)) load.close();
      for (const server of [echo, daemon]) await server.stop();
      appends.stop();
    }
  },
};

function budgetsOf(fast: Pairs<Fast>, slow: readonly Paced[]): readonly Budget[] {
  const runs = fast.pairs.map(({ daemon }) => daemon);
  const figure = (of: (run: Paced) => number) => figureOf(runs.map(of));
  const middle = (of: (pair: Pairs<Fast>["pairs"][number]) => number): number => median(fast.pairs.map(of));
  const syncMs = middle(({ echo }) => echo.syncMs);
  const written = (of: readonly Paced[]) => figureOf(of.map((one) => one.bytesPerSecond / MIB));
  const beside = [
    `append + fdatasync p99 ${round(syncMs)} ms beside the echo under the same load,`,
    `${round(middle(({ daemon }) => daemon.syncMs))} without any; echo ${round(middle(({ echo }) => echo.p99Ms))} ms`,
  ];
  return [
    budget(
      "durable-ack",
      "durable acknowledgement at 50,000 reports/s, p99",
      figure((one) => one.p99Ms),
      "ms",
      { atMost: 5 + 3 * syncMs },
      beside.join(" "),
    ),
    budget(
      "log-bytes-50k",
      "written at 50,000 reports/s over 1,000 of the live executions",
      written(runs),
      "MiB/s",
      { atMost: 50 },
    ),
    budget("log-bytes-1k", "written at 1,000 reports/s", written(slow), "MiB/s", { atMost: 3 }),
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
  server: ServerChild,
  load: StreamLoad,
  templates: readonly Template[],
  perSecond: number,
  runMs: number,
): Promise<Paced> {
  const threads = readThreadMs(server.pid);
  const bytes = readWrittenBytes(server.pid);
  const sample = await server.sample();
  const startMs = performance.now();
  const latencies = await load.runPaced(templates, perSecond, runMs);
  const elapsedMs = performance.now() - startMs;
  const main = ((await server.sample()).cpuUs - sample.cpuUs) / 1_000;
  // The writer is the busiest thread that is not the main one.
  const spent = [...readThreadMs(server.pid)].map(([id, { ms }]) => ms - (threads.get(id)?.ms ?? 0));
  return {
    p99Ms: latencies.at(0.99),
    bytesPerSecond: ((readWrittenBytes(server.pid) - bytes) * 1_000) / elapsedMs,
    writerShare: Math.max(...spent) / elapsedMs,
    mainShare: main / elapsedMs,
  };
}
