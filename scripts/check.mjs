// The gate: format, lint, types, contract, generated code, dead code, then every test.
// A failing step does not hide the next one. Run it as `npm test`; arguments go to vitest.
import { spawn, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { root } from "./ensure-installed.mjs";

const cache = join(root, ".cache");
const resultsPath = join(cache, "test-results.json");
// `buf breaking` compares with the contract of the last release, from the first release on.
const lastRelease = join(root, "proto", "last-release.binpb");

/** In order. `command` runs a tool of node_modules, `run` a function of this file; each step that fails shuts the gate. */
const steps = [
  { name: "format", command: ["biome", "check", "--max-diagnostics=20"] },
  { name: "lint", command: ["oxlint", "--type-aware", "--deny-warnings"] },
  { name: "types", command: ["tsc"] },
  { name: "contract lint", command: ["buf", "lint"] },
  {
    name: "contract breaking",
    command: ["buf", "breaking", "--against", lastRelease],
    isNeeded: () => existsSync(lastRelease),
  },
  { name: "generated code", run: compareGenerated },
  { name: "dead code", command: ["knip", "--no-progress", "--no-config-hints"] },
  { name: "tests", run: runTests },
];

async function main() {
  const outcomes = [];
  for (const step of steps) {
    if (step.isNeeded?.() === false) continue;
    const startedAt = performance.now();
    console.log(`\n── ${step.name}`);
    const passed = step.run === undefined ? await runTool(step.command) : await step.run();
    const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
    const word = passed ? "ok" : "FAILED";
    console.log(`── ${step.name}: ${word}, ${seconds} s`);
    outcomes.push({ name: step.name, word, seconds });
  }
  report(outcomes);
}

function report(outcomes) {
  console.log(`\nsummary (scale ${process.env.TOLLGATE_TEST_SCALE ?? "normal"}, node ${process.version})`);
  for (const { name, word, seconds } of outcomes) {
    console.log(`  ${name.padEnd(20)} ${word.padEnd(7)} ${seconds.padStart(7)} s`);
  }
  const isGateOpen = outcomes.every((outcome) => outcome.word !== "FAILED");
  console.log(isGateOpen ? "the gate is open" : "the gate is SHUT: see the steps marked FAILED");
  console.log(formatCounts());
  process.exitCode = isGateOpen ? 0 : 1;
}

function runTool(command) {
  return new Promise((resolve) => {
    const child = spawn(command[0], command.slice(1), { cwd: root, stdio: "inherit" });
    child.on("error", (error) => {
      console.error(`check: ${command[0]} cannot be started (${error.message})`);
      resolve(false);
    });
    const stop = () => {
      child.kill("SIGTERM");
      process.exit(143);
    };
    process.once("SIGTERM", stop);
    child.on("exit", (code) => {
      process.off("SIGTERM", stop);
      resolve(code === 0);
    });
  });
}

async function compareGenerated() {
  const folder = join(cache, "generated");
  rmSync(folder, { recursive: true, force: true });
  if (!(await runTool(["buf", "generate", "--output", folder]))) return false;
  const pair = [join(folder, "src", "gen"), join("src", "gen")];
  const result = spawnSync("diff", ["--recursive", "--brief", ...pair], { cwd: root, encoding: "utf8" });
  if (result.status === 0) return true;
  console.error(
    `${result.stdout}${result.stderr}src/gen differs from proto/: run npm run generate and commit it`,
  );
  return false;
}

function runTests() {
  mkdirSync(cache, { recursive: true });
  rmSync(resultsPath, { force: true });
  const reporters = ["--reporter=default", "--reporter=json", `--outputFile.json=${resultsPath}`];
  return runTool(["vitest", "run", ...reporters, ...process.argv.slice(2)]);
}

/** "N passed, N failed", counted in tests; a test file that could not be loaded counts as one failed test. */
function formatCounts() {
  if (!existsSync(resultsPath)) return "0 passed, 1 failed";
  const results = JSON.parse(readFileSync(resultsPath, "utf8"));
  const unloaded = results.testResults.filter(
    (file) => file.status === "failed" && file.assertionResults.every((test) => test.status !== "failed"),
  ).length;
  const skipped = results.numPendingTests + (results.numTodoTests ?? 0);
  const counts = `${results.numPassedTests} passed, ${results.numFailedTests + unloaded} failed`;
  return skipped === 0 ? counts : `${counts}, ${skipped} skipped`;
}

await main();
