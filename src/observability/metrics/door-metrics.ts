import type { DoorCounters } from "../door-counters.ts";
import type { Registry } from "./registry.ts";

/** Names what the gRPC servers count. */
export function registerDoorMetrics(registry: Registry, counters: DoorCounters): void {
  registry.readCounter("tollgate_decisions_total", "Decisions by verdict, what was asked, and route.", () =>
    [...counters.decisions.all()].flatMap(([route, { decisions }]) =>
      Object.entries(decisions).flatMap(([kind, byVerdict]) =>
        Object.entries(byVerdict)
          // Of every route only what there was; of requests without one all, so that they are there from the start.
          .filter(([, count]) => route === undefined || count > 0)
          .map(([verdict, count]) => [withRoute({ verdict, kind }, route), count] as const),
      ),
    ),
  );
  registry.readCounter(
    "tollgate_denied_total",
    "Refusals by the reason of their first finding, and route.",
    () =>
      [...counters.decisions.all()].flatMap(([route, { denied }]) =>
        Object.entries(denied).map(([reason, count]) => [withRoute({ reason }, route), count] as const),
      ),
  );
  registry.readHistograms(
    "tollgate_decision_duration_seconds",
    "From a decoded request to its answer, waiting for the file included; one in sixteen is timed.",
    counters.decisionSeconds,
  );
  registry.readCounter("tollgate_rpc_calls_total", "Calls that were begun.", () => counters.calls);
  registry.readCounter("tollgate_rpc_errors_total", "Calls that ended with an error, by reason.", () =>
    Object.entries(counters.errors).map(([reason, count]) => [{ reason }, count] as const),
  );
  registry.readCounter("tollgate_batches_total", "Batches of reports.", () => counters.batches);
  registry.readCounter("tollgate_reports_total", "Reports that were applied.", () => counters.reports);
  registry.readCounter(
    "tollgate_reports_duplicate_total",
    "Reports that were applied before.",
    () => counters.duplicates,
  );
  registry.readCounter(
    "tollgate_reports_rejected_total",
    "Reports that were invalid and counted nowhere.",
    () => counters.rejected,
  );
  registry.readCounter(
    "tollgate_events_sent_total",
    "Events handed to streams and watches.",
    () => counters.events,
  );
  registry.readCounter(
    "tollgate_connections_refused_total",
    "Connections closed by the server.",
    () => counters.connectionsRefused,
  );
  registry.gauge("tollgate_connections", "Open connections.", () => counters.connections);
  registry.gauge("tollgate_streams", "Open streams of usage.", () => counters.usageStreams);
  registry.gauge("tollgate_watchers", "Open watches.", () => counters.watches);
}

function withRoute(
  labels: { readonly [name: string]: string },
  route: string | undefined,
): { readonly [name: string]: string } {
  return route === undefined ? labels : { ...labels, route };
}
