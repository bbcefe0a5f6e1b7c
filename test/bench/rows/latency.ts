import { createChecks, createTemplate } from "../load/messages.ts";
import { StreamLoad } from "../load/stream-load.ts";
import { UnaryLoad } from "../load/unary-load.ts";
import { type Budget, budget, formatFigure, round } from "../measure/budget.ts";
import { figureOf, median, type Pairs, ratios, runPairs, sameRatios } from "../measure/pairs.ts";
import { leavesOf } from "../servers/fixture.ts";
import { ServerChild } from "../servers/server-child.ts";
import type { Effort, Row } from "./row.ts";

// Latency of Check at a fixed rate while 1,000 executions report, beside the echo and beside a daemon without a file.

const HOT = 1_000;
/** A quarter of the echo's ceiling for questions and a quarter for reports: half of it together. */
const SHARE = 0.25;
const BATCH = 16;

interface Side {
  readonly unary: UnaryLoad;
  readonly streams: StreamLoad;
}

interface Rates {
  readonly checks: number;
  readonly reports: number;
}

interface Paced {
  readonly p99Ms: number;
  readonly cpuUs: number;
}

export const latencyRow: Row = {
  ids: ["check-p99", "persistence-p99", "persistence-cpu"],
  measure: async (effort) => {
    const echo = await ServerChild.startEcho();
    const daemon = await ServerChild.startDaemon({ executions: effort.executions });
    const memory = await ServerChild.startDaemon({ executions: effort.executions, persistence: "memory" });
    const leaves = leavesOf(effort.executions);
    const open = (server: ServerChild): Side => ({
      unary: new UnaryLoad(server, createChecks(leaves)),
      streams: new StreamLoad(server),
    });
    const sides = { echo: open(echo), daemon: open(daemon), memory: open(memory) };
    try {
      return await measureSides(sides, leaves, effort);
    } finally {
      for (const side of Object.values(sides)) {
        side.unary.close();
        side.streams.close();
      }
      for (const server of [echo, daemon, memory]) await server.stop();
    }
  },
};

async function measureSides(
  sides: { readonly echo: Side; readonly daemon: Side; readonly memory: Side },
  leaves: number,
  { runMs, pairs: count }: Effort,
): Promise<readonly Budget[]> {
  const templates = createHotTemplates(leaves);
  const ceiling = {
    checks: (await sides.echo.unary.run(runMs)).perSecond,
    reports: (await sides.echo.streams.run(templates, runMs)).reportsPerSecond,
  };
  const rates: Rates = { checks: ceiling.checks * SHARE, reports: ceiling.reports * SHARE };
  const paced = async (side: Side, withReports: boolean): Promise<Paced> => {
    const reporting = withReports ? side.streams.runPaced(templates, rates.reports, runMs) : undefined;
    const latencies = await side.unary.runPaced(rates.checks, runMs);
    await reporting;
    return { p99Ms: latencies.at(0.99), cpuUs: 0 };
  };
  const loaded = await runPairs(
    count,
    () => paced(sides.echo, true),
    () => paced(sides.daemon, true),
  );
  const quiet = await runPairs(
    count,
    () => paced(sides.memory, false),
    () => paced(sides.daemon, false),
  );
  const busy = async (side: Side): Promise<Paced> => ({
    p99Ms: 0,
    cpuUs: (await side.unary.run(runMs)).cpuUs,
  });
  const cpu = await runPairs(
    count,
    () => busy(sides.memory),
    () => busy(sides.daemon),
  );
  return budgetsOf(loaded, quiet, cpu, rates);
}

function createHotTemplates(leaves: number) {
  const stride = Math.floor(leaves / HOT);
  return Array.from({ length: HOT }, (_none, at) => createTemplate([at * stride], BATCH));
}

function budgetsOf(
  loaded: Pairs<Paced>,
  quiet: Pairs<Paced>,
  cpu: Pairs<Paced>,
  rates: Rates,
): readonly Budget[] {
  const echoMs = median(loaded.pairs.map(({ echo }) => echo.p99Ms));
  const bound = Math.max(1.5 * echoMs, echoMs + 1);
  const rate = `${round(rates.checks)} checks/s and ${round(rates.reports)} reports/s`;
  const byP99 = (echo: Paced, other: Paced): number => other.p99Ms / echo.p99Ms;
  const byCpu = (off: Paced, on: Paced): number => on.cpuUs / off.cpuUs;
  return [
    budget(
      "check-p99",
      "Check while 1,000 executions report, p99",
      figureOf(loaded.pairs.map(({ daemon }) => daemon.p99Ms)),
      "ms",
      { atMost: bound },
      `echo ${round(echoMs)} ms; ${rate}; A/A ${formatFigure(sameRatios(loaded, byP99), 2)}`,
    ),
    budget(
      "persistence-p99",
      "Check with the file against without, p99",
      ratios(quiet, (off, on) => on.p99Ms - off.p99Ms),
      "ms more",
      { atMost: 1 },
    ),
    budget(
      "persistence-cpu",
      "Check with the file against without, CPU",
      ratios(cpu, byCpu),
      "×",
      { atMost: 1.05 },
      `A/A ${formatFigure(sameRatios(cpu, byCpu), 2)}`,
    ),
  ];
}
