import type { Effect } from "../engine/world.ts";
import { clockStepped, quotaAdjusted } from "../observability/events/daemon.ts";
import {
  decisionTold,
  executionEventPushed,
  guardFailed,
  reporterSuperseded,
  violationRecorded,
} from "../observability/events/executions.ts";
import type { Telemetry } from "../observability/telemetry.ts";

/** Counts and logs what came of a turn. Never throws: a metric that fails must not fail a decision. */
export function recordEffect(telemetry: Telemetry, effect: Effect): void {
  switch (effect.type) {
    case "pushed":
      return executionEventPushed(telemetry, effect.executionId, effect.event);
    case "violation":
      return violationRecorded(telemetry, effect.violation);
    case "reporter_superseded":
      return reporterSuperseded(telemetry, effect.reporter);
    case "guard_failed":
      return guardFailed(telemetry, effect.guardId, effect.executionId, effect.error);
    case "quota_adjusted":
      return quotaAdjusted(telemetry, effect);
    case "decision_told":
      return decisionTold(telemetry, effect.by, effect.ruleId, effect.executionId, effect.decision);
    case "clock_step":
      return clockStepped(telemetry, effect.byMs);
    // Both are told by the event that was pushed with them.
    case "approval_answered":
    case "completed":
      return undefined;
  }
}
