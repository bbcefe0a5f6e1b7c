import { findFileLife } from "../adapters/system/file-life.ts";
import { SteadyClock } from "../adapters/system/steady-clock.ts";
import type { RawClock } from "../adapters/system/system-clock.ts";
import type { Settings } from "../config/settings.ts";
import type { Daemon, DaemonOptions } from "../daemon.ts";
import { daemonStarted, daemonStopped, daemonStopping } from "../observability/events/daemon.ts";
import { createLogger } from "../observability/logger.ts";
import { registerDoorMetrics } from "../observability/metrics/door-metrics.ts";
import { ProbeServer } from "../observability/probe/probe-server.ts";
import { createTelemetry, type Telemetry } from "../observability/telemetry.ts";
import type { CutStore } from "../ports/cut-store.ts";
import { CensusTaker } from "../runtime/census.ts";
import { ClockWatch } from "../runtime/clock-watch.ts";
import type { CutLoop } from "../runtime/cut-loop.ts";
import { registerDaemonGauges } from "../runtime/daemon-gauges.ts";
import type { EngineHost } from "../runtime/engine-host.ts";
import { createLoadingSource, createServingSource, type ServingParts } from "../runtime/probe-source.ts";
import { recordEffect } from "../runtime/record-effects.ts";
import { openStreams } from "../transport/counters.ts";
import type { Servers } from "../transport/create-servers.ts";
import { isPinned } from "../transport/pinned-identity.ts";
import { VERSION } from "../version.ts";
import { type Closers, closeAll } from "./closers.ts";
import { openGuardFacts } from "./guard-facts.ts";
import { addressesOf, type DoorAddresses, openDoors, pinnedIdentity } from "./open-doors.ts";
import { openEngine, tellOpened } from "./open-engine.ts";
import type { OpeningFiles } from "./open-files.ts";
import { createPolicyAdmin } from "./policy/policy-administration.ts";
import type { PolicyKeeper } from "./policy/policy-keeper.ts";
import { failureFrom } from "./start-failure.ts";
import { startLoops } from "./start-loops.ts";

// Everything that a start does once its files are being opened.

export interface DaemonStart {
  readonly settings: Settings;
  readonly options: DaemonOptions;
  readonly clock: RawClock;
  readonly files: OpeningFiles;
  readonly closers: Closers;
  /** When it began, on the clock of the process. */
  readonly startedMs: number;
}

/** See `startDaemon`. */
export async function serveDaemon(start: DaemonStart): Promise<Daemon> {
  const telemetry = createTelemetry(start.options.logger ?? createLogger(start.settings.logLevel));
  try {
    return await serve(start, telemetry);
  } catch (thrown) {
    await closeAll(start.closers);
    telemetry.logger.flush();
    throw failureFrom(thrown);
  }
}

async function serve(start: DaemonStart, telemetry: Telemetry): Promise<Daemon> {
  const { settings, options, closers, startedMs } = start;
  const watch = new ClockWatch();
  const clock = new SteadyClock(start.clock, ({ byMs }) => watch.noticed(byMs));
  const probe = await openProbe(settings, telemetry, clock, closers);
  const { opened, keeper, host } = await openEngine(start.files, settings, telemetry, clock);
  const { store, loaded } = opened;
  host.onEffect((effect) => recordEffect(telemetry, effect));
  tellOpened(telemetry, settings, host, opened, performance.now() - startedMs);
  watch.start(host);
  closers.push(() => watch.stop());
  const facts = openGuardFacts(settings, telemetry, clock, closers);
  const policy = { admin: createPolicyAdmin(keeper, host), prepare: keeper.prepare };
  const servers = openDoors(settings, telemetry, host, opened, facts, policy);
  const cuts = startLoops(settings, telemetry, host, clock, opened, servers, closers);
  let drainMs = 0;
  closers.push(() => servers.stop(drainMs));
  await keeper.attach(host);
  // A change that is on its way belongs into the last cut.
  closers.push(() => keeper.stop());
  await servers.start();
  const parts = createParts(host, cuts, store, telemetry, servers, keeper);
  registerDaemonGauges(parts);
  registerDoorMetrics(telemetry.metrics.registry, servers.counters);
  if (options.isOpenTelemetryConfigured === true) {
    const { registerObservables } = await import("../observability/metrics/open-telemetry.ts");
    registerObservables(telemetry.metrics.registry);
  }
  probe?.use(createServingSource(parts));
  const addresses = addressesOf(servers, probe);
  tellStarted(
    telemetry,
    settings,
    keeper.policy.etag,
    loaded.storeId,
    addresses,
    options,
    performance.now() - startedMs,
  );
  // What restoring changed is told and written once agents are served: with 100,000 executions that is a cut of all of them.
  host.turn(() => undefined);
  const stop = async (): Promise<void> => {
    const stoppingMs = performance.now();
    drainMs = settings.drainTimeoutMs;
    daemonStopping(telemetry, openStreams(servers.counters));
    await closeAll(closers);
    const { lastDurableCut } = store.status();
    const hasUnsaved = host.world.generations.dirty;
    daemonStopped(telemetry, {
      lastCut: lastDurableCut,
      hasUnsaved,
      elapsedMs: Math.round(performance.now() - stoppingMs),
    });
    telemetry.logger.flush();
  };
  let stopped: Promise<void> | undefined;
  return { storeId: loaded.storeId, addresses, stop: () => (stopped ??= stop()) };
}

function createParts(
  host: EngineHost,
  cuts: CutLoop,
  store: CutStore,
  telemetry: Telemetry,
  servers: Servers,
  keeper: PolicyKeeper,
): ServingParts {
  const { counters, health } = servers;
  return {
    host,
    cuts,
    store,
    telemetry,
    counters,
    census: new CensusTaker(host),
    isDraining: () => !health.serving,
    policyStatus: () => keeper.status(),
  };
}

/** Answers as soon as the process runs: alive, not ready. */
async function openProbe(
  settings: Settings,
  telemetry: Telemetry,
  clock: SteadyClock,
  closers: Closers,
): Promise<ProbeServer | undefined> {
  if (settings.probe === undefined) return undefined;
  const probe = await ProbeServer.open(
    settings.probe,
    createLoadingSource(telemetry, () => clock.now().wallMs),
  );
  closers.push(() => probe.close());
  return probe;
}

function tellStarted(
  telemetry: Telemetry,
  settings: Settings,
  policyEtag: string,
  storeId: string,
  addresses: DoorAddresses,
  options: DaemonOptions,
  elapsedMs: number,
): void {
  daemonStarted(telemetry, {
    version: VERSION,
    storeId,
    durability: settings.durability,
    onStoreFailure: settings.onStoreFailure,
    identity: isPinned(pinnedIdentity(settings)) ? "pinned" : "trusting",
    fileOutlives: findFileLife(settings.data),
    policyEtag,
    maxLiveExecutions: settings.maxLiveExecutions,
    addresses: Object.entries(addresses).map(([door, address]) => `${door} ${address}`),
    settings: options.changedSettings ?? [],
    elapsedMs: Math.round(elapsedMs),
  });
}
