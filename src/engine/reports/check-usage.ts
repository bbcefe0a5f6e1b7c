import { MAX_AMOUNT } from "../../domain/amounts.ts";
import { MAX_CUSTOM_COUNTERS } from "../../domain/execution.ts";
import { isId } from "../../domain/ids.ts";
import type { TokenUsage, Usage } from "../../domain/usage.ts";

/** Why a report counts nowhere. `field` is relative to the report. */
export interface UsageProblem {
  readonly reason: "AMOUNT_TOO_LARGE" | "REPORT_REJECTED" | "CUSTOM_COUNTER_UNKNOWN";
  readonly field: string;
  readonly description: string;
}

/** Longest signature of a step, and longest other text of a report, in characters. */
const MAX_SIGNATURE = 1_024;
const MAX_TEXT = 128;
/** Most bytes of one report. */
const MAX_REPORT_BYTES = 8_192;
/** Bytes of one extra cost beside the text of its kind, and of all numbers of a report, at most. */
const EXTRA_COST_BYTES = 24;
const NUMBERS_BYTES = 256;
/** Most levels of discovery that one report may enter or leave. */
const MAX_DEPTH_DELTA = 1_000;
const MAX_EXTRA_COSTS = 64;

const PLAIN_AMOUNTS = [
  "steps",
  "requests",
  "cpuMillis",
  "memoryMibMillis",
  "memoryBytes",
  "storageBytes",
  "toolCalls",
  "modifications",
] as const;
const FIELD_NAMES: { readonly [field: string]: string } = {
  cpuMillis: "cpu_millis",
  memoryMibMillis: "memory_mib_millis",
  memoryBytes: "memory_bytes",
  storageBytes: "storage_bytes",
  toolCalls: "tool_calls",
  cacheRead: "cache_read",
  cacheWrite: "cache_write",
  cacheWriteLong: "cache_write_long",
  audioIn: "audio_in",
  audioOut: "audio_out",
};

/** The first problem of a report, or undefined when it counts. */
export function findUsageProblem(usage: Usage, customCounters: readonly string[]): UsageProblem | undefined {
  return isSimple(usage) ? undefined : findProblem(usage, customCounters);
}

/** True for amounts within bounds and nothing beside them, which most reports are: no list of fields is walked for those. */
function isSimple(usage: Usage): boolean {
  const { tokens, costNanoUsd } = usage;
  return (
    fits(usage.steps) &&
    fits(usage.requests) &&
    fits(usage.toolCalls) &&
    fits(usage.cpuMillis) &&
    fits(usage.memoryMibMillis) &&
    (tokens === undefined || isSimpleTokens(tokens)) &&
    (costNanoUsd === undefined || (costNanoUsd >= 0n && costNanoUsd <= MAX_AMOUNT)) &&
    usage.step === undefined &&
    usage.occurredAt === undefined &&
    usage.memoryBytes === undefined &&
    usage.storageBytes === undefined &&
    usage.modifications === undefined &&
    usage.operation === undefined &&
    usage.depthDelta === undefined &&
    usage.settlesReservationId === undefined &&
    usage.extraCosts.length === 0 &&
    isEmpty(usage.custom)
  );
}

function isSimpleTokens(tokens: TokenUsage): boolean {
  return (
    fits(tokens.input) &&
    fits(tokens.output) &&
    tokens.cacheRead === undefined &&
    tokens.cacheWrite === undefined &&
    tokens.cacheWriteLong === undefined &&
    tokens.reasoning === undefined &&
    tokens.audioIn === undefined &&
    tokens.audioOut === undefined
  );
}

function fits(amount: bigint | undefined): boolean {
  return amount === undefined || amount <= MAX_AMOUNT;
}

function isEmpty(custom: Usage["custom"]): boolean {
  for (const _name in custom) return false;
  return true;
}

function findProblem(usage: Usage, customCounters: readonly string[]): UsageProblem | undefined {
  for (const field of PLAIN_AMOUNTS) {
    const amount = usage[field];
    if (amount !== undefined && amount > MAX_AMOUNT) return tooLarge(field);
  }
  return (
    (usage.tokens === undefined ? undefined : findTokenProblem(usage.tokens)) ??
    findCostProblem(usage) ??
    findCustomProblem(usage, customCounters) ??
    findTextProblem(usage)
  );
}

const INPUT_PARTS = ["cacheRead", "cacheWrite", "cacheWriteLong", "audioIn"] as const;
const OUTPUT_PARTS = ["reasoning", "audioOut"] as const;

/** Parts must fit into their whole together: otherwise taking them out would leave less than nothing. */
export function findTokenProblem(tokens: TokenUsage): UsageProblem | undefined {
  const input = tokens.input ?? 0n;
  const output = tokens.output ?? 0n;
  if (input > MAX_AMOUNT) return tooLarge("tokens.input");
  if (output > MAX_AMOUNT) return tooLarge("tokens.output");
  return (
    findPartProblem(tokens, INPUT_PARTS, input, "input") ??
    findPartProblem(tokens, OUTPUT_PARTS, output, "output")
  );
}

function findPartProblem(
  tokens: TokenUsage,
  parts: readonly (keyof TokenUsage)[],
  whole: bigint,
  name: string,
): UsageProblem | undefined {
  let sum = 0n;
  for (const part of parts) {
    const amount = tokens[part];
    if (amount === undefined) continue;
    sum += amount;
    if (amount > whole || sum > whole) {
      const field = `tokens.${FIELD_NAMES[part] ?? part}`;
      return {
        reason: "REPORT_REJECTED",
        field,
        description: `is part of tokens.${name} and must not be larger than it`,
      };
    }
  }
  return undefined;
}

function findCostProblem(usage: Usage): UsageProblem | undefined {
  const problem = costProblem("cost_nano_usd", usage.costNanoUsd);
  if (problem !== undefined || usage.extraCosts.length === 0) return problem;
  if (usage.extraCosts.length > MAX_EXTRA_COSTS) return rejected("extra_costs", `at most ${MAX_EXTRA_COSTS}`);
  let bytes = NUMBERS_BYTES + (usage.step?.signature?.length ?? 0) + (usage.operation?.length ?? 0);
  for (let at = 0; at < usage.extraCosts.length; at++) {
    const { kind, quantity, nanoUsd } = usage.extraCosts[at] as Usage["extraCosts"][number];
    if (quantity !== undefined && quantity > MAX_AMOUNT) return tooLarge(`extra_costs[${at}].quantity`);
    const extra = costProblem(`extra_costs[${at}].nano_usd`, nanoUsd);
    if (extra !== undefined) return extra;
    if (!isId(kind)) return rejected(`extra_costs[${at}].kind`, "1 to 128 visible ASCII characters");
    bytes += kind.length + EXTRA_COST_BYTES;
  }
  return bytes > MAX_REPORT_BYTES
    ? rejected("extra_costs", `a report is at most ${MAX_REPORT_BYTES} bytes`)
    : undefined;
}

function costProblem(field: string, nanoUsd: bigint | undefined): UsageProblem | undefined {
  if (nanoUsd === undefined) return undefined;
  if (nanoUsd < 0n) return rejected(field, "must not be negative");
  return nanoUsd > MAX_AMOUNT ? tooLarge(field) : undefined;
}

function findCustomProblem(usage: Usage, customCounters: readonly string[]): UsageProblem | undefined {
  let names = 0;
  for (const name in usage.custom) {
    if (++names > MAX_CUSTOM_COUNTERS) return rejected("custom", `at most ${MAX_CUSTOM_COUNTERS} names`);
    if (!customCounters.includes(name)) {
      const description = `"${name.slice(0, 64)}" is not declared in custom_counters`;
      return { reason: "CUSTOM_COUNTER_UNKNOWN", field: "custom", description };
    }
    if ((usage.custom[name] as bigint) > MAX_AMOUNT) return tooLarge(`custom[${name}]`);
  }
  return undefined;
}

function findTextProblem(usage: Usage): UsageProblem | undefined {
  const { step, depthDelta, settlesReservationId, occurredAt } = usage;
  if (step !== undefined) {
    if ((step.name?.length ?? 0) > MAX_TEXT) return rejected("step.name", `at most ${MAX_TEXT} characters`);
    if ((step.signature?.length ?? 0) > MAX_SIGNATURE)
      return rejected("step.signature", `at most ${MAX_SIGNATURE} characters`);
    if ((step.resultDigest?.length ?? 0) > MAX_TEXT)
      return rejected("step.result_digest", `at most ${MAX_TEXT} characters`);
  }
  if (usage.operation !== undefined && usage.operation.length > MAX_TEXT) {
    return rejected("operation", `at most ${MAX_TEXT} characters`);
  }
  if (depthDelta !== undefined && Math.abs(depthDelta) > MAX_DEPTH_DELTA) {
    return rejected("depth_delta", `between -${MAX_DEPTH_DELTA} and ${MAX_DEPTH_DELTA}`);
  }
  if (settlesReservationId !== undefined && !isId(settlesReservationId)) {
    return rejected("settles_reservation_id", "1 to 128 visible ASCII characters");
  }
  if (
    occurredAt !== undefined &&
    (occurredAt.seconds < 0n || occurredAt.nanos < 0 || occurredAt.nanos > 999_999_999)
  ) {
    return rejected("occurred_at", "an instant since 1970");
  }
  return undefined;
}

function tooLarge(field: string): UsageProblem {
  return {
    reason: "AMOUNT_TOO_LARGE",
    field: FIELD_NAMES[field] ?? field,
    description: `at most ${MAX_AMOUNT} (2^48)`,
  };
}

function rejected(field: string, description: string): UsageProblem {
  return { reason: "REPORT_REJECTED", field, description };
}
