import type { DecisionCounters } from "./metrics/decision-counters.ts";
import type { Family, Histogram } from "./metrics/instruments.ts";

/** What the gRPC servers count for themselves, as metrics and health read it. */
export interface DoorCounters {
  /** Open now. */
  readonly connections: number;
  readonly usageStreams: number;
  readonly watches: number;
  readonly waitingPolls: number;
  /** Since the start. */
  readonly connectionsRefused: number;
  readonly calls: number;
  /** By reason; INTERNAL for mistakes of ours. */
  readonly errors: { readonly [reason: string]: number };
  readonly decisions: Pick<DecisionCounters, "all">;
  /** Seconds of sampled decisions, by verdict. */
  readonly decisionSeconds: Family<Histogram>;
  readonly batches: number;
  readonly reports: number;
  readonly duplicates: number;
  readonly rejected: number;
  /** Handed to streams and watches. */
  readonly events: number;
}

export interface DecisionTotals {
  readonly total: number;
  /** ALLOW, WARN and REPAIR. */
  readonly allowed: number;
  readonly denied: number;
}

export function sumDecisions({ decisions }: DoorCounters): DecisionTotals {
  let allowed = 0;
  let denied = 0;
  for (const [, counters] of decisions.all()) {
    for (const byVerdict of Object.values(counters.decisions)) {
      allowed += byVerdict.ALLOW + byVerdict.WARN + byVerdict.REPAIR;
      denied += byVerdict.THROTTLE + byVerdict.PAUSE + byVerdict.BLOCK;
    }
  }
  return { total: allowed + denied, allowed, denied };
}
