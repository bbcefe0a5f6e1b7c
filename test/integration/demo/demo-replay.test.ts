import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { DemoFolder, DemoProcess, type DemoTotals, killIfAlive, root } from "./demo-process.ts";

const dataFolder = process.env["TOLLGATE_DATA_DIR"] ?? join(root, "..", "shared", "data");
const tracePath = join(dataFolder, "azure-llm-code.csv");
const runsPath = join(dataFolder, "tau-airline-trajectories.jsonl");
const hasData = existsSync(tracePath) && existsSync(runsPath);
if (!hasData)
  console.log(`demo over real data: skipped, ${dataFolder} has no traces (set TOLLGATE_DATA_DIR)`);

const NO_DATA = { TOLLGATE_DATA_DIR: "/nonexistent" };

let folders: DemoFolder[] = [];
let folder: DemoFolder;

beforeEach(() => {
  folder = openFolder();
});

afterEach(() => {
  for (const each of folders) each.clear();
  folders = [];
});

function openFolder(): DemoFolder {
  const opened = new DemoFolder();
  folders.push(opened);
  return opened;
}

function startDemo(into: DemoFolder, words: readonly string[] = []): DemoProcess {
  return new DemoProcess(["--once", "--data-dir", into.path, "--json", into.json, ...words], NO_DATA);
}

async function replay(into: DemoFolder, words: readonly string[] = []): Promise<DemoTotals> {
  const demo = startDemo(into, words);
  expect(await demo.ended(), demo.output).toBe(0);
  return into.totals();
}

/** What the demo must find, computed from the file alone. */
function sumTrace(path: string) {
  const rows = readFileSync(path, "utf8")
    .trimEnd()
    .split("\n")
    .slice(1)
    .map((line) => line.split(","));
  const input = rows.reduce((sum, row) => sum + Number(row[1]), 0);
  const output = rows.reduce((sum, row) => sum + Number(row[2]), 0);
  return {
    requests: rows.length,
    input_tokens: input,
    output_tokens: output,
    cost_nano_usd: input * 2_500 + output * 10_000,
  };
}

/** A trace of the shape of the real one; some of its invocations are too large. */
function writeTrace(rows: number): string {
  const path = join(folder.path, "trace.csv");
  const lines = Array.from(
    { length: rows },
    (_, row) => `2026-11-20 10:00:00,${(row * 7_919) % 8_000},${(row * 104_729) % 400}`,
  );
  writeFileSync(path, `TIMESTAMP,ContextTokens,GeneratedTokens\n${lines.join("\n")}`);
  return path;
}

function countRuns(totals: DemoTotals): number {
  return Object.values(totals.verdicts).reduce((sum, runs) => sum + runs, 0);
}

describe("a replay of invocations", () => {
  test("P1 P2: counts the same when the daemon is killed in the middle", async () => {
    const path = writeTrace(2_000);
    const whole = await replay(openFolder(), ["--trace", path]);
    const demo = startDemo(folder, ["--trace", path]);
    await demo.says("1,000 of 2,000");
    killIfAlive(folder.daemonPid());
    await demo.says("serves again");
    expect(await demo.ended(), demo.output).toBe(0);
    expect(folder.totals()).toEqual(whole);
    expect(whole).toMatchObject(sumTrace(path));
    expect(countRuns(whole)).toBe(2_000);
    expect(whole.verdicts).toMatchObject({ WARN: expect.any(Number), BLOCK: expect.any(Number) });
  });

  test("P1 P2: counts the same when demo and daemon are killed in the middle and the command is given again", async () => {
    const path = writeTrace(2_000);
    const demo = startDemo(folder, ["--trace", path]);
    await demo.says("1,000 of 2,000");
    const pid = folder.daemonPid();
    await demo.kill();
    killIfAlive(pid);
    expect(await replay(folder, ["--trace", path])).toMatchObject(sumTrace(path));
  });

  test.runIf(hasData)("counts the recorded trace as a separate computation does", async () => {
    const totals = await replay(folder, ["--trace", tracePath]);
    expect(totals).toMatchObject(sumTrace(tracePath));
    expect(countRuns(totals)).toBe(totals.requests);
  });
});

describe("a replay of runs", () => {
  const source = hasData ? ["--trajectories", runsPath] : [];
  const middle = hasData ? "run 24 " : "run 6 ";

  test("P1 P2 P9: warns, pauses and halts several with reason and way out, and counts the same after any kill", async () => {
    const first = startDemo(openFolder(), source);
    expect(await first.ended(), first.output).toBe(0);
    const whole = (folders.at(-1) as DemoFolder).totals();
    for (const verdict of ["ALLOW", "WARN", "PAUSE", "BLOCK"])
      expect(whole.verdicts[verdict], first.output).toBeGreaterThan(1);
    expect(first.output).toMatch(
      /PAUSED {4}cost_threshold exceeded: [^\n]*\n +way out: cost_alert_threshold_usd/,
    );
    expect(first.output).toMatch(
      /HALTED {4}before step \d+: token_limit exceeded: [^\n]*\n +way out: max_tokens/,
    );
    expect(first.output).toContain("the operator approves");
    expect(first.output).toContain("the operator rejects");

    const demo = startDemo(folder, source);
    await demo.says(middle);
    killIfAlive(folder.daemonPid());
    expect(await demo.ended(), demo.output).toBe(0);
    expect(folder.totals(), demo.output).toEqual(whole);

    const killed = openFolder();
    const interrupted = startDemo(killed, source);
    await interrupted.says(middle);
    const pid = killed.daemonPid();
    await interrupted.kill();
    killIfAlive(pid);
    expect(await replay(killed, source)).toEqual(whole);

    const orphaned = openFolder();
    const alone = startDemo(orphaned, source);
    await alone.says(middle);
    await alone.kill();
    // The daemon lives on; the next demo joins it.
    expect(await replay(orphaned, source)).toEqual(whole);
  });
});
