// Load for as long as you like on the daemon as it ships: memory must not grow, the log stays small, descriptors stay flat.
// npm run soak -- --minutes N
import { execFileSync } from "node:child_process";
import { rmSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { createDirectory, DaemonProcess } from "../integration/daemon/daemon-process.ts";
import { Agents } from "./agents.ts";
import { judge } from "./judge.ts";
import { type Sample, takeSample } from "./sample.ts";

const { values } = parseArgs({ options: { minutes: { type: "string", default: "10" } } });
const minutes = Number(values.minutes);
if (!(minutes > 0)) throw new Error("soak: --minutes is a number above 0");

/** As many completed executions are kept in memory: few, so that a run of minutes reaches the state it stays in. */
const MAX_LIVE_EXECUTIONS = "2000";
/** The first part warms up: it does not count in the slope. */
const WARM_UP = 0.25;
const SAMPLES = 60;

const bundle = createDirectory();
execFileSync(process.execPath, ["deploy/bundle.mjs", bundle]);
const daemon = DaemonProcess.spawn({ MAX_LIVE_EXECUTIONS, LOG_LEVEL: "error" }, [
  "--max-semi-space-size=4",
  "--max-old-space-size=164",
  join(bundle, "tollgate.cjs"),
  "serve",
]);
const agents = new Agents(`unix:${daemon.directory}/agent.sock`);
const samples: Sample[] = [];
const startMs = performance.now();
const everyMs = Math.max(1_000, (minutes * 60_000) / SAMPLES);
console.log(`soak: ${minutes} min, a look every ${(everyMs / 1_000).toFixed(0)} s`);
try {
  await agents.start();
  while (performance.now() - startMs < minutes * 60_000) {
    await new Promise((resolve) => setTimeout(resolve, everyMs));
    const sample = takeSample(daemon, (performance.now() - startMs) / 3_600_000);
    samples.push(sample);
    const mib = (bytes: number): string => `${(bytes / 1_048_576).toFixed(1)} MiB`;
    console.log(
      `${((sample.hours * 60) | 0).toString().padStart(4)} min  resident ${mib(sample.residentBytes)}  log ${mib(sample.walBytes)}  descriptors ${sample.descriptors}  ${agents.describe()}`,
    );
  }
  await agents.stop();
} finally {
  daemon.signal("SIGTERM");
  const code = await daemon.waitForExit();
  console.log(`soak: the daemon ended with ${code}`);
  rmSync(bundle, { recursive: true });
  rmSync(daemon.directory, { recursive: true });
}
const verdicts = judge(samples, (WARM_UP * minutes) / 60);
for (const { text, holds } of verdicts) console.log(`${holds ? "ok  " : "FAIL"} ${text}`);
process.exit(verdicts.every(({ holds }) => holds) ? 0 : 1);
