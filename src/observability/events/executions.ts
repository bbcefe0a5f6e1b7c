import type { Amount } from "../../domain/amounts.ts";
import type { Decision, Finding, Violation } from "../../domain/decision.ts";
import type { EventType, ExecutionEvent } from "../../domain/event.ts";
import type { LogLevel } from "../logger.ts";
import type { Telemetry } from "../telemetry.ts";

// What happened to executions. The text of an event may hold what an operator or an agent wrote: lines carry its type, its
// reason and its numbers instead.

interface Line {
  readonly level: Exclude<LogLevel, "silent">;
  readonly event: string;
  readonly message: string;
}

const LINES: { readonly [T in EventType]: Line } = {
  HALT: { level: "warn", event: "execution_halted", message: "execution halted" },
  PAUSE: { level: "warn", event: "execution_paused", message: "execution paused" },
  RESUME: { level: "info", event: "execution_resumed", message: "execution resumed" },
  WARNING: { level: "info", event: "limit_near", message: "execution is near a limit" },
  BLOCK: { level: "info", event: "execution_blocked", message: "further intents of this kind are refused" },
  LIMITS_CHANGED: { level: "info", event: "limits_changed", message: "limits of an execution changed" },
  QUOTA_EXHAUSTED: { level: "warn", event: "quota_exhausted", message: "quota exhausted" },
  QUOTA_ALERT: { level: "warn", event: "quota_alert", message: "quota nearly used" },
  RESERVATION_EXPIRED: { level: "info", event: "reservation_expired", message: "reservation expired" },
  STEP_TIMEOUT: { level: "warn", event: "step_timed_out", message: "step took longer than it may" },
  APPROVAL_OPENED: { level: "warn", event: "approval_opened", message: "execution waits for a person" },
  APPROVAL_ANSWERED: { level: "info", event: "approval_answered", message: "approval answered" },
  STORE_FAILING: {
    level: "warn",
    event: "execution_store_failing",
    message: "execution was told that the file fails",
  },
  DATA_LOSS: {
    level: "error",
    event: "execution_uncertain",
    message: "counters of an execution passed through a loss",
  },
  COMPLETED: { level: "info", event: "execution_completed", message: "execution completed" },
};

/** An event was pushed to the watchers of an execution: halted, paused, resumed, completed, approval opened … */
export function executionEventPushed(telemetry: Telemetry, executionId: string, event: ExecutionEvent): void {
  telemetry.metrics.events.with(event.type).add();
  const { level, event: name, message } = LINES[event.type];
  telemetry.logBounded(
    level,
    {
      event: name,
      execution_id: executionId,
      approval_id: event.approvalId,
      elapsed_ms: event.elapsedMs,
      ...findingFields(event.finding),
    },
    message,
  );
}

/** A finding was kept as a violation: something was refused, or would have been. */
export function violationRecorded(telemetry: Telemetry, violation: Violation): void {
  const { finding, severity, sequence, tenant, executionId } = violation;
  telemetry.metrics.violations.with(finding.violationType ?? finding.reason, severity).add();
  const { kind, sourceId, verdict, shadow } = finding;
  if ((kind === "RULE" || kind === "ACCESS") && sourceId !== undefined)
    telemetry.metrics.ruleEvaluations.with(sourceId, shadow === true ? "SHADOW" : verdict).add();
  telemetry.logBounded(
    "info",
    {
      event: "violation_recorded",
      execution_id: executionId,
      tenant,
      severity,
      sequence,
      ...findingFields(finding),
    },
    finding.shadow === true ? "would have been refused" : finding.verdict === "WARN" ? "kept" : "refused",
  );
}

/** An access rule asked for it: every decision one line, never dropped for there being many. */
export function decisionTold(
  telemetry: Telemetry,
  by: "log" | "notify",
  ruleId: string,
  executionId: string,
  { decisionId, verdict, findings }: Decision,
): void {
  telemetry.logger.log(
    by === "log" ? "info" : "warn",
    {
      event: by === "log" ? "decision_logged" : "decision_notified",
      decision_id: decisionId,
      execution_id: executionId,
      source_id: ruleId,
      verdict,
      reason: findings[0]?.reason,
    },
    by === "log"
      ? "decision, logged for an access rule"
      : "an access rule wants operators to know of a decision",
  );
}

/** A newer stream or epoch of a reporter took over. */
export function reporterSuperseded(telemetry: Telemetry, reporter: number): void {
  telemetry.metrics.reportersSuperseded.add();
  telemetry.logBounded(
    "info",
    { event: "reporter_superseded", reporter },
    "a newer stream of a reporter took over",
  );
}

function findingFields(finding: Finding | undefined) {
  if (finding === undefined) return {};
  return {
    reason: finding.reason,
    verdict: finding.verdict,
    source_id: finding.sourceId,
    current: formatAmount(finding.current),
    limit: formatAmount(finding.limit),
    percent: finding.percent,
    shadow: finding.shadow,
  };
}

function formatAmount(amount: Amount | undefined): string | undefined {
  return amount === undefined ? undefined : `${amount.value} ${amount.kind}`;
}

/** A guard failed inside and refused: a mistake of ours. The text of the error may hold what it looked at: it is left out. */
export function guardFailed(
  telemetry: Telemetry,
  guardId: string,
  executionId: string,
  error: unknown,
): void {
  telemetry.metrics.guardFailures.with(guardId).add();
  const { name, stack = "" } = error instanceof Error ? error : new Error("not an error");
  const frames = stack.split("\n").filter((line) => line.trimStart().startsWith("at "));
  telemetry.logBounded(
    "error",
    {
      event: "guard_failed",
      source_id: guardId,
      execution_id: executionId,
      error_name: name,
      error_stack: frames.join("\n"),
    },
    "a guard failed and refused the call",
  );
}
