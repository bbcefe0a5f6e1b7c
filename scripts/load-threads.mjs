// Loads every module that a thread starts with, so that Node's compile cache holds them and what they import: see run.mjs.
import { globSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { root } from "./ensure-installed.mjs";

for (const path of globSync("src/**/*-worker.ts", { cwd: root })) {
  await import(pathToFileURL(join(root, path)).href);
}
