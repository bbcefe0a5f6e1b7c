import type { Counter, Family, Histogram } from "./instruments.ts";
import { Registry } from "./registry.ts";

// The metrics that business events count. What servers and engine count for themselves: door-metrics.ts and
// runtime/daemon-gauges.ts. Names are those of docs/operate.md and stay.

/** Of a cut, seconds: from one fast commit to a disk that stalls. */
const CUT_BOUNDS = [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 5];
const CUT_ROWS_BOUNDS = [1, 10, 100, 1_000, 10_000, 100_000];
/** Of the event loop, seconds: 50 ms is what a stop may take to reach its agent. */
const DELAY_BOUNDS = [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 1];

/** Rules that are told apart: as many as one tenant may have. */
const RULES_MAX = 1_000;

export interface Metrics {
  readonly registry: Registry;
  readonly violations: Family<Counter>;
  readonly ruleEvaluations: Family<Counter>;
  readonly events: Family<Counter>;
  readonly guardFailures: Family<Counter>;
  readonly policyReloads: Family<Counter>;
  readonly cutFailures: Counter;
  readonly cutSeconds: Histogram;
  readonly cutRows: Histogram;
  readonly cutBytes: Counter;
  readonly clockSteps: Counter;
  readonly reportersSuperseded: Counter;
  readonly linesSuppressed: Counter;
  readonly eventLoopDelaySeconds: Histogram;
}

export function createMetrics(): Metrics {
  const registry = new Registry();
  return {
    registry,
    violations: registry.counters("tollgate_violations_total", "Findings that were kept.", [
      "type",
      "severity",
    ]),
    ruleEvaluations: registry.counters(
      "tollgate_rule_evaluations_total",
      "Rules that fired and access rules that denied, and what came of it.",
      ["rule", "effect"],
      RULES_MAX,
    ),
    events: registry.counters("tollgate_events_total", "Events pushed to the watchers of executions.", [
      "type",
    ]),
    guardFailures: registry.counters(
      "tollgate_guard_failures_total",
      "Guards that failed inside and refused.",
      ["guard"],
    ),
    policyReloads: registry.counters(
      "tollgate_policy_reloads_total",
      "Policies that came into force, and documents that did not.",
      ["result"],
    ),
    cutFailures: registry.counter(
      "tollgate_cut_failures_total",
      "Cuts that the file refused; each is tried again.",
    ),
    cutSeconds: registry.histogram(
      "tollgate_cut_duration_seconds",
      "From the start of a cut to its being durable.",
      CUT_BOUNDS,
    ),
    cutRows: registry.histogram("tollgate_cut_rows", "Rows of a cut.", CUT_ROWS_BOUNDS),
    cutBytes: registry.counter("tollgate_cut_bytes_total", "Bytes of all cuts."),
    clockSteps: registry.counter(
      "tollgate_clock_steps_total",
      "Confirmed jumps ahead of the wall clock by more than an hour.",
    ),
    reportersSuperseded: registry.counter(
      "tollgate_reporters_superseded_total",
      "Reporters that a newer stream or epoch replaced.",
    ),
    linesSuppressed: registry.counter(
      "tollgate_log_lines_suppressed_total",
      "Log lines that were left out because too many came at once.",
    ),
    eventLoopDelaySeconds: registry.histogram(
      "tollgate_event_loop_delay_seconds",
      "How late a timer fired.",
      DELAY_BOUNDS,
    ),
  };
}
