// Generates src/gen from proto/. Needs the tools in PATH: run it as `npm run generate`.
import { spawnSync } from "node:child_process";
import process from "node:process";

const result = spawnSync("buf", ["generate"], { stdio: "inherit" });
process.exitCode = result.status ?? 1;
