// Entry of the thread that parses policy documents: takes the texts, answers plain data, ends.

import { parentPort, workerData } from "node:worker_threads";
import type { PolicyFile } from "./documents.ts";
import { parsePolicy } from "./parse-policy.ts";

parentPort?.postMessage(parsePolicy((workerData as { readonly files: readonly PolicyFile[] }).files));
