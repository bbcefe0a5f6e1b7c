// One door for every npm script: installs what is missing, then runs the task on the pinned Node.
// Usage: node scripts/run.mjs TASK [arguments]
import { spawn, spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { ensureInstalled, pinnedNode, root, toolEnvironment } from "./ensure-installed.mjs";
import { ensureSystem } from "./ensure-system.mjs";

/** `threads`: runs the daemon from source, whose threads need the compile cache. */
const tasks = {
  start: { file: "src/main.ts", words: ["serve"], threads: true },
  demo: { file: "demo/main.ts", threads: true },
  "demo-guards": { file: "demo/guards/main.ts", threads: true },
  check: { file: "scripts/check.mjs", system: "test", threads: true },
  "check-full": {
    file: "scripts/check.mjs",
    system: "test",
    threads: true,
    environment: { TOLLGATE_TEST_SCALE: "full" },
  },
  // It measures starts of the bundle, which the image runs without such a cache.
  bench: { file: "test/bench/main.ts", system: "bench" },
  simulate: { file: "test/simulation/main.ts" },
  soak: { file: "test/soak/main.ts", threads: true },
  train: { file: "training/train.ts" },
  generate: { file: "scripts/generate.mjs" },
  format: { file: "node_modules/@biomejs/biome/bin/biome", words: ["check", "--write"] },
};

/**
 * Where Node keeps sources without their types. A thread that has to strip them itself loads WebAssembly, and V8 may end the
 * whole process where such a thread ends (nodejs/node 64500).
 */
const compileCache = { NODE_COMPILE_CACHE: join(root, ".cache", "compile") };

function main() {
  const [name, ...words] = process.argv.slice(2);
  const task = Object.hasOwn(tasks, name ?? "") ? tasks[name] : undefined;
  if (task === undefined)
    throw new Error(`run: no task "${name}"; there are ${Object.keys(tasks).join(", ")}`);
  ensureInstalled();
  if (task.system !== undefined) ensureSystem(task.system);
  if (!existsSync(join(root, task.file))) throw new Error(`run: ${task.file} does not exist`);
  const environment = { ...toolEnvironment(), ...(task.threads === true ? compileCache : {}) };
  if (task.threads === true)
    spawnSync(pinnedNode, ["scripts/load-threads.mjs"], { cwd: root, env: environment, stdio: "inherit" });
  const child = spawn(pinnedNode, [task.file, ...(task.words ?? []), ...words], {
    cwd: root,
    env: { ...environment, ...task.environment },
    stdio: "inherit",
  });
  // The terminal sends SIGINT to the child as well; SIGTERM reaches only this process.
  process.on("SIGINT", () => {});
  process.on("SIGTERM", () => child.kill("SIGTERM"));
  child.on("error", (error) => {
    console.error(`run: ${task.file} cannot be started (${error.message})`);
    process.exitCode = 1;
  });
  child.on("exit", (code) => {
    process.exitCode = code ?? 1;
  });
}

try {
  main();
} catch (error) {
  console.error(error.message);
  process.exitCode = 1;
}
