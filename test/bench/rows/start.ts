import { execFileSync, spawn } from "node:child_process";
import { cpSync, rmSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { type Budget, budget, round } from "../measure/budget.ts";
import { type Figure, median, ratios, runPairs } from "../measure/pairs.ts";
import { readResidentBytes } from "../measure/process-files.ts";
import { createDirectory, ServerChild } from "../servers/server-child.ts";
import type { Row } from "./row.ts";

// Start and memory at rest of what ships: the bundle of the image with the image's flags, beside an empty grpc-js server.

const FLAGS = ["--max-semi-space-size=4"];
const MIB = 1_048_576;
/** From SERVING to the look at its memory. */
const REST_MS = 300;

interface Started {
  readonly ms: number;
  readonly rss: number;
}

export const startRow: Row = {
  ids: ["start-empty", "start-loaded", "memory-idle"],
  measure: async ({ executions, pairs: count }) => {
    const directory = createDirectory();
    try {
      const bundler = fileURLToPath(new URL("../../../deploy/bundle.mjs", import.meta.url));
      execFileSync(process.execPath, [bundler, directory]);
      const bare = join(directory, "bare.cjs");
      const entry = fileURLToPath(new URL("../servers/bare-process.ts", import.meta.url));
      await build({ entryPoints: [entry], outfile: bare, bundle: true, platform: "node", format: "cjs" });
      const seed = await createSeed(executions);
      const startBare = () => start([bare, join(createDirectory(), "agent.sock")], {});
      const daemon = join(directory, "tollgate.cjs");
      const empty = await runPairs(count, startBare, () => startDaemon(daemon, undefined));
      const loaded = await runPairs(
        Math.min(count, 5),
        () => startDaemon(daemon, undefined),
        () => startDaemon(daemon, seed),
      );
      rmSync(seed, { recursive: true });
      const figures = [
        ratios(empty, (one, other) => other.ms - one.ms),
        ratios(loaded, (one, other) => other.ms - one.ms),
      ] as const;
      const bareMs = median(empty.pairs.map(({ echo }) => echo.ms));
      const memory = ratios(empty, (one, other) => (other.rss - one.rss) / MIB);
      const bareMib = median(empty.pairs.map(({ echo }) => echo.rss / MIB));
      return budgetsOf(figures, memory, bareMs, bareMib);
    } finally {
      rmSync(directory, { recursive: true, force: true });
    }
  },
};

function budgetsOf(
  starts: readonly [Figure, Figure],
  memory: Figure,
  bareMs: number,
  bareMib: number,
): readonly Budget[] {
  return [
    budget(
      "start-empty",
      "start to SERVING with an empty file, beyond a bare grpc-js server",
      starts[0],
      "ms more",
      { atMost: 250 },
      `bare ${round(bareMs)} ms`,
    ),
    budget(
      "start-loaded",
      "start to SERVING with 100,000 live executions, beyond an empty file",
      starts[1],
      "ms more",
      { atMost: 600 },
    ),
    budget(
      "memory-idle",
      // 45 where a policy switches the text rules off; without any file they are on.
      "resident memory at rest with the default text rules, beyond a bare grpc-js server",
      memory,
      "MiB more",
      { atMost: 100 },
      `bare ${round(bareMib)} MiB`,
    ),
  ];
}

/** A directory with the fixture in its file. */
async function createSeed(executions: number): Promise<string> {
  const server = await ServerChild.startDaemon({ executions, execArgv: [] });
  await server.stop("keep");
  return server.directory;
}

async function startDaemon(path: string, seed: string | undefined): Promise<Started> {
  const directory = createDirectory();
  if (seed !== undefined) cpSync(join(seed, "data"), join(directory, "data"), { recursive: true });
  try {
    return await start([path, "serve"], {
      TOLLGATE_DATA: join(directory, "data"),
      TOLLGATE_POLICY: join(directory, "policy"),
      TOLLGATE_ADDRESS: `unix:${directory}/agent.sock`,
      TOLLGATE_ADMIN_ADDRESS: `unix:${directory}/admin.sock`,
      TOLLGATE_PROBE: "127.0.0.1:0",
      TOLLGATE_MAX_LIVE_EXECUTIONS: "200000",
      TOLLGATE_FILE_MAX: "2 GiB",
    });
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

/** Until it says that it serves; then its memory at rest. */
async function start(
  words: readonly string[],
  environment: { readonly [name: string]: string },
): Promise<Started> {
  const startMs = performance.now();
  const child = spawn(process.execPath, [...FLAGS, ...words], {
    env: environment,
    stdio: ["ignore", "ignore", "pipe"],
  });
  let said = "";
  const ms = await new Promise<number>((resolve, reject) => {
    child.stderr.on("data", (chunk) => {
      said += String(chunk);
      if (said.includes('"daemon_started"')) resolve(performance.now() - startMs);
    });
    child.once("exit", (code) => reject(new Error(`ended with ${code}: ${said}`)));
  });
  await new Promise((resolve) => setTimeout(resolve, REST_MS));
  const rss = readResidentBytes(child.pid as number);
  const ended = new Promise((resolve) => child.once("close", resolve));
  child.kill("SIGKILL");
  await ended;
  return { ms, rss };
}
