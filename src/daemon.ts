import { mkdirSync } from "node:fs";
import { hostname } from "node:os";
import { dirname } from "node:path";
import { type OpenedStore, openStore } from "./adapters/sqlite/open-store.ts";
import { StoreOpenError } from "./adapters/sqlite/store-open-error.ts";
import { findFileLife } from "./adapters/system/file-life.ts";
import { SteadyClock } from "./adapters/system/steady-clock.ts";
import { openSystemClock } from "./adapters/system/system-clock.ts";
import { systemDigest } from "./adapters/system/system-digest.ts";
import { createSystemIds } from "./adapters/system/system-ids.ts";
import type { PolicyDocuments } from "./config/policy/documents.ts";
import { readPolicy } from "./config/policy/read-policy.ts";
import type { UnixAddress } from "./config/setting-values.ts";
import type { Settings } from "./config/settings.ts";
import { createWorld } from "./engine/create-world.ts";
import { builtInLimits } from "./engine/limits/effective-limits.ts";
import { createPriceBook } from "./engine/prices/price-book.ts";
import { restoreWorld } from "./engine/rows/restore.ts";
import type { Policy } from "./engine/world.ts";
import {
  connectionRefused,
  daemonStarted,
  daemonStopped,
  daemonStopping,
  internalErrorThrown,
  lookupFailed,
} from "./observability/events/daemon.ts";
import {
  cutWritten,
  storeFailed,
  storeLossFound,
  storeOpened,
  storeRecovered,
} from "./observability/events/store.ts";
import { createLogger, type Logger } from "./observability/logger.ts";
import { registerDoorMetrics } from "./observability/metrics/door-metrics.ts";
import { ProbeServer } from "./observability/probe/probe-server.ts";
import { createTelemetry, type Telemetry } from "./observability/telemetry.ts";
import type { CutStore } from "./ports/cut-store.ts";
import { CensusTaker } from "./runtime/census.ts";
import { ClockWatch } from "./runtime/clock-watch.ts";
import { CutLoop } from "./runtime/cut-loop.ts";
import { registerDaemonGauges } from "./runtime/daemon-gauges.ts";
import { DeadlineLoop } from "./runtime/deadline-loop.ts";
import { EngineHost } from "./runtime/engine-host.ts";
import { EventLoopWatch } from "./runtime/event-loop-watch.ts";
import { createLoadingSource, createServingSource, type ServingParts } from "./runtime/probe-source.ts";
import { recordEffect } from "./runtime/record-effects.ts";
import { openStreams } from "./transport/counters.ts";
import { createServers, type Servers } from "./transport/create-servers.ts";
import { isPinned, type PinnedIdentity } from "./transport/pinned-identity.ts";
import type { ListenAddress } from "./transport/server.ts";
import { SocketError } from "./transport/sockets/socket-file.ts";
import { VERSION } from "./version.ts";

// The only place where the parts meet: settings, store, world, loops, doors, in this order, and back in the other.

export interface DaemonOptions {
  /** Names of settings that are not at their default and where they come from, for the start-up line. */
  readonly changedSettings?: readonly string[];
  /** Reads metrics through the OpenTelemetry API: an SDK must be loaded beside the daemon. */
  readonly isOpenTelemetryConfigured?: boolean;
  /** Default: JSON lines on the error output. */
  readonly logger?: Logger;
}

export interface Daemon {
  readonly storeId: string;
  /** What clients dial, by door; a door that is closed is absent. */
  readonly addresses: { readonly [D in "agent" | "tcp" | "admin" | "probe"]?: string };
  /** Lets streams end within the drain timeout, writes the last cut, closes the file. Idempotent. */
  stop(): Promise<void>;
}

export type StartFailureKind = "settings" | "address" | "store" | "damage" | "locked";

/** The daemon cannot start for a reason that its operator can change; the text says which. */
export class StartFailure extends Error {
  override readonly name = "StartFailure";
  readonly kind: StartFailureKind;

  constructor(kind: StartFailureKind, message: string, options?: ErrorOptions) {
    super(message, options);
    this.kind = kind;
  }
}

/** Closes what was opened, the last first. */
type Closers = (() => Promise<void> | void)[];

/**
 * Starts everything; resolves when it serves. Nothing is held when it rejects.
 * @throws StartFailure; SettingsError for policy documents, with all of their problems
 */
export async function startDaemon(settings: Settings, options: DaemonOptions = {}): Promise<Daemon> {
  const telemetry = createTelemetry(options.logger ?? createLogger(settings.logLevel));
  const closers: Closers = [];
  try {
    return await start(settings, options, telemetry, closers);
  } catch (thrown) {
    await closeAll(closers);
    telemetry.logger.flush();
    throw failureFrom(thrown);
  }
}

async function start(
  settings: Settings,
  options: DaemonOptions,
  telemetry: Telemetry,
  closers: Closers,
): Promise<Daemon> {
  const startedMs = performance.now();
  const watch = new ClockWatch();
  const clock = new SteadyClock(openSystemClock(), ({ byMs }) => watch.noticed(byMs));
  const probe = await openProbe(settings, telemetry, clock, closers);
  const { opened, documents } = await openFiles(settings, clock, closers);
  const { store, loaded } = opened;
  const host = createHost(settings, documents, opened, clock);
  host.onEffect((effect) => recordEffect(telemetry, effect));
  tellOpened(telemetry, settings, host, opened, performance.now() - startedMs);
  watch.start(host);
  closers.push(() => watch.stop());
  const servers = openDoors(settings, telemetry, host, opened);
  const cuts = startLoops(settings, telemetry, host, clock, opened, servers, closers);
  let drainMs = 0;
  closers.push(() => servers.stop(drainMs));
  await servers.start();
  const parts = createParts(host, cuts, store, telemetry, servers);
  registerDaemonGauges(parts);
  registerDoorMetrics(telemetry.metrics.registry, servers.counters);
  if (options.isOpenTelemetryConfigured === true) {
    const { registerObservables } = await import("./observability/metrics/open-telemetry.ts");
    registerObservables(telemetry.metrics.registry);
  }
  probe?.use(createServingSource(parts));
  const addresses = addressesOf(servers, probe);
  tellStarted(
    telemetry,
    settings,
    documents,
    loaded.storeId,
    addresses,
    options,
    performance.now() - startedMs,
  );
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

/** Opens the store while the policy documents are parsed: both happen in threads of their own. */
async function openFiles(
  settings: Settings,
  clock: SteadyClock,
  closers: Closers,
): Promise<{ readonly opened: OpenedStore; readonly documents: PolicyDocuments }> {
  const reading = readPolicy(settings.policy);
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
  return { opened, documents: await reading };
}

/** The engine with everything that the file held. */
function createHost(
  settings: Settings,
  documents: PolicyDocuments,
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

function createPolicy({ etag, prices }: PolicyDocuments): Policy {
  return {
    generation: 1,
    etag,
    limits: builtInLimits(),
    prices: prices === undefined ? undefined : createPriceBook(prices),
  };
}

function tellOpened(
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

/** The gRPC servers; nothing is listened to before they are started. */
function openDoors(
  settings: Settings,
  telemetry: Telemetry,
  host: EngineHost,
  { store, loaded }: OpenedStore,
): Servers {
  const { storeId, hole, damaged, unproved, setAside } = loaded;
  const isLossKnown =
    hole !== undefined || damaged.length > 0 || unproved.length > 0 || setAside !== undefined;
  return createServers({
    host,
    storeInfo: () => ({ storeId, durability: settings.durability }),
    info: {
      version: VERSION,
      startedAt: host.now().wallMs,
      settings: {
        on_store_failure: settings.onStoreFailure,
        on_corrupt: settings.onCorrupt,
        on_hole: settings.onHole,
        fresh_windows: settings.freshWindows,
      },
      warnings: isLossKnown ? ["DATA_LOSS"] : [],
    },
    agent: { socket: socketAddress(settings.address, AGENT_SOCKET_MODE), tcp: settings.tcp },
    admin:
      settings.adminAddress === undefined
        ? undefined
        : socketAddress(settings.adminAddress, ADMIN_SOCKET_MODE),
    reflection: settings.reflection,
    pinned: pinnedIdentity(settings),
    findCompleted: async (subject) => {
      const [row] = await store.query({ table: "completed_executions", subject, limit: 1 });
      return row === undefined || row.damaged === true ? undefined : row.body;
    },
    observer: {
      internalError: (method, cause) => internalErrorThrown(telemetry, method, cause),
      connectionRefused: (listener, why) => connectionRefused(telemetry, listener, why),
      lookupFailed: (cause) => lookupFailed(telemetry, cause),
    },
  });
}

/** Agents come in by the group of the socket; operators are the user itself. */
const AGENT_SOCKET_MODE = 0o660;
const ADMIN_SOCKET_MODE = 0o600;
const SOCKET_DIRECTORY_MODE = 0o750;

/** Makes the directory of the socket where nobody has mounted one. */
function socketAddress({ path }: UnixAddress, mode: number): ListenAddress {
  mkdirSync(dirname(path), { recursive: true, mode: SOCKET_DIRECTORY_MODE });
  return { path, mode };
}

function pinnedIdentity({ tenant, labels }: Settings): PinnedIdentity {
  return { principal: tenant === undefined ? {} : { tenant }, labels };
}

function addressesOf({ targets }: Servers, probe: ProbeServer | undefined): Daemon["addresses"] {
  const [agent, tcp] = targets.agent;
  const doors = { agent, tcp, admin: targets.admin, probe: probe?.address };
  return Object.fromEntries(Object.entries(doors).filter(([, address]) => address !== undefined));
}

function tellStarted(
  telemetry: Telemetry,
  settings: Settings,
  documents: PolicyDocuments,
  storeId: string,
  addresses: Daemon["addresses"],
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
    policyEtag: documents.etag,
    maxLiveExecutions: settings.maxLiveExecutions,
    addresses: Object.entries(addresses).map(([door, address]) => `${door} ${address}`),
    settings: options.changedSettings ?? [],
    elapsedMs: Math.round(elapsedMs),
  });
}

/** Cuts, deadlines and watches; what restoring changed becomes the first cut, and its events are told. */
function startLoops(
  settings: Settings,
  telemetry: Telemetry,
  host: EngineHost,
  clock: SteadyClock,
  { store, loaded }: OpenedStore,
  servers: Servers,
  closers: Closers,
): CutLoop {
  const cuts = new CutLoop(host, {
    store,
    clock,
    // The next number must be above every cut that was ever acknowledged, also above those that were lost.
    lastCut: loaded.nextCut - 1,
    onStoreFailure: settings.onStoreFailure,
    maxUnsavedBytes: settings.maxUnsavedBytes,
    onStateChange: (state, cause) => {
      if (state === "ok") storeRecovered(telemetry);
      else storeFailed(telemetry, state, cause);
      servers.storeStateChanged(state);
    },
    onCut: (cut) => cutWritten(telemetry, cut),
  });
  const deadlines = new DeadlineLoop(host);
  const loopWatch = new EventLoopWatch((seconds) => telemetry.metrics.eventLoopDelaySeconds.observe(seconds));
  closers.push(async () => {
    deadlines.stop();
    loopWatch.stop();
    await cuts.drain();
  });
  host.turn(() => undefined);
  return cuts;
}

async function closeAll(closers: Closers): Promise<void> {
  for (let close = closers.pop(); close !== undefined; close = closers.pop()) await close();
}

const DAMAGE_CODES: readonly string[] = ["HOLE_REFUSED", "CORRUPT_REFUSED", "NEEDS_NEWER_VERSION"];
/** Errors of the system that mean: this address cannot be had. */
const ADDRESS_CODES: readonly string[] = [
  "EADDRINUSE",
  "EADDRNOTAVAIL",
  "EACCES",
  "EPERM",
  "ENOENT",
  "ENOTDIR",
  "EROFS",
  "ENOTFOUND",
];

function failureFrom(thrown: unknown): unknown {
  if (thrown instanceof StoreOpenError) {
    if (thrown.storeCode === "UNEXPECTED") return thrown;
    const kind =
      thrown.storeCode === "LOCKED" ? "locked" : DAMAGE_CODES.includes(thrown.storeCode) ? "damage" : "store";
    return new StartFailure(kind, thrown.message, { cause: thrown });
  }
  if (thrown instanceof SocketError) return new StartFailure("address", thrown.message, { cause: thrown });
  const { code, syscall = "", message } = thrown as NodeJS.ErrnoException;
  if (
    ["listen", "mkdir", "getaddrinfo"].includes(syscall) &&
    code !== undefined &&
    ADDRESS_CODES.includes(code)
  ) {
    return new StartFailure("address", message, { cause: thrown });
  }
  return thrown;
}
