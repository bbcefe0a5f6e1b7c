import { VERDICTS, type Verdict } from "../domain/decision.ts";

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
  readonly decisions: { readonly [S in DecisionSource]: { [V in Verdict]: number } };
  batches: number;
  reports: number;
  duplicates: number;
  rejected: number;
  /** Events handed to streams and watches. */
  events: number;
}

export function createCounters(): Counters {
  const perVerdict = () =>
    Object.fromEntries(VERDICTS.map((verdict) => [verdict, 0])) as { [V in Verdict]: number };
  return {
    connections: 0,
    usageStreams: 0,
    watches: 0,
    waitingPolls: 0,
    connectionsRefused: 0,
    calls: 0,
    errors: {},
    decisions: Object.fromEntries(
      DECISION_SOURCES.map((source) => [source, perVerdict()]),
    ) as Counters["decisions"],
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
