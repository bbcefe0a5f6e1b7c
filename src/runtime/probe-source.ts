import { type DoorCounters, sumDecisions } from "../observability/door-counters.ts";
import { formatPrometheus } from "../observability/metrics/prometheus.ts";
import type { HealthBody, ReadyBody } from "../observability/probe/probe-bodies.ts";
import type { ProbeSource } from "../observability/probe/probe-server.ts";
import type { Telemetry } from "../observability/telemetry.ts";
import type { CutStore } from "../ports/cut-store.ts";
import type { CensusTaker } from "./census.ts";
import type { CutLoop } from "./cut-loop.ts";
import type { EngineHost } from "./engine-host.ts";

// What the probe tells, from numbers that are held already: each answer takes well under a millisecond.

/** What became of the policy files. */
export interface PolicyStatus {
  /** The first thing that is wrong with what was read last; null when all of it is in force. */
  readonly lastReloadError: string | null;
  /** Documents whose last good version is served. */
  readonly staleDocuments: readonly string[];
}

export interface ServingParts {
  readonly host: EngineHost;
  readonly cuts: CutLoop;
  readonly store: CutStore;
  readonly telemetry: Telemetry;
  readonly census: CensusTaker;
  readonly counters: DoorCounters;
  /** True from the start of the stop. */
  readonly isDraining: () => boolean;
  readonly policyStatus: () => PolicyStatus;
}

/** Before anything is loaded: alive, not ready. */
export function createLoadingSource(telemetry: Telemetry, wallMs: () => number): ProbeSource {
  const body = (): HealthBody => ({
    status: "ok",
    checks: {
      api: "loading",
      metrics: "ok",
      engine: "loading",
      store: "loading",
      policy: { available: false, decisions: 0 },
    },
    timestamp: new Date(wallMs()).toISOString(),
  });
  return {
    health: body,
    readiness: () => ({ ...body(), status: "unavailable" }),
    metrics: () => formatPrometheus(telemetry.metrics.registry),
  };
}

export function createServingSource(parts: ServingParts): ProbeSource {
  return {
    health: () => healthOf(parts),
    readiness: () => readinessOf(parts),
    metrics: () => formatPrometheus(parts.telemetry.metrics.registry),
  };
}

function healthOf({ host, cuts, counters, isDraining }: ServingParts): HealthBody {
  return {
    status: "ok",
    checks: {
      api: isDraining() ? "draining" : "serving",
      metrics: "ok",
      engine: "ok",
      store: cuts.state,
      policy: { available: true, decisions: sumDecisions(counters).total },
    },
    timestamp: new Date(host.now().wallMs).toISOString(),
  };
}

function readinessOf(parts: ServingParts): ReadyBody {
  const { host, cuts, counters, census, isDraining } = parts;
  const { total, allowed, denied } = sumDecisions(counters);
  const { lastReloadError, staleDocuments } = parts.policyStatus();
  const { storeId, fileBytes, walBytes, lastDurableCut } = parts.store.status();
  // While the file fails and answers still go out, the daemon is ready: taking it out of service would help nobody.
  const isReady = !isDraining() && cuts.state !== "blocking";
  return {
    ...healthOf(parts),
    status: isReady ? "ok" : "unavailable",
    policy: {
      total_decisions: total,
      allow_count: allowed,
      deny_count: denied,
      policy_etag: host.world.policy.etag,
      last_reload_error: lastReloadError,
      stale_documents: staleDocuments,
    },
    store: {
      state: cuts.state,
      store_id: storeId,
      file_bytes: fileBytes,
      wal_bytes: walBytes,
      cut_in_flight: cuts.inFlight,
      last_durable_cut: lastDurableCut,
      durable_lag_ms: Math.round(cuts.lagMs()),
      uncertain: census.take().uncertain,
    },
    streams: counters.usageStreams,
    watchers: counters.watches,
    executions: host.world.executions.live,
    mode: cuts.state === "ok" ? "full" : "degraded",
  };
}
