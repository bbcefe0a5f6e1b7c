import { EXECUTION_STATES } from "../domain/execution.ts";
import type { UsageTotals } from "../engine/reports/usage-totals.ts";
import type { Registry } from "../observability/metrics/registry.ts";
import type { ServingParts } from "./probe-source.ts";

const NANO_PER_USD = 1e9;

/** What was used, by the labels that it came with. */
function registerUsage(registry: Registry, totals: UsageTotals): void {
  const sums = (amountOf: (sum: ReturnType<UsageTotals["sums"]>[number]) => number) => () =>
    totals.sums().map((sum) => [{ ...sum.labels }, amountOf(sum)] as const);
  registry.readCounter(
    "tollgate_usage_tokens_total",
    "Tokens in and out that were charged.",
    sums(({ tokens }) => Number(tokens)),
  );
  registry.readCounter(
    "tollgate_usage_cost_usd_total",
    "Cost that was charged.",
    sums(({ costNanoUsd }) => Number(costNanoUsd) / NANO_PER_USD),
  );
  registry.readCounter(
    "tollgate_usage_steps_total",
    "Steps that were charged.",
    sums(({ steps }) => Number(steps)),
  );
  registry.readCounter(
    "tollgate_price_unknown_total",
    "Times that a price was wanted and nobody knows it.",
    () =>
      [...totals.unpriced()].map(
        ([provider, count]) => [provider === "" ? {} : { provider }, count] as const,
      ),
  );
}

/** Names every number of the daemon that is read when somebody asks for metrics. */
export function registerDaemonGauges(parts: ServingParts): void {
  const { host, cuts, store, census } = parts;
  const { registry } = parts.telemetry.metrics;
  const { world } = host;
  registry.gauge("tollgate_policy_info", "1, with the etag of the policy in force.", () => [
    [{ etag: world.policy.etag }, 1],
  ]);
  registry.gauge(
    "tollgate_policy_generation",
    "Number of the policy in force: grows by one with every swap.",
    () => world.policy.generation,
  );
  registry.gauge(
    "tollgate_policy_stale_documents",
    "Documents whose last good version is served in place of what they hold now.",
    () => parts.policyStatus().staleDocuments.length,
  );
  registry.gauge(
    "tollgate_policy_reload_failing",
    "1 while something that was read last is not in force.",
    () => (parts.policyStatus().lastReloadError === null ? 0 : 1),
  );
  registry.gauge("tollgate_executions", "Executions in memory by state.", () => {
    const { executions } = census.take();
    return EXECUTION_STATES.map((state, place) => [{ state }, executions[place] ?? 0] as const);
  });
  registry.gauge(
    "tollgate_executions_max",
    "Most executions that may be live.",
    () => world.maxLiveExecutions,
  );
  registerUsage(registry, world.usageTotals);
  registry.gauge("tollgate_holds", "Reservations that hold.", () => world.reservations.held);
  registry.gauge("tollgate_reporters", "Reporters that are remembered.", () => world.reporters.size);
  registry.gauge(
    "tollgate_durable_lag_seconds",
    "Age of the oldest change that is not durable.",
    () => cuts.lagMs() / 1_000,
  );
  registry.gauge(
    "tollgate_last_durable_cut",
    "Number of the last durable cut.",
    () => store.status().lastDurableCut,
  );
  registry.gauge("tollgate_store_failing", "1 while the file cannot be written.", () =>
    cuts.state === "ok" ? 0 : 1,
  );
  registry.gauge("tollgate_file_bytes", "Size of the database.", () => store.status().fileBytes);
  registry.gauge("tollgate_wal_bytes", "Size of its log.", () => store.status().walBytes);
  registry.gauge(
    "tollgate_unsaved_bytes",
    "Bytes of appended rows not yet in the file.",
    () => world.generations.unsavedAppendBytes,
  );
  registry.gauge(
    "tollgate_uncertain",
    "Executions and windows whose counters passed through a loss.",
    () => census.take().uncertain,
  );
  registry.gauge("tollgate_resident_memory_bytes", "Memory of the process.", () => process.memoryUsage.rss());
}
