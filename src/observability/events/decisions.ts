import type { Decision } from "../../domain/decision.ts";
import type { Telemetry } from "../telemetry.ts";

// What was decided. Allowed decisions are counted, and one in ten thousand is logged; every refusal is a line.

/** What was asked: the RPC in lower case. */
export type DecisionKind = "check" | "charge" | "reserve" | "settle" | "usage" | "register";

/** Allowed decisions per log line. */
const ALLOWED_PER_LINE = 10_000;

export interface DecisionFacts {
  readonly kind: DecisionKind;
  readonly executionId: string;
  readonly tenant?: string | undefined;
  readonly route?: string | undefined;
  readonly traceId?: string | undefined;
}

/** A decision was answered. */
export function decisionAnswered(telemetry: Telemetry, decision: Decision, facts: DecisionFacts): void {
  const { metrics, totals } = telemetry;
  const route = facts.route ?? "";
  metrics.decisions.with(decision.verdict, facts.kind, route).add();
  if (decision.allowed) {
    totals.allowed += 1;
    if (totals.allowed % ALLOWED_PER_LINE === 1) logDecision(telemetry, decision, facts, "request allowed");
    return;
  }
  totals.denied += 1;
  metrics.denied.with(decision.findings[0]?.reason ?? "", route).add();
  logDecision(telemetry, decision, facts, "request refused");
}

/** The time one decision took, at the edge. */
export function decisionTimed(telemetry: Telemetry, verdict: Decision["verdict"], seconds: number): void {
  telemetry.metrics.decisionSeconds.with(verdict).observe(seconds);
}

function logDecision(telemetry: Telemetry, decision: Decision, facts: DecisionFacts, message: string): void {
  const first = decision.findings[0];
  telemetry.logBounded(
    "info",
    {
      event: decision.allowed ? "decision_allowed" : "decision_refused",
      decision_id: decision.decisionId,
      execution_id: facts.executionId,
      tenant: facts.tenant,
      kind: facts.kind,
      route: facts.route,
      verdict: decision.verdict,
      reason: first?.reason,
      source_id: first?.sourceId,
      percent: first?.percent,
      trace_id: facts.traceId,
    },
    message,
  );
}
