import type { Amount } from "../../domain/amounts.ts";
import type { Remaining } from "../../domain/decision.ts";
import type { LimitUnit } from "../../domain/limits.ts";
import {
  Unit,
  type UnitAmount,
  type Amount as WireAmount,
} from "../../gen/tollgate/enforcement/v1/amount_pb.ts";
import { durationToProto } from "./times.ts";

export function amountToProto(amount: Amount): WireAmount {
  return { $typeName: "tollgate.enforcement.v1.Amount", value: valueToProto(amount) };
}

function valueToProto(amount: Amount): WireAmount["value"] {
  switch (amount.kind) {
    case "count":
      return { case: "count", value: amount.value };
    case "nanoUsd":
      return { case: "nanoUsd", value: amount.value };
    case "durationMs":
      return { case: "duration", value: durationToProto(amount.value) };
    case "bytes":
      return { case: "bytes", value: amount.value };
    case "cpuMillis":
      return { case: "cpuMillis", value: amount.value };
    case "ratio":
      return { case: "ratio", value: amount.value };
  }
}

/** A value of a limit, in the unit of its key. */
export function limitAmount(unit: LimitUnit, value: bigint): WireAmount {
  if (unit === "nanoUsd") return amountToProto({ kind: "nanoUsd", value });
  if (unit === "milliseconds") return amountToProto({ kind: "durationMs", value: Number(value) });
  if (unit === "seconds") return amountToProto({ kind: "durationMs", value: Number(value) * 1000 });
  return amountToProto({ kind: unit === "bytes" ? "bytes" : "count", value });
}

const REMAINING_UNITS: { readonly [U in Remaining["unit"]]: Unit } = {
  steps: Unit.STEPS,
  tokens: Unit.TOKENS,
  input_tokens: Unit.INPUT_TOKENS,
  output_tokens: Unit.OUTPUT_TOKENS,
  cost: Unit.COST,
  time: Unit.WALL_TIME,
  requests: Unit.REQUESTS,
  tool_calls: Unit.TOOL_CALLS,
  discovered_steps: Unit.DISCOVERED_STEPS,
};

export function remainingToProto(remaining: Remaining): UnitAmount {
  return unitAmount(REMAINING_UNITS[remaining.unit], amountToProto(remaining.amount));
}

export function unitAmount(unit: Unit, amount: WireAmount): UnitAmount {
  return { $typeName: "tollgate.enforcement.v1.UnitAmount", unit, amount };
}

/** Units of the places of HELD, in their order; the ninth is for tokens of no kind. */
const HELD_UNITS = [
  Unit.STEPS,
  Unit.DISCOVERED_STEPS,
  Unit.INPUT_TOKENS,
  Unit.OUTPUT_TOKENS,
  Unit.COST,
  Unit.REQUESTS,
  Unit.TOOL_CALLS,
  Unit.MODIFICATIONS,
  Unit.TOKENS,
];

/** What is held, by unit; units of which nothing is held are left out. */
export function heldToProto(held: BigInt64Array, base = 0): UnitAmount[] {
  const amounts: UnitAmount[] = [];
  for (const [place, unit] of HELD_UNITS.entries()) {
    const value = held[base + place] ?? 0n;
    if (value <= 0n) continue;
    amounts.push(unitAmount(unit, amountToProto({ kind: unit === Unit.COST ? "nanoUsd" : "count", value })));
  }
  return amounts;
}

const LIMIT_UNITS: { readonly [key: string]: Unit } = {
  max_wall_time_ms: Unit.WALL_TIME,
  max_working_time_ms: Unit.WORKING_TIME,
  max_steps: Unit.STEPS,
  max_tokens: Unit.TOKENS,
  max_input_tokens: Unit.INPUT_TOKENS,
  max_output_tokens: Unit.OUTPUT_TOKENS,
  max_memory_mb: Unit.MEMORY,
  cost_alert_threshold_usd: Unit.COST,
  max_cost_usd: Unit.COST,
  max_discovery_depth: Unit.DISCOVERY_DEPTH,
  max_discovered_steps: Unit.DISCOVERED_STEPS,
  idle_timeout_seconds: Unit.IDLE_TIME,
  max_same_step_repetitions: Unit.STEP_REPETITIONS,
  max_requests: Unit.REQUESTS,
  max_tool_calls: Unit.TOOL_CALLS,
  max_modifications_per_session: Unit.MODIFICATIONS,
};

/** The unit of a policy key, e.g. `max_steps`, `custom.pages`; undefined for a key without one. */
export function unitOfKey(key: string): Unit | undefined {
  if (key.startsWith("custom.")) return Unit.CUSTOM;
  if (key.startsWith("max_concurrent_executions.")) return Unit.EXECUTIONS;
  return LIMIT_UNITS[key] ?? QUOTA_UNITS.find(([prefix]) => key.startsWith(prefix))?.[1];
}

/** Beginnings of the ids of quotas: `quota_requests_hour`. */
const QUOTA_UNITS: readonly (readonly [string, Unit])[] = [
  ["quota_requests", Unit.REQUESTS],
  ["quota_tokens", Unit.TOKENS],
  ["quota_input_tokens", Unit.INPUT_TOKENS],
  ["quota_output_tokens", Unit.OUTPUT_TOKENS],
  ["cost_limit", Unit.COST],
  ["quota_cpu_hours", Unit.CPU_TIME],
  ["quota_memory_gb_hours", Unit.MEMORY_TIME],
  ["quota_storage_gb", Unit.STORAGE],
  ["quota_custom_", Unit.CUSTOM],
  ["quota_concurrent_requests", Unit.SLOTS],
  ["quota_concurrent_executions", Unit.EXECUTIONS],
];

/** The custom counter that a limit or quota is on: `custom.pages`, `quota_custom_pages_day`. */
export function customNameOf(key: string): string | undefined {
  if (key.startsWith("custom.")) return key.slice("custom.".length);
  return /^quota_custom_(.+)_(?:hour|day|month)$/.exec(key)?.[1];
}
