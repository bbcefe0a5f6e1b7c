import { CONCURRENCY_LEVELS, type EffectiveLimit, LIMIT_KEYS, type LimitKey } from "../../domain/limits.ts";
import type { PolicyPath } from "../../domain/policy/document.ts";
import type { LimitPolicy } from "../limits/effective-limits.ts";
import { type PolicyValues, sourceOf } from "./policy-source.ts";

// The section `execution` as the engine of limits reads it: every limit with who decided it.

interface Bound {
  readonly value: bigint;
  readonly mode: "enforce" | "shadow" | "off";
  readonly on_exceed: EffectiveLimit["onExceed"];
}

export function limitPolicyOf(policy: PolicyValues): LimitPolicy {
  const { execution, operations, approvals, custom_counters } = policy.settings;
  const limit = (bound: Bound | undefined, path: PolicyPath) => effectiveLimit(policy, bound, path);
  const byKey: { [K in LimitKey]?: EffectiveLimit } = {};
  for (const key of LIMIT_KEYS) {
    const found =
      key === "max_modifications_per_session"
        ? limit(operations[key], ["operations", key])
        : limit(execution[key], ["execution", key]);
    if (found !== undefined) byKey[key] = found;
  }
  const custom: { [name: string]: EffectiveLimit } = {};
  for (const [name, bound] of Object.entries(execution.custom)) {
    const found = limit(bound, ["execution", "custom", name]);
    if (found !== undefined) custom[name] = found;
  }
  const concurrency: { [level: string]: EffectiveLimit } = {};
  for (const level of CONCURRENCY_LEVELS) {
    const path = ["execution", "max_concurrent_executions", level];
    const found = limit(execution.max_concurrent_executions[level], path);
    if (found !== undefined) concurrency[level] = found;
  }
  return {
    byKey,
    custom,
    concurrency,
    warningThreshold: execution.warning_threshold,
    timeoutGraceMs: execution.timeout_grace_ms,
    emitWarningEvents: execution.emit_warning_events,
    emitBlockEvents: execution.emit_block_events,
    loopWindow: execution.loop_window,
    loopEscalation: execution.loop_escalation,
    loopExempt: execution.loop_exempt_tools,
    onStepTimeout: execution.on_step_timeout,
    holdMaxFraction: execution.hold_max_fraction,
    carveMode: execution.carve,
    lateToleranceMs: execution.late_tolerance,
    unregistered: execution.unregistered,
    unknownPrice: execution.unknown_price,
    costSource: execution.cost_source,
    approvalTimeoutMs: approvals.timeout,
    onApprovalTimeout: approvals.on_timeout,
    customCounters: custom_counters,
  };
}

function effectiveLimit(
  policy: PolicyValues,
  bound: Bound | undefined,
  path: PolicyPath,
): EffectiveLimit | undefined {
  if (bound === undefined || bound.mode === "off") return undefined;
  const source = sourceOf(policy, [...path, "value"]);
  return {
    value: bound.value,
    mode: bound.mode,
    onExceed: bound.on_exceed,
    tier: source.tier,
    ...(source.document === undefined ? {} : { document: source.document, line: source.line }),
    ...(typeof source.ceiling === "bigint" ? { ceiling: source.ceiling } : {}),
  };
}
