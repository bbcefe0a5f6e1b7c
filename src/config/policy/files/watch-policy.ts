import { type FSWatcher, readdirSync, statSync, watch } from "node:fs";
import { dirname, join } from "node:path";
import { createSlices } from "../slices.ts";
import type { PolicyPlaces } from "./find-files.ts";

// Notices that policy files changed. The directories are watched, never the files: a mounted ConfigMap swaps a link, and a
// watch on a file is dead after the first swap. What no watch tells (network mounts, a directory made later) a look at the
// stamps of all files finds.

/** Between two looks at the stamps, ms. */
const POLL_MS = 10_000;
/** Writers touch several files one after the other: they are read when it has been quiet for this long, ms. */
const QUIET_MS = 100;

export interface PolicyWatchOptions {
  readonly pollMs?: number;
}

export class PolicyWatch {
  readonly #places: PolicyPlaces;
  readonly #changed: () => void;
  readonly #pollMs: number;
  readonly #watchers = new Map<string, { readonly watcher: FSWatcher; readonly inode: bigint }>();
  #stamps = "";
  #quiet: NodeJS.Timeout | undefined;
  #poll: NodeJS.Timeout | undefined;
  #stopped = false;

  /** `changed` is told once for changes that come together. */
  constructor(places: PolicyPlaces, changed: () => void, options: PolicyWatchOptions = {}) {
    this.#places = places;
    this.#changed = changed;
    this.#pollMs = options.pollMs ?? POLL_MS;
  }

  async start(): Promise<void> {
    this.#stamps = await stampsOf(this.#places);
    this.#watch();
    this.#schedule();
  }

  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#quiet);
    clearTimeout(this.#poll);
    for (const { watcher } of this.#watchers.values()) watcher.close();
    this.#watchers.clear();
  }

  #schedule(): void {
    if (this.#stopped) return;
    this.#poll = setTimeout(() => void this.#look(), this.#pollMs);
    this.#poll.unref();
  }

  async #look(): Promise<void> {
    this.#watch();
    const stamps = await stampsOf(this.#places);
    if (stamps !== this.#stamps) this.#noticed();
    this.#stamps = stamps;
    this.#schedule();
  }

  #noticed(): void {
    if (this.#stopped) return;
    clearTimeout(this.#quiet);
    this.#quiet = setTimeout(() => this.#changed(), QUIET_MS);
    this.#quiet.unref();
  }

  /** Watches what is there and not watched yet; a directory that was replaced is watched anew. */
  #watch(): void {
    if (this.#stopped) return;
    const { directory, quotas } = this.#places;
    for (const path of new Set([directory, ...(quotas === undefined ? [] : [dirname(quotas)])])) {
      const inode = inodeOf(path);
      const known = this.#watchers.get(path);
      if (known !== undefined && known.inode === inode) continue;
      known?.watcher.close();
      this.#watchers.delete(path);
      if (inode === undefined) continue;
      const watcher = openWatch(path, () => this.#noticed());
      if (watcher !== undefined) this.#watchers.set(path, { watcher, inode });
    }
  }
}

function openWatch(path: string, changed: () => void): FSWatcher | undefined {
  try {
    const watcher = watch(path, { persistent: false }, changed);
    // What a watch cannot tell any more, the look at the stamps does.
    watcher.on("error", () => watcher.close());
    return watcher;
  } catch {
    // Too many watches, or a file system without them: the look at the stamps does it.
    return undefined;
  }
}

function inodeOf(path: string): bigint | undefined {
  return statSync(path, { bigint: true, throwIfNoEntry: false })?.ino;
}

/** Changes with everything that writing, replacing, adding or removing a file or a link above it changes. */
async function stampsOf({ directory, quotas }: PolicyPlaces): Promise<string> {
  const slices = createSlices();
  const stamps: string[] = [];
  const paths = namesIn(directory).map((name) => join(directory, name));
  for (const path of quotas === undefined ? paths : [...paths, quotas]) {
    const stat = stampOf(path);
    stamps.push(`${path} ${stat}`);
    const turn = slices.next();
    if (turn !== undefined) await turn;
  }
  return stamps.join("\n");
}

function stampOf(path: string): string {
  try {
    const stat = statSync(path, { bigint: true, throwIfNoEntry: false });
    return stat === undefined ? "" : `${stat.dev}.${stat.ino}.${stat.size}.${stat.mtimeNs}.${stat.ctimeNs}`;
  } catch {
    // A link in a circle, or one that may not be followed: reading it says what is wrong.
    return "unreadable";
  }
}

function namesIn(directory: string): readonly string[] {
  try {
    return readdirSync(directory).filter((name) => /\.ya?ml$/.test(name));
  } catch {
    return [];
  }
}
