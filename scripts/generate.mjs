// Generates src/gen from proto/, and the JSON Schemas of policy documents from the tables of their keys. Needs the tools in
// PATH: run it as `npm run generate`.
import { spawnSync } from "node:child_process";
import process from "node:process";

const steps = [
  ["buf", ["generate"]],
  [process.execPath, ["scripts/write-policy-schemas.mjs"]],
];
for (const [command, words] of steps) {
  const { status } = spawnSync(command, words, { stdio: "inherit" });
  process.exitCode = status ?? 1;
  if (process.exitCode !== 0) break;
}
