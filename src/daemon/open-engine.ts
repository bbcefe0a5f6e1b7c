import type { OpenedStore } from "../adapters/sqlite/open-store.ts";
import { createKeyedHash } from "../adapters/system/keyed-hash.ts";
import type { SteadyClock } from "../adapters/system/steady-clock.ts";
import { systemDigest } from "../adapters/system/system-digest.ts";
import { createSystemIds } from "../adapters/system/system-ids.ts";
import type { Settings } from "../config/settings.ts";
import { createWorld } from "../engine/create-world.ts";
import { spendBegunWindows } from "../engine/quotas/fresh-windows.ts";
import { restoreWorld } from "../engine/rows/restore.ts";
import { storeLossFound, storeOpened } from "../observability/events/store.ts";
import type { Telemetry } from "../observability/telemetry.ts";
import { EngineHost } from "../runtime/engine-host.ts";
import type { OpeningFiles } from "./open-files.ts";
import { PolicyKeeper } from "./policy/policy-keeper.ts";

// From the file and the policy documents to an engine with everything that was in them.

/** Judges the policy documents as soon as they are read, beside the store. */
export async function openFiles(
  files: OpeningFiles,
  settings: Settings,
  telemetry: Telemetry,
): Promise<{ readonly opened: OpenedStore; readonly keeper: PolicyKeeper }> {
  const opening = PolicyKeeper.open(settings, telemetry, files.policy);
  // A failure of the store is told first; until this one is awaited it must not count as unhandled.
  opening.catch(() => undefined);
  const opened = await files.store;
  return { opened, keeper: await opening };
}

/** The engine with everything that the file held. */
export function createHost(
  settings: Settings,
  { policy }: PolicyKeeper,
  { loaded }: OpenedStore,
  clock: SteadyClock,
): EngineHost {
  const { lastCutAt } = loaded;
  if (lastCutAt?.bootId === clock.bootId) clock.resumeFrom(lastCutAt);
  const world = createWorld({
    ids: createSystemIds(),
    digest: systemDigest,
    keyedHash: loaded.installationKey === undefined ? undefined : createKeyedHash(loaded.installationKey),
    policy,
    maxLiveExecutions: settings.maxLiveExecutions,
    refusesUncertain: settings.onHole === "refuse",
    countsByTenant: settings.tenantMetrics,
  });
  restoreWorld(world, loaded, clock.bootId, clock.now());
  if (loaded.fresh && loaded.setAside !== undefined && settings.freshWindows === "spent")
    spendBegunWindows(world, clock.now());
  return new EngineHost(world, clock);
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
