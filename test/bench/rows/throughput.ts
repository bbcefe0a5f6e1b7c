import { createChecks, createTemplate } from "../load/messages.ts";
import { StreamLoad } from "../load/stream-load.ts";
import { UnaryLoad } from "../load/unary-load.ts";
import { type Budget, budget, formatFigure, round } from "../measure/budget.ts";
import { median, type Pairs, ratios, runPairs, sameRatios } from "../measure/pairs.ts";
import { leavesOf } from "../servers/fixture.ts";
import { ServerChild } from "../servers/server-child.ts";
import type { Effort, Row } from "./row.ts";

// Calls and reports per second of CPU and of time, beside the echo.

/** What both kinds of runs say. */
interface Rated {
  readonly cpuUs: number;
  readonly rate: number;
}

const BOUNDS = [
  { batch: 1, atLeast: 0.9 },
  { batch: 16, atLeast: 0.9 },
  { batch: 100, atLeast: 0.8 },
] as const;
/** Different messages of one run: executions at random. */
const TEMPLATES = 2_048;

export const throughputRow: Row = {
  ids: [
    "check-cpu",
    "check-throughput",
    ...BOUNDS.flatMap(({ batch }) => [`stream-${batch}-cpu`, `stream-${batch}-throughput`]),
  ],
  measure: async (effort) => {
    const echo = await ServerChild.startEcho();
    const daemon = await ServerChild.startDaemon({ executions: effort.executions });
    try {
      return [...(await measureCheck(echo, daemon, effort)), ...(await measureStreams(echo, daemon, effort))];
    } finally {
      await echo.stop();
      await daemon.stop();
    }
  },
};

async function measureCheck(
  echo: ServerChild,
  daemon: ServerChild,
  effort: Effort,
): Promise<readonly Budget[]> {
  const leaves = leavesOf(effort.executions);
  const loads = {
    echo: new UnaryLoad(echo, createChecks(leaves)),
    daemon: new UnaryLoad(daemon, createChecks(leaves)),
  };
  const run = async (load: UnaryLoad): Promise<Rated> => {
    const { cpuUs, perSecond } = await load.run(effort.runMs);
    return { cpuUs, rate: perSecond };
  };
  const pairs = await runPairs(
    effort.pairs,
    () => run(loads.echo),
    () => run(loads.daemon),
  );
  loads.echo.close();
  loads.daemon.close();
  return budgetsOf("check", "Check", "call", 0.9, pairs);
}

async function measureStreams(
  echo: ServerChild,
  daemon: ServerChild,
  effort: Effort,
): Promise<readonly Budget[]> {
  const leaves = leavesOf(effort.executions);
  const loads = { echo: new StreamLoad(echo), daemon: new StreamLoad(daemon) };
  const budgets: Budget[] = [];
  for (const { batch, atLeast } of BOUNDS) {
    const templates = Array.from({ length: TEMPLATES }, () =>
      createTemplate([Math.floor(Math.random() * leaves)], batch),
    );
    const run = async (load: StreamLoad): Promise<Rated> => {
      const { cpuUs, reportsPerSecond } = await load.run(templates, effort.runMs);
      return { cpuUs, rate: reportsPerSecond };
    };
    const pairs = await runPairs(
      effort.pairs,
      () => run(loads.echo),
      () => run(loads.daemon),
    );
    budgets.push(
      ...budgetsOf(`stream-${batch}`, `StreamUsage, batches of ${batch}`, "report", atLeast, pairs),
    );
  }
  loads.echo.close();
  loads.daemon.close();
  return budgets;
}

function budgetsOf(
  id: string,
  what: string,
  each: string,
  atLeast: number,
  pairs: Pairs<Rated>,
): readonly Budget[] {
  const byCpu = (echo: Rated, daemon: Rated): number => echo.cpuUs / daemon.cpuUs;
  const byRate = (echo: Rated, daemon: Rated): number => daemon.rate / echo.rate;
  const middle = (of: (pair: { readonly echo: Rated; readonly daemon: Rated }) => number): string =>
    round(median(pairs.pairs.map(of)));
  const cpu = `echo ${middle((one) => one.echo.cpuUs)}, daemon ${middle((one) => one.daemon.cpuUs)} µs per ${each}`;
  const rate = `echo ${middle((one) => one.echo.rate)}, daemon ${middle((one) => one.daemon.rate)} ${each}s/s`;
  return [
    budget(
      `${id}-cpu`,
      `${what}: ${each}s per second of main-thread CPU`,
      ratios(pairs, byCpu),
      "× echo",
      { atLeast },
      `${cpu}; A/A ${formatFigure(sameRatios(pairs, byCpu), 2)}`,
    ),
    budget(
      `${id}-throughput`,
      `${what}: ${each}s per second`,
      ratios(pairs, byRate),
      "× echo",
      { atLeast },
      `${rate}; A/A ${formatFigure(sameRatios(pairs, byRate), 2)}`,
    ),
  ];
}
