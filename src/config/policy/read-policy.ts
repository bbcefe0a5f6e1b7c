import { once } from "node:events";
import { readdirSync, readFileSync, realpathSync, statSync } from "node:fs";
import { join, sep } from "node:path";
import { Worker } from "node:worker_threads";
import { SettingsError } from "../settings-error.ts";
import type { ParsedPolicy, PolicyDocuments, PolicyFile } from "./documents.ts";

// Finds the files of the policy directory and has them parsed. A directory that is not there is no policy.

/** Largest document and largest directory, bytes: looked at before anything is parsed. */
const FILE_MAX_BYTES = 262_144;
const DIRECTORY_MAX_BYTES = 16_777_216;
const SAFE_NAME = /^[A-Za-z0-9_][A-Za-z0-9._-]{0,250}\.ya?ml$/;

/** What is in force without any document. */
export const BUILT_IN_POLICY: PolicyDocuments = Object.freeze({ etag: "built-in", prices: undefined });

/** @throws SettingsError with every problem of every document */
export async function readPolicy(directory: string): Promise<PolicyDocuments> {
  const problems: string[] = [];
  const files = findFiles(directory, problems);
  if (problems.length > 0) throw new SettingsError(problems);
  if (files.length === 0) return BUILT_IN_POLICY;
  const parsed = await parseInThread(files);
  if (parsed.kind === "refused")
    throw new SettingsError(parsed.problems.map((problem) => `${directory}${sep}${problem}`));
  return parsed.documents;
}

function findFiles(directory: string, problems: string[]): readonly PolicyFile[] {
  const names = listNames(directory, problems);
  const files: PolicyFile[] = [];
  let total = 0;
  for (const name of names) {
    const path = join(directory, name);
    const size = sizeBelow(directory, path, problems);
    if (size === undefined) continue;
    total += size;
    if (size > FILE_MAX_BYTES)
      problems.push(`${path}: has ${size} bytes; a document has at most ${FILE_MAX_BYTES}`);
    else if (total <= DIRECTORY_MAX_BYTES) files.push({ name, text: readFileSync(path, "utf8") });
  }
  if (total > DIRECTORY_MAX_BYTES)
    problems.push(`${directory}: all documents together have at most ${DIRECTORY_MAX_BYTES} bytes`);
  return files;
}

/** Names of YAML files in order. Hidden names are left alone: a ConfigMap keeps its versions in them. */
function listNames(directory: string, problems: string[]): readonly string[] {
  let entries: readonly string[];
  try {
    entries = readdirSync(directory).sort();
  } catch (thrown) {
    const { code } = thrown as NodeJS.ErrnoException;
    if (code !== "ENOENT") problems.push(`${directory}: cannot be read (${code ?? "unknown"})`);
    return [];
  }
  const names: string[] = [];
  for (const name of entries) {
    if (name.startsWith(".") || !/\.ya?ml$/.test(name)) continue;
    if (SAFE_NAME.test(name)) names.push(name);
    else
      problems.push(
        `${join(directory, JSON.stringify(name))}: names of documents have letters, digits, dots, dashes and underscores`,
      );
  }
  return names;
}

/** Bytes of a file whose real path lies below the directory; undefined for a directory and for one that is refused. */
function sizeBelow(directory: string, path: string, problems: string[]): number | undefined {
  try {
    if (!realpathSync(path).startsWith(realpathSync(directory) + sep)) {
      problems.push(`${path}: leads out of the policy directory`);
      return undefined;
    }
    const stat = statSync(path);
    return stat.isFile() ? stat.size : undefined;
  } catch (thrown) {
    problems.push(`${path}: cannot be read (${(thrown as NodeJS.ErrnoException).code ?? "unknown"})`);
    return undefined;
  }
}

async function parseInThread(files: readonly PolicyFile[]): Promise<ParsedPolicy> {
  const here = import.meta.url;
  // The bundle keeps the entry beside its own file; run from source it is the .ts file of this folder.
  const entry = new URL(`./policy-worker.${here.endsWith(".ts") ? "ts" : "cjs"}`, here);
  const worker = new Worker(entry, { workerData: { files }, name: "policy-worker", execArgv: [] });
  const [parsed] = (await once(worker, "message")) as [ParsedPolicy];
  await worker.terminate();
  return parsed;
}
