import { hostname } from "node:os";
import { type OpenedStore, openStore } from "../adapters/sqlite/open-store.ts";
import type { RawClock } from "../adapters/system/system-clock.ts";
import type { PolicyFiles } from "../config/policy/documents.ts";
import { readPolicy } from "../config/policy/read-policy.ts";
import type { Settings } from "../config/settings.ts";
import type { LoadedHead, RowChunk, RowReceiver } from "../ports/cut-store.ts";
import type { Closers } from "./closers.ts";

// What a start waits for: the store and the policy documents, each read in a thread of its own. Nothing heavy is imported
// here, so that both run while the main thread loads the rest.

export interface OpeningFiles {
  readonly store: Promise<OpenedStore>;
  /** What the store holds, as it comes. */
  readonly rows: EarlyRows;
  readonly policy: Promise<PolicyFiles>;
}

export function beginFiles(settings: Settings, clock: RawClock, closers: Closers): OpeningFiles {
  const wallMs = clock.wallMs();
  const rows = new EarlyRows();
  const store = openStore({
    directory: settings.data,
    durability: settings.durability,
    onCorrupt: settings.onCorrupt,
    fileMaxBytes: settings.fileMaxBytes,
    now: { monoMs: clock.monoMs(), wallMs },
    bootId: clock.bootId,
    instance: { host: hostname(), pid: process.pid, startedWallMs: wallMs },
    receiver: rows,
  });
  const policy = readPolicy({ directory: settings.policy, quotas: settings.quotas });
  // Whoever awaits them first hears of a failure; until then it must not count as unhandled.
  const opened = store.catch(() => undefined);
  policy.catch(() => undefined);
  closers.push(async () => (await opened)?.store.close());
  return { store, rows, policy };
}

/** Keeps what comes before there is an engine to take it. */
export class EarlyRows implements RowReceiver {
  #head: LoadedHead | undefined;
  #chunks: RowChunk[] = [];
  #receiver: RowReceiver | undefined;

  begin(head: LoadedHead): void {
    this.#receiver?.begin(head);
    this.#head = head;
    this.#chunks = [];
  }

  take(chunk: RowChunk): void {
    if (this.#receiver === undefined) this.#chunks.push(chunk);
    else this.#receiver.take(chunk);
  }

  /** Hands over what came, and from now on all that comes. */
  passTo(receiver: RowReceiver): void {
    this.#receiver = receiver;
    if (this.#head !== undefined) receiver.begin(this.#head);
    for (const chunk of this.#chunks.splice(0)) receiver.take(chunk);
  }
}
