import { type Decision, VERDICTS } from "../domain/decision.ts";
import { type ByVerdict, DecisionCounters } from "../observability/metrics/decision-counters.ts";
import { Family, Histogram } from "../observability/metrics/instruments.ts";

/** What an answer with a verdict was given to. */
export const DECISION_SOURCES = [
  "register",
  "check",
  "charge",
  "reserve",
  "settle",
  "report",
  "tool_call",
  "tool_output",
  "plan",
  "content",
] as const;
export type DecisionSource = (typeof DECISION_SOURCES)[number];

/** What the doors have done and hold, as plain numbers: read by metrics and /readyz, never written outside transport. */
export interface Counters {
  /** Open now. */
  connections: number;
  usageStreams: number;
  watches: number;
  waitingPolls: number;
  /** Since the start. */
  connectionsRefused: number;
  calls: number;
  /** Errors by reason; INTERNAL for mistakes of ours. */
  readonly errors: { [reason: string]: number };
  readonly decisions: DecisionCounters<DecisionSource>;
  /** From a decoded request to its answer, waiting for the file included, s: one in sixteen is timed. By verdict. */
  readonly decisionSeconds: Family<Histogram>;
  batches: number;
  reports: number;
  duplicates: number;
  rejected: number;
  /** Events handed to streams and watches. */
  events: number;
}

/** Of a decision, seconds: from one made in memory to one that waited for a disk that stalls. */
const DECISION_BOUNDS = [
  0.000_025, 0.000_05, 0.000_1, 0.000_25, 0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1,
];

export function createCounters(): Counters {
  const perVerdict = () => Object.fromEntries(VERDICTS.map((verdict) => [verdict, 0])) as ByVerdict;
  return {
    connections: 0,
    usageStreams: 0,
    watches: 0,
    waitingPolls: 0,
    connectionsRefused: 0,
    calls: 0,
    errors: {},
    decisions: new DecisionCounters(() => ({
      decisions: Object.fromEntries(DECISION_SOURCES.map((source) => [source, perVerdict()])) as {
        [S in DecisionSource]: ByVerdict;
      },
      denied: {},
    })),
    decisionSeconds: new Family(["verdict"], VERDICTS.length, () => new Histogram(DECISION_BOUNDS)),
    batches: 0,
    reports: 0,
    duplicates: 0,
    rejected: 0,
    events: 0,
  };
}

/** Streams, watches and waiting polls that are open: the bound of what agents can make the server hold. */
export function openStreams(counters: Counters): number {
  return counters.usageStreams + counters.watches + counters.waitingPolls;
}

/** Counts a decision that is given, and why it refuses. */
export function countDecision(
  counters: Counters,
  source: DecisionSource,
  { verdict, allowed, findings }: Decision,
  route?: string,
): void {
  const { decisions, denied } = counters.decisions.of(route);
  decisions[source][verdict]++;
  if (allowed) return;
  const reason = findings.find((one) => one.shadow !== true)?.reason;
  if (reason !== undefined) denied[reason] = (denied[reason] ?? 0) + 1;
}
