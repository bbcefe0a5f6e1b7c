import { execFileSync, spawn } from "node:child_process";
import { cpSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { type Budget, budget, round } from "../measure/budget.ts";
import { type Figure, figureOf, median, type Pairs, ratios, runPairs } from "../measure/pairs.ts";
import { readResidentBytes } from "../measure/process-files.ts";
import { createDirectory, ServerChild } from "../servers/server-child.ts";
import type { Row } from "./row.ts";

// Start and memory at rest of what ships: the bundle of the image with the image's flags, beside an empty grpc-js server.

const FLAGS = ["--max-semi-space-size=4"];
/** Of the image too; the empty server has none. */
const ENVIRONMENT = { MALLOC_TRIM_THRESHOLD_: "131072" };
const MIB = 1_048_576;

const NO_TEXT_RULES = `
apiVersion: tollgate.dev/v1
kind: Baseline
rules:
${["default_pii_detection", "default_prompt_injection"].map((id) => `  - {id: ${id}, enabled: false}`).join("\n")}
guards: {sensitive_data: {level: off}}
`;
/** Those that are off without a policy, on. */
const EVERY_GUARD = `
apiVersion: tollgate.dev/v1
kind: Baseline
guards:
${["saturation", "tool_budget", "precondition", "grounding"].map((guard) => `  ${guard}: {level: block}`).join("\n")}
`;
/** From SERVING to the look at its memory: V8 keeps the pages of what has ended for 8 s, and gives them back in steps. */
const REST_MS = 15_000;

interface Started {
  readonly ms: number;
  readonly pid: number;
  readonly kill: () => Promise<void>;
}

/** Resident memory of each of some processes, MiB. */
type Rest = readonly number[];

export const startRow: Row = {
  ids: ["start-empty", "start-loaded", "start-guards", "memory-idle", "memory-plain", "memory-guards"],
  measure: async ({ executions, pairs: count }) => {
    const directory = createDirectory();
    try {
      const bundler = fileURLToPath(new URL("../../../deploy/bundle.mjs", import.meta.url));
      execFileSync(process.execPath, [bundler, directory]);
      const bare = join(directory, "bare.cjs");
      const entry = fileURLToPath(new URL("../servers/bare-process.ts", import.meta.url));
      await build({ entryPoints: [entry], outfile: bare, bundle: true, platform: "node", format: "cjs" });
      const startBare = () => start([bare, join(createDirectory(), "agent.sock")], {});
      const daemon = join(directory, "tollgate.cjs");
      const startWith = (installation: Installation) => () => startDaemon(daemon, installation);
      const few = Math.min(count, 3);
      const empty = await runPairs(count, timeStart(startBare), timeStart(startWith({})));
      const everyGuard = startWith({ policy: EVERY_GUARD });
      const guarded = await runPairs(few, timeStart(startBare), timeStart(everyGuard));
      const seed = await createSeed(executions);
      const loaded = await runPairs(few, timeStart(startWith({})), timeStart(startWith({ seed })));
      rmSync(seed, { recursive: true });
      const installations = [startBare, startWith({}), startWith({ policy: NO_TEXT_RULES }), everyGuard];
      const rounds: Rest[] = [];
      for (let at = 0; at < few; at++) rounds.push(await restTogether(installations));
      return [...startBudgets(empty, loaded, guarded), ...memoryBudgets(rounds)];
    } finally {
      rmSync(directory, { recursive: true, force: true });
    }
  },
};

type Starts = Pairs<number>;
const later = (starts: Starts): Figure => ratios(starts, (one, other) => other - one);

function startBudgets(empty: Starts, loaded: Starts, guarded: Starts): readonly Budget[] {
  const bareMs = median(empty.pairs.map(({ echo }) => echo));
  return [
    budget(
      "start-empty",
      "start to SERVING with an empty file, beyond a bare grpc-js server",
      later(empty),
      "ms more",
      { atMost: 250 },
      `bare ${round(bareMs)} ms`,
    ),
    budget(
      "start-loaded",
      "start to SERVING with 100,000 live executions, beyond an empty file",
      later(loaded),
      "ms more",
      { atMost: 600 },
    ),
    budget("start-guards", "the same with every guard on and an empty file", later(guarded), "ms more"),
  ];
}

function memoryBudgets(rounds: readonly Rest[]): readonly Budget[] {
  const beyondBare = (which: number): Figure =>
    figureOf(rounds.map((mib) => (mib[which] ?? Number.NaN) - (mib[0] ?? Number.NaN)));
  const bareMib = median(rounds.map(([bare = Number.NaN]) => bare));
  return [
    budget(
      "memory-idle",
      "resident memory at rest with the default text rules, beyond a bare grpc-js server",
      beyondBare(1),
      "MiB more",
      { atMost: 100 },
      `bare ${round(bareMib)} MiB`,
    ),
    budget("memory-plain", "the same without text rules", beyondBare(2), "MiB more", { atMost: 45 }),
    budget("memory-guards", "the same with every guard on", beyondBare(3), "MiB more"),
  ];
}

/** A directory with the fixture in its file. */
async function createSeed(executions: number): Promise<string> {
  const server = await ServerChild.startDaemon({ executions, execArgv: [] });
  await server.stop("keep");
  return server.directory;
}

interface Installation {
  /** A directory to begin with. */
  readonly seed?: string;
  /** Text of its baseline. */
  readonly policy?: string;
}

async function startDaemon(path: string, { seed, policy }: Installation): Promise<Started> {
  const directory = createDirectory();
  if (policy !== undefined) {
    mkdirSync(join(directory, "policy"));
    writeFileSync(join(directory, "policy", "baseline.yaml"), policy);
  }
  if (seed !== undefined) cpSync(join(seed, "data"), join(directory, "data"), { recursive: true });
  const started = await start([path, "serve"], {
    ...ENVIRONMENT,
    TOLLGATE_DATA: join(directory, "data"),
    TOLLGATE_POLICY: join(directory, "policy"),
    TOLLGATE_ADDRESS: `unix:${directory}/agent.sock`,
    TOLLGATE_ADMIN_ADDRESS: `unix:${directory}/admin.sock`,
    TOLLGATE_PROBE: "127.0.0.1:0",
    TOLLGATE_MAX_LIVE_EXECUTIONS: "200000",
    TOLLGATE_FILE_MAX: "2 GiB",
  });
  const kill = async () => {
    await started.kill();
    rmSync(directory, { recursive: true, force: true });
  };
  return { ...started, kill };
}

/** From the start of the process to the line in which it says that it serves. */
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
  const kill = async () => {
    const ended = new Promise((resolve) => child.once("close", resolve));
    child.kill("SIGKILL");
    await ended;
  };
  return { ms, pid: child.pid as number, kill };
}

function timeStart(begin: () => Promise<Started>): () => Promise<number> {
  return async () => {
    const { ms, kill } = await begin();
    await kill();
    return ms;
  };
}

/** Starts one after the other, then looks at all of them when they have rested. */
async function restTogether(begins: readonly (() => Promise<Started>)[]): Promise<Rest> {
  const started: Started[] = [];
  for (const begin of begins) started.push(await begin());
  await new Promise((resolve) => setTimeout(resolve, REST_MS));
  const mib = started.map(({ pid }) => readResidentBytes(pid) / MIB);
  for (const { kill } of started) await kill();
  return mib;
}
