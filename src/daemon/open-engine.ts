import { hostname } from "node:os";
import { type OpenedStore, openStore } from "../adapters/sqlite/open-store.ts";
import type { SteadyClock } from "../adapters/system/steady-clock.ts";
import { systemDigest } from "../adapters/system/system-digest.ts";
import { createSystemIds } from "../adapters/system/system-ids.ts";
import type { PolicyFiles } from "../config/policy/documents.ts";
import { readPolicy } from "../config/policy/read-policy.ts";
import type { Settings } from "../config/settings.ts";
import { SettingsError } from "../config/settings-error.ts";
import { createWorld } from "../engine/create-world.ts";
import { createPolicySet, NO_DOCUMENTS } from "../engine/policy/resolve-policy.ts";
import { createPriceBook } from "../engine/prices/price-book.ts";
import { restoreWorld } from "../engine/rows/restore.ts";
import type { Policy } from "../engine/world.ts";
import { storeLossFound, storeOpened } from "../observability/events/store.ts";
import type { Telemetry } from "../observability/telemetry.ts";
import { EngineHost } from "../runtime/engine-host.ts";
import type { Closers } from "./closers.ts";

// From the file and the policy documents to an engine with everything that was in them.

/** Opens the store while the policy documents are parsed: both happen in threads of their own. */
export async function openFiles(
  settings: Settings,
  clock: SteadyClock,
  closers: Closers,
): Promise<{ readonly opened: OpenedStore; readonly documents: PolicyFiles }> {
  const reading = readPolicy({ directory: settings.policy, quotas: settings.quotas });
  // Whoever awaits it first hears of a failure; until then it must not count as unhandled.
  reading.catch(() => undefined);
  const now = clock.now();
  const opened = await openStore({
    directory: settings.data,
    durability: settings.durability,
    onHole: settings.onHole,
    onCorrupt: settings.onCorrupt,
    fileMaxBytes: settings.fileMaxBytes,
    now,
    bootId: clock.bootId,
    instance: { host: hostname(), pid: process.pid, startedWallMs: now.wallMs },
  });
  closers.push(() => opened.store.close());
  const documents = await reading;
  refuseBadFiles(documents);
  return { opened, documents };
}

/** The engine with everything that the file held. */
export function createHost(
  settings: Settings,
  documents: PolicyFiles,
  { loaded }: OpenedStore,
  clock: SteadyClock,
): EngineHost {
  const { lastCutAt } = loaded;
  if (lastCutAt?.bootId === clock.bootId) clock.resumeFrom(lastCutAt);
  const world = createWorld({
    ids: createSystemIds(),
    digest: systemDigest,
    policy: createPolicy(documents),
    maxLiveExecutions: settings.maxLiveExecutions,
  });
  restoreWorld(world, loaded, clock.bootId, clock.now());
  return new EngineHost(world, clock);
}

/** @throws SettingsError with every problem of every document */
function refuseBadFiles(files: PolicyFiles): void {
  const { problems, refusedTenants, unnamedTenants, baseline, tools, quotas, tenants } = files;
  const all = [...problems, ...refusedTenants.values(), ...unnamedTenants].flatMap((one) =>
    typeof one === "string" ? [one] : one.problems,
  );
  for (const { file, document } of [...(baseline === undefined ? [] : [baseline]), ...tenants.values()])
    all.push(notRead(file, document.kind));
  if (tools !== undefined) all.push(notRead("policy", "Tools"));
  if (quotas !== undefined) all.push(notRead("policy", "Quotas"));
  if (all.length > 0) throw new SettingsError(all);
}

function notRead(file: string, kind: string): string {
  return `${file}: kind ${kind} is not in force in this version: take it out of the policy directory`;
}

function createPolicy({ hash, prices }: PolicyFiles): Policy {
  return {
    generation: 1,
    etag: hash,
    set: createPolicySet(NO_DOCUMENTS),
    prices: prices === undefined ? undefined : createPriceBook(prices),
  };
}

export function tellOpened(
  telemetry: Telemetry,
  settings: Settings,
  host: EngineHost,
  { loaded }: OpenedStore,
  elapsedMs: number,
): void {
  const { storeId, fresh, lastCut, hole, damaged, unproved, setAside } = loaded;
  const { live } = host.world.executions;
  storeOpened(telemetry, {
    storeId,
    directory: settings.data,
    fresh,
    lastCut,
    executions: live,
    elapsedMs: Math.round(elapsedMs),
  });
  if (hole === undefined && damaged.length === 0 && unproved.length === 0 && setAside === undefined) return;
  storeLossFound(telemetry, { storeId, hole: hole?.text, damagedRows: damaged.length, unproved, setAside });
}
