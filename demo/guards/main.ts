import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { connectClient, connectService } from "../../src/client/connect-client.ts";
import { GuardService } from "../../src/gen/tollgate/enforcement/v1/guard_service_pb.ts";
import { runScenario } from "./run-scenario.ts";
import { SCENARIOS } from "./scenarios.ts";

// Every guard with what it allows, warns of, blocks and repairs: a real daemon with the policies of demo/guards/policy, asked
// over its socket. Exit code 1 when the daemon answers otherwise than the demo says.

const root = fileURLToPath(new URL("../..", import.meta.url));
/** How long the daemon may take to start. */
const START_DEADLINE_MS = 60_000;
/** Characters of one line of words. */
const TEXT_WIDTH = 96;

const folder = mkdtempSync(join(tmpdir(), "tollgate-guards-"));
const address = `unix:${join(folder, "agent.sock")}`;
const daemon = startDaemon();
try {
  process.exitCode = await showAll();
} finally {
  await stopDaemon(daemon);
  rmSync(folder, { recursive: true, force: true });
}

function startDaemon(): ChildProcess {
  return spawn(process.execPath, [join(root, "src", "main.ts"), "serve"], {
    cwd: root,
    stdio: ["ignore", "ignore", process.env["TOLLGATE_DEMO_LOG"] === undefined ? "ignore" : "inherit"],
    env: {
      TOLLGATE_ADDRESS: address,
      TOLLGATE_ADMIN_ADDRESS: `unix:${join(folder, "admin.sock")}`,
      TOLLGATE_DATA: join(folder, "data"),
      TOLLGATE_POLICY: join(root, "demo", "guards", "policy"),
      TOLLGATE_PROBE: "off",
      TOLLGATE_TCP: "off",
    },
  });
}

/** 0 when every answer was the one that the demo announces. */
async function showAll(): Promise<number> {
  const client = await connectClient({ address, readyDeadlineMs: START_DEADLINE_MS });
  const guards = connectService(address, GuardService);
  let wrong = 0;
  let guard = "";
  for (const [at, scenario] of SCENARIOS.entries()) {
    if (scenario.guard !== guard) process.stdout.write(`\n${scenario.guard}\n`);
    guard = scenario.guard;
    const { shown, text } = await runScenario(client, guards, scenario, `scenario-${at}`);
    process.stdout.write(`  ${shown.padEnd(9)} ${scenario.title}\n`);
    if (text !== "") process.stdout.write(`            ${cut(text)}\n`);
    if (shown === scenario.shown) continue;
    wrong++;
    process.stdout.write(`            (the demo announces ${scenario.shown})\n`);
  }
  guards.close();
  client.close();
  process.stdout.write(`\n${SCENARIOS.length} scenarios, ${wrong} answered otherwise than announced.\n`);
  return wrong === 0 ? 0 : 1;
}

function cut(text: string): string {
  return text.length <= TEXT_WIDTH ? text : `${text.slice(0, TEXT_WIDTH)}…`;
}

function stopDaemon(child: ChildProcess): Promise<void> {
  return new Promise((resolve) => {
    if (child.exitCode !== null) return resolve();
    child.once("exit", () => resolve());
    child.kill("SIGTERM");
  });
}
