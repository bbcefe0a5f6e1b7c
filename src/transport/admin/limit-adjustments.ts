import { formatUsd, MAX_COUNTER, parseUsd } from "../../domain/amounts.ts";
import type { FieldProblem } from "../../domain/errors.ts";
import {
  LIMIT_KEYS,
  LIMITS,
  type LimitKey,
  type LimitOverrides,
  type LimitUnit,
} from "../../domain/limits.ts";
import type { ExecutionRecord } from "../../engine/executions/execution-record.ts";
import type { LimitAdjustment } from "../../gen/tollgate/admin/v1/execution_admin_service_pb.ts";
import { limitAmount } from "../convert/amounts.ts";
import { durationFromProto, durationToProto } from "../convert/times.ts";
import { fieldError } from "../validate/rules.ts";

// Limits as operators write them: each value in the form its key has, money as decimal text.

type Value = LimitAdjustment["value"];

const CASE_OF_UNIT: { readonly [U in LimitUnit]: NonNullable<Value["case"]> } = {
  count: "count",
  nanoUsd: "usd",
  milliseconds: "duration",
  seconds: "duration",
  bytes: "bytes",
};

const keys: ReadonlySet<string> = new Set(LIMIT_KEYS);

/** What an operator sets. @throws TollgateError FIELD_INVALID naming every adjustment that is wrong */
export function adjustmentsFromProto(adjustments: readonly LimitAdjustment[]): LimitOverrides {
  const values: { [K in LimitKey]?: bigint } = {};
  const custom: { [name: string]: bigint } = {};
  const problems: FieldProblem[] = [];
  const seen = new Set<string>();
  for (const [at, { key, value }] of adjustments.entries()) {
    const field = `adjustments[${at}]`;
    const isCustom = key.startsWith("custom.");
    if (!isCustom && !keys.has(key))
      problems.push({ field: `${field}.key`, description: "is not the key of a limit" });
    else if (seen.has(key)) problems.push({ field: `${field}.key`, description: "comes twice" });
    else {
      seen.add(key);
      const amount = amountOf(value, isCustom ? "count" : LIMITS[key as LimitKey].unit);
      if (typeof amount === "string") problems.push({ field: `${field}.value`, description: amount });
      else if (isCustom) custom[key.slice("custom.".length)] = amount;
      else values[key as LimitKey] = amount;
    }
  }
  if (problems.length > 0) throw fieldError(problems);
  return { values, custom };
}

/** The amount in the unit of the key, or what is wrong with it. */
function amountOf(value: Value, unit: LimitUnit): bigint | string {
  const wanted = CASE_OF_UNIT[unit];
  if (value.case !== wanted) return `must be given as ${wanted}`;
  if (value.case === "usd") {
    try {
      return parseUsd(value.value);
    } catch (error) {
      return error instanceof RangeError ? error.message : "is no amount of money";
    }
  }
  if (value.case === "duration") {
    const ms = durationFromProto(value.value);
    if (value.value.nanos < 0 || ms < 0 || ms > MAX_TIME_MS) return "0 to 365 days";
    return unit === "seconds" ? BigInt(Math.ceil(ms / 1000)) : BigInt(ms);
  }
  if (value.case === "count" || value.case === "bytes")
    return value.value <= MAX_COUNTER ? value.value : `at most ${MAX_COUNTER}`;
  return "is required";
}

/** Longest time that a limit can name. */
const MAX_TIME_MS = 365 * 86_400_000;

/** The adjustments in force, by operators and approvals. */
export function adjustmentsToProto({ adjusted }: ExecutionRecord): LimitAdjustment[] {
  const result: LimitAdjustment[] = [];
  for (const key of LIMIT_KEYS) {
    const value = adjusted.values[key];
    if (value !== undefined) result.push(adjustment(key, valueToProto(LIMITS[key].unit, value)));
  }
  for (const [name, value] of Object.entries(adjusted.custom))
    result.push(adjustment(`custom.${name}`, { case: "count", value }));
  return result;
}

function adjustment(key: string, value: Value): LimitAdjustment {
  return { $typeName: "tollgate.admin.v1.LimitAdjustment", key, value };
}

function valueToProto(unit: LimitUnit, value: bigint): Value {
  if (unit === "nanoUsd") return { case: "usd", value: formatUsd(value) };
  if (unit === "bytes") return { case: "bytes", value };
  if (unit === "count") return { case: "count", value };
  const { value: amount } = limitAmount(unit, value);
  return { case: "duration", value: amount.case === "duration" ? amount.value : durationToProto(0) };
}
