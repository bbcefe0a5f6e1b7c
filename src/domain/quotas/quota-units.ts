import { SPENT, SPENT_STRIDE } from "../counters.ts";
import type { Severity } from "../decision.ts";
import type { LimitUnit } from "../limits.ts";
import type { ReasonCode } from "../reasons.ts";

// The quotas there are: which counter of a window each bounds, and how findings call it (docs/quotas.md). A new one is a
// line here, a key of `quotas` and a case.

/** Place of the total of tokens, behind the counters. */
const TOTAL_TOKENS = SPENT_STRIDE;

export type QuotaPeriod = "hour" | "day" | "month";

export interface QuotaUnit {
  /** Counter of a window's row, or the total of tokens. */
  readonly counter: number;
  /** Begins the id of its findings: `quota_requests_hour`. */
  readonly id: string;
  /** In alerts and usage reports: `cost_day`. */
  readonly metric: string;
  /** In texts: `Hourly request quota exceeded`. */
  readonly noun: string;
  readonly reason: ReasonCode;
  readonly unit: LimitUnit | "cpuMillis" | "memoryTime";
}

export const QUOTA_UNITS = {
  requests: {
    counter: SPENT.requests,
    id: "quota_requests",
    metric: "requests",
    noun: "request quota",
    reason: "QUOTA_REQUESTS",
    unit: "count",
  },
  tokens: {
    counter: TOTAL_TOKENS,
    id: "quota_tokens",
    metric: "tokens",
    noun: "token quota",
    reason: "QUOTA_TOKENS",
    unit: "count",
  },
  input_tokens: {
    counter: SPENT.inputTokens,
    id: "quota_input_tokens",
    metric: "input_tokens",
    noun: "input token quota",
    reason: "QUOTA_TOKENS",
    unit: "count",
  },
  output_tokens: {
    counter: SPENT.outputTokens,
    id: "quota_output_tokens",
    metric: "output_tokens",
    noun: "output token quota",
    reason: "QUOTA_TOKENS",
    unit: "count",
  },
  cost_usd: {
    counter: SPENT.costNanoUsd,
    id: "cost_limit",
    metric: "cost",
    noun: "cost limit",
    reason: "QUOTA_COST",
    unit: "nanoUsd",
  },
  cpu_hours: {
    counter: SPENT.cpuMillis,
    id: "quota_cpu_hours",
    metric: "cpu_hours",
    noun: "CPU hours quota",
    reason: "QUOTA_CPU",
    unit: "cpuMillis",
  },
  memory_gb_hours: {
    counter: SPENT.memoryMibMillis,
    id: "quota_memory_gb_hours",
    metric: "memory_gb_hours",
    noun: "memory GB-hours quota",
    reason: "QUOTA_MEMORY",
    unit: "memoryTime",
  },
} as const satisfies { readonly [key: string]: QuotaUnit };

export type QuotaKey = keyof typeof QUOTA_UNITS;
export const QUOTA_KEYS = Object.keys(QUOTA_UNITS) as readonly QuotaKey[];

export const PERIOD_WORDS: { readonly [P in QuotaPeriod]: string } = {
  hour: "Hourly",
  day: "Daily",
  month: "Monthly",
};

/** Money of a day or a month is the most that a tenant can lose. */
export function quotaSeverity(key: string, period: QuotaPeriod): Severity {
  return key === "cost_usd" && period !== "hour" ? "critical" : "high";
}

/** Percent of a quota above which an event tells of it, the higher one as critical. */
export const ALERT_PERCENTS = [75, 90] as const;
