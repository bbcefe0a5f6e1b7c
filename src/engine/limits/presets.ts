import type { LimitKey, LongRunningPreset } from "../../domain/limits.ts";

// Presets for long-running executions. Values: the source's LongRunningExecutionPolicy; money in nano-USD.

const USD = 1_000_000_000n;

export const PRESETS: { readonly [P in LongRunningPreset]: { readonly [K in LimitKey]?: bigint } } = {
  standard: {
    max_discovered_steps: 50n,
    max_discovery_depth: 5n,
    cost_alert_threshold_usd: 5n * USD,
    idle_timeout_seconds: 1_800n,
    max_same_step_repetitions: 3n,
  },
  extended: {
    max_discovered_steps: 300n,
    max_discovery_depth: 10n,
    cost_alert_threshold_usd: 50n * USD,
    idle_timeout_seconds: 14_400n,
    max_same_step_repetitions: 5n,
  },
  /** The cost alert stays: the safety net of a run without other bounds. */
  unlimited: { cost_alert_threshold_usd: 100n * USD, idle_timeout_seconds: 86_400n },
  disabled: {},
};
