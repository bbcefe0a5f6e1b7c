import { readdirSync, realpathSync, type Stats, statSync } from "node:fs";
import { join, sep } from "node:path";

// Which files make the policy. A directory or file that is not there holds nothing. Sizes are looked at before anything is
// read.

/** Largest directory, bytes. */
export const ALL_MAX_BYTES = 16_777_216;
/** Files of one directory: 10,000 tenants and what belongs to the platform. */
const FILES_MAX = 10_100;
const SAFE_NAME = /^[A-Za-z0-9_][A-Za-z0-9._-]{0,250}\.ya?ml$/;

/** Where the policy lies. */
export interface PolicyPlaces {
  readonly directory: string;
  /** A `version: 1` quotas file beside the directory. */
  readonly quotas: string | undefined;
}

export interface FoundFile {
  /** What findings call it: the name below the directory, or the path of the quotas file. */
  readonly name: string;
  readonly path: string;
}

/** Files in the order of their names; adds everything wrong to `problems`. */
export function findFiles({ directory, quotas }: PolicyPlaces, problems: string[]): readonly FoundFile[] {
  const files: FoundFile[] = [];
  let total = 0;
  const base = realPathOf(directory);
  for (const name of listNames(directory, problems)) {
    const path = join(directory, name);
    const stat = statBelow(base, path, problems);
    if (stat === undefined) continue;
    total += stat.size;
    files.push({ name, path });
  }
  if (files.length > FILES_MAX)
    problems.push(`${directory}: has ${files.length} documents; at most ${FILES_MAX}`);
  const stat = quotas === undefined ? undefined : statFile(quotas, problems);
  if (quotas !== undefined && stat !== undefined) {
    total += stat.size;
    files.push({ name: quotas, path: quotas });
  }
  if (total > ALL_MAX_BYTES)
    problems.push(`${directory}: all documents together have at most ${ALL_MAX_BYTES} bytes`);
  return total > ALL_MAX_BYTES || files.length > FILES_MAX ? [] : files;
}

/** Whether there is no document, and nothing wrong with that: seen from the names alone. */
export function holdsNothing({ directory, quotas }: PolicyPlaces): boolean {
  const problems: string[] = [];
  const isEmpty = listNames(directory, problems).length === 0;
  const stat = quotas === undefined ? undefined : statFile(quotas, problems);
  return isEmpty && stat === undefined && problems.length === 0;
}

/** Names of YAML files in order. Hidden names are left alone: a ConfigMap keeps its versions in them. */
function listNames(directory: string, problems: string[]): readonly string[] {
  let entries: readonly string[];
  try {
    entries = readdirSync(directory).toSorted();
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

function realPathOf(directory: string): string {
  try {
    return realpathSync(directory);
  } catch {
    // It is not there: then it has no names either.
    return directory;
  }
}

/** A file whose real path lies below the directory; undefined for a directory and for what is refused. */
function statBelow(base: string, path: string, problems: string[]): Stats | undefined {
  try {
    if (!realpathSync(path).startsWith(base + sep)) {
      problems.push(`${path}: leads out of the policy directory`);
      return undefined;
    }
    const stat = statSync(path);
    return stat.isFile() ? stat : undefined;
  } catch (thrown) {
    problems.push(`${path}: cannot be read (${(thrown as NodeJS.ErrnoException).code ?? "unknown"})`);
    return undefined;
  }
}

function statFile(path: string, problems: string[]): Stats | undefined {
  try {
    const stat = statSync(path);
    if (stat.isFile()) return stat;
    problems.push(`${path}: is no file`);
  } catch (thrown) {
    const { code } = thrown as NodeJS.ErrnoException;
    if (code !== "ENOENT") problems.push(`${path}: cannot be read (${code ?? "unknown"})`);
  }
  return undefined;
}
