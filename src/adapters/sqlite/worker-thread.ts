// Starts our worker threads: the .ts files beside this one, run by Node's type stripping, or the bundled ones.

import { Worker } from "node:worker_threads";

export type WorkerName = "writer-worker" | "reader-worker";

/**
 * The bundle keeps `writer-worker.cjs` and `reader-worker.cjs` beside its own file and defines `import.meta.url` as that
 * file's URL; run from source, the entries are the .ts files of this folder.
 */
export function startWorker(name: WorkerName, workerData: unknown): Worker {
  const here = import.meta.url;
  const extension = here.endsWith(".ts") ? "ts" : "cjs";
  // No flags of a test runner or of the command line: loaders in them do not belong into these threads.
  return new Worker(new URL(`./${name}.${extension}`, here), { workerData, name, execArgv: [] });
}
