import type { OpenedStore } from "../adapters/sqlite/open-store.ts";
import { createKeyedHash } from "../adapters/system/keyed-hash.ts";
import type { SteadyClock } from "../adapters/system/steady-clock.ts";
import { systemDigest } from "../adapters/system/system-digest.ts";
import { createSystemIds } from "../adapters/system/system-ids.ts";
import type { Settings } from "../config/settings.ts";
import { createWorld } from "../engine/create-world.ts";
import { spendBegunWindows } from "../engine/quotas/fresh-windows.ts";
import { WorldRestorer } from "../engine/rows/restore.ts";
import type { Policy, World } from "../engine/world.ts";
import { storeLossFound, storeOpened } from "../observability/events/store.ts";
import type { Telemetry } from "../observability/telemetry.ts";
import type { Loaded, LoadedHead, RowChunk, RowReceiver } from "../ports/cut-store.ts";
import { EngineHost } from "../runtime/engine-host.ts";
import type { OpeningFiles } from "./open-files.ts";
import { PolicyKeeper } from "./policy/policy-keeper.ts";

// From the file and the policy documents to an engine with everything that was in them.

export interface OpenedEngine {
  readonly opened: OpenedStore;
  readonly keeper: PolicyKeeper;
  readonly host: EngineHost;
}

/** Judges the policy documents as soon as they are read, and takes up what the store holds while it is read. */
export async function openEngine(
  files: OpeningFiles,
  settings: Settings,
  telemetry: Telemetry,
  clock: SteadyClock,
): Promise<OpenedEngine> {
  const loading = openPolicy(files, settings, telemetry, clock);
  // A failure of the store is told first; until this one is awaited it must not count as unhandled.
  loading.catch(() => undefined);
  const opened = await files.store;
  const { keeper, loader } = await loading;
  return { opened, keeper, host: loader.finish(opened.loaded) };
}

async function openPolicy(
  files: OpeningFiles,
  settings: Settings,
  telemetry: Telemetry,
  clock: SteadyClock,
): Promise<{ readonly keeper: PolicyKeeper; readonly loader: EngineLoader }> {
  const keeper = await PolicyKeeper.open(settings, telemetry, files.policy);
  const loader = new EngineLoader(settings, keeper.policy, clock);
  files.rows.passTo(loader);
  return { keeper, loader };
}

/** Makes an engine of what the file holds. */
class EngineLoader implements RowReceiver {
  readonly #settings: Settings;
  readonly #policy: Policy;
  readonly #clock: SteadyClock;
  #loading: { readonly world: World; readonly restorer: WorldRestorer } | undefined;

  constructor(settings: Settings, policy: Policy, clock: SteadyClock) {
    this.#settings = settings;
    this.#policy = policy;
    this.#clock = clock;
  }

  /** With a new world: what the one before was made of is void. */
  begin(head: LoadedHead): void {
    const clock = this.#clock;
    const settings = this.#settings;
    const { lastCutAt, installationKey } = head;
    if (lastCutAt?.bootId === clock.bootId) clock.resumeFrom(lastCutAt);
    const world = createWorld({
      ids: createSystemIds(),
      digest: systemDigest,
      keyedHash: installationKey === undefined ? undefined : createKeyedHash(installationKey),
      policy: this.#policy,
      maxLiveExecutions: settings.maxLiveExecutions,
      refusesUncertain: settings.onHole === "refuse",
      countsByTenant: settings.tenantMetrics,
    });
    this.#loading = { world, restorer: new WorldRestorer(world, head, clock.bootId, clock.now()) };
  }

  take(chunk: RowChunk): void {
    this.#loading?.restorer.take(chunk);
  }

  finish(loaded: Loaded): EngineHost {
    if (this.#loading === undefined) throw new Error("the store was opened without a word of what it holds");
    const { world, restorer } = this.#loading;
    restorer.finish(loaded);
    if (loaded.fresh && loaded.setAside !== undefined && this.#settings.freshWindows === "spent")
      spendBegunWindows(world, this.#clock.now());
    return new EngineHost(world, this.#clock);
  }
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
