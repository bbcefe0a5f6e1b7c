import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { DemoFolder, DemoProcess, root } from "./demo-process.ts";

const run = promisify(execFile);
const NO_DATA = { TOLLGATE_DATA_DIR: "/nonexistent" };

let folder: DemoFolder;

beforeEach(() => {
  folder = new DemoFolder();
});

afterEach(() => folder.clear());

describe("the demo", () => {
  test("without recorded data says that its runs are made up, leaves the daemon running, and its next commands work", async () => {
    const demo = new DemoProcess(["--data-dir", folder.path], NO_DATA);
    await demo.says("who may change it.");
    expect(demo.output).toContain("runs made up by the demo");
    const [register, charge] = commandsIn(demo.output);
    expect(JSON.parse((await shell(register)).stdout)).toMatchObject({
      decision: { allowed: true },
      executionId: "mine",
    });
    expect(JSON.parse((await shell(charge)).stdout)).toMatchObject({ decision: { allowed: true } });
    const refused = JSON.parse((await shell(charge)).stdout) as {
      decision: { verdict: string; findings: unknown[] };
    };
    expect(refused.decision.verdict).toBe("VERDICT_BLOCK");
    expect(refused.decision.findings[0]).toMatchObject({
      reason: "STEP_LIMIT",
      remedy: { setting: "max_steps" },
    });
    demo.child.kill("SIGINT");
    expect(await demo.ended()).toBe(0);
  });

  test.each([
    [["--trace", "/nonexistent.csv"], "cannot read /nonexistent.csv"],
    [
      ["--trace", join(root, "package.json")],
      "package.json, line 2: wanted TIMESTAMP,ContextTokens,GeneratedTokens",
    ],
    [["--trajectories", join(root, "package.json")], "package.json, line 1: no recorded run"],
    [["--trace", "a", "--trajectories", "b"], "not both"],
    [["--unknown"], "Unknown option"],
  ])("says in one line what is wrong with %j", async (words, complaint) => {
    const demo = new DemoProcess([...words, "--data-dir", folder.path]);
    expect(await demo.ended()).toBe(2);
    expect(demo.output).toContain(complaint);
  });
});

/** The printed commands, each on one line. */
function commandsIn(output: string): readonly [string, string] {
  const commands = output
    .replaceAll("\\\n", " ")
    .split("\n")
    .filter((line) => line.includes("buf curl"));
  return commands as unknown as readonly [string, string];
}

function shell(command: string): Promise<{ stdout: string }> {
  return run("sh", ["-c", command], { cwd: root });
}
