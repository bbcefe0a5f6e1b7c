import { hostname } from "node:os";
import { type OpenedStore, openStore } from "../adapters/sqlite/open-store.ts";
import type { RawClock } from "../adapters/system/system-clock.ts";
import type { PolicyFiles } from "../config/policy/documents.ts";
import { readPolicy } from "../config/policy/read-policy.ts";
import type { Settings } from "../config/settings.ts";
import type { Closers } from "./closers.ts";

// What a start waits for: the store and the policy documents, each read in a thread of its own. Nothing heavy is imported
// here, so that both run while the main thread loads the rest.

export interface OpeningFiles {
  readonly store: Promise<OpenedStore>;
  readonly policy: Promise<PolicyFiles>;
}

export function beginFiles(settings: Settings, clock: RawClock, closers: Closers): OpeningFiles {
  const wallMs = clock.wallMs();
  const store = openStore({
    directory: settings.data,
    durability: settings.durability,
    onCorrupt: settings.onCorrupt,
    fileMaxBytes: settings.fileMaxBytes,
    now: { monoMs: clock.monoMs(), wallMs },
    bootId: clock.bootId,
    instance: { host: hostname(), pid: process.pid, startedWallMs: wallMs },
  });
  const policy = readPolicy({ directory: settings.policy, quotas: settings.quotas });
  // Whoever awaits them first hears of a failure; until then it must not count as unhandled.
  const opened = store.catch(() => undefined);
  policy.catch(() => undefined);
  closers.push(async () => (await opened)?.store.close());
  return { store, policy };
}
