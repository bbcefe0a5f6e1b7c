import { mkdirSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { DaemonProcess, DaemonStartError } from "./daemon-process.ts";
import { count, findSource, type Source } from "./find-source.ts";
import { nextCommands } from "./next-commands.ts";
import { type DemoOptions, HELP, parseOptions, UsageError } from "./options.ts";
import { RUN_LIMITS_TEXT } from "./replay/agent-run.ts";
import { closeFleet, type Fleet, openFleet } from "./replay/fleet.ts";
import { replayTrace, TRACE_LIMITS_TEXT, traceExecutionId } from "./replay/replay-trace.ts";
import { planRuns, replayTrajectories } from "./replay/replay-trajectories.ts";
import { say } from "./screen.ts";
import { openSession, type Session } from "./session.ts";
import { formatJson, readTotals, type Totals } from "./tally.ts";

// Starts the daemon, replays recorded agents against it, and shows what was allowed, warned, paused and halted, and why.

const root = fileURLToPath(new URL("..", import.meta.url));

async function main(): Promise<void> {
  const options = parseOptions(process.argv.slice(2), root);
  if (options === undefined) return say(HELP);
  const source = findSource(options, root);
  const daemon = new DaemonProcess(root, options.folder, {
    onRestart: (pid) =>
      say(
        `  the daemon was gone and serves again (pid ${pid}): what was acknowledged is in its file`,
        "warned",
      ),
    onFailure: (error) => fail(error),
  });
  stopOnSignal(daemon);
  try {
    await serve(daemon, source, options);
  } catch (error) {
    await daemon.stop();
    throw error;
  }
}

async function serve(daemon: DaemonProcess, source: Source, options: DemoOptions): Promise<void> {
  const how = await daemon.open();
  say(`replaying  ${source.title}`);
  say(
    `daemon     pid ${daemon.pid}, ${how === "started" ? "started" : "left by an earlier demo"}, ${daemon.paths.agentAddress}`,
  );
  say(`per run    ${source.kind === "trace" ? TRACE_LIMITS_TEXT : RUN_LIMITS_TEXT}\n`);
  const session = await openSession(daemon.paths);
  await replay(session, source, options);
  if (options.once) {
    session.close();
    await daemon.stop();
    return;
  }
  say(nextCommands(daemon.paths, daemon.pid));
}

async function replay(session: Session, source: Source, options: DemoOptions): Promise<void> {
  const startedMs = performance.now();
  const fleet = await openFleet(session, source);
  if (fleet.isResumed)
    say(
      "  an earlier demo was stopped in the middle of this: going on where the daemon's file says",
      "quiet",
    );
  const executionIds = await run(session, fleet, source);
  const totals = await readTotals(session, fleet, executionIds);
  summarise(fleet, totals, executionIds.length, performance.now() - startedMs);
  if (options.json !== undefined) {
    mkdirSync(dirname(options.json), { recursive: true });
    writeFileSync(options.json, formatJson(totals));
    say(`written to ${options.json}`, "quiet");
  }
  // Last: until here a kill leaves a replay that the same command finishes.
  await closeFleet(session, fleet);
}

async function run(session: Session, fleet: Fleet, source: Source): Promise<readonly string[]> {
  if (source.kind === "trace") {
    await replayTrace(session, fleet, source.invocations);
    return source.invocations.map((_, row) => traceExecutionId(fleet, row));
  }
  const runs = planRuns(fleet, source.runs);
  await replayTrajectories(session, fleet, runs);
  return runs.map(({ executionId }) => executionId);
}

function summarise(fleet: Fleet, totals: Totals, runs: number, elapsedMs: number): void {
  const { ALLOW, WARN, PAUSE, BLOCK } = totals.verdicts;
  say("");
  say(`What the daemon counted (execution ${fleet.rootId}, ${(elapsedMs / 1_000).toFixed(1)} s):`);
  say(`  requests       ${count(totals.requests)}`);
  say(`  input tokens   ${count(totals.inputTokens)}`);
  say(`  output tokens  ${count(totals.outputTokens)}`);
  say(`  cost           ${(Number(totals.costNanoUsd) / 1e9).toFixed(6)} USD`);
  say(
    `  of ${count(runs)} runs: ${count(ALLOW)} only allowed, ${count(WARN)} warned, ${count(PAUSE)} paused, ${count(BLOCK)} refused or halted\n`,
  );
}

function stopOnSignal(daemon: DaemonProcess): void {
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    process.once(signal, () => {
      say("\nstopping the daemon …", "quiet");
      void daemon.stop().then(() => process.exit(0));
    });
  }
}

function fail(error: unknown): never {
  const isExpected = error instanceof UsageError || error instanceof DaemonStartError;
  process.stderr.write(
    `demo: ${isExpected ? error.message : error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`,
  );
  process.exit(error instanceof UsageError ? 2 : 1);
}

main().catch(fail);
