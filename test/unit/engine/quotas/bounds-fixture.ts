// What bounds principals, written as policies write it.

import type { PolicyDocument } from "../../../../src/domain/policy/document.ts";
import { NO_PLACES } from "../../../../src/domain/policy/place-table.ts";
import type { QuotasFile } from "../../../../src/domain/quotas/quotas-file.ts";
import type { PolicySet } from "../../../../src/engine/policy/policy-set.ts";
import { createPolicySet } from "../../../../src/engine/policy/resolve-policy.ts";
import type { QuotaSettings } from "../../../../src/engine/quotas/quota-settings.ts";
import type { RateSettings } from "../../../../src/engine/rates/rate-settings.ts";

/** A policy of documents: a Baseline, and the file of the tenant `default`. */
export function documentsOf(
  baseline: PolicyDocument["value"],
  tenant: PolicyDocument["value"] = {},
): PolicySet {
  const document = (kind: PolicyDocument["kind"], value: PolicyDocument["value"]): PolicyDocument => ({
    kind,
    name: `${kind}.yaml`,
    value: { apiVersion: "tollgate.dev/v1", kind, ...value },
    places: NO_PLACES,
  });
  const file = document("Tenant", { tenant: "default", ...tenant });
  return createPolicySet({
    baseline: document("Baseline", baseline),
    tenants: [{ tenant: "default", file, api: undefined, isInvalid: false }],
  });
}

type Written<T> = T | { readonly value: T; readonly mode?: "enforce" | "shadow" | "off" };
type Windows<T> = { readonly [P in "hour" | "day" | "month"]?: Written<T> };

export interface WrittenQuotas {
  readonly requests?: Windows<bigint>;
  readonly tokens?: Windows<bigint>;
  readonly input_tokens?: Windows<bigint>;
  readonly output_tokens?: Windows<bigint>;
  readonly cost_usd?: Windows<bigint>;
  readonly cpu_hours?: Windows<number>;
  readonly memory_gb_hours?: Windows<number>;
  readonly storage_gb?: Written<number>;
  readonly custom?: { readonly [name: string]: Windows<bigint> };
  readonly concurrent_requests?: Written<bigint>;
  readonly concurrent_executions?: Written<bigint>;
}

/** Quotas as an effective policy has them. */
export function quotasOf(written: { readonly [principal: string]: WrittenQuotas }): QuotaSettings {
  const entries = Object.entries(written).map(([principal, { custom = {}, ...quotas }]) => {
    const named = Object.entries(custom).map(([name, windows]) => [name, completed(windows)]);
    return [principal, { ...EMPTY_WINDOWS, ...completed(quotas), custom: Object.fromEntries(named) }];
  });
  return Object.fromEntries(entries) as QuotaSettings;
}

const EMPTY_WINDOWS = {
  requests: {},
  tokens: {},
  input_tokens: {},
  output_tokens: {},
  cost_usd: {},
  cpu_hours: {},
  memory_gb_hours: {},
};

/** Bare values become `{value, mode …}`. */
function completed(tree: object): object {
  return Object.fromEntries(
    Object.entries(tree).map(([key, value]: [string, unknown]) => {
      if (typeof value !== "object" || value === null) return [key, { ...QUOTA, value }];
      return [key, "value" in value ? { ...QUOTA, ...value } : completed(value)];
    }),
  );
}

const QUOTA = {
  mode: "enforce",
  scope: "pod",
  on_unavailable: "spend_lease_then_block",
  auto_adjust: { mode: "off", every: 3_600_000 },
};

export interface WrittenRate {
  readonly rps: number;
  readonly burst?: number;
  readonly mode?: "enforce" | "shadow" | "off";
  readonly endpoint_multipliers?: { readonly [route: string]: number };
}

export function ratesOf(written: { readonly [principal: string]: WrittenRate }): RateSettings {
  return Object.fromEntries(
    Object.entries(written).map(([principal, rate]) => [
      principal,
      {
        mode: "enforce",
        scope: "pod",
        across_pods: "leased",
        on_unavailable: "spend_lease_then_block",
        auto_adjust: { mode: "off", every: 3_600_000 },
        endpoint_multipliers: {},
        ...rate,
      },
    ]),
  ) as RateSettings;
}

/** A quotas file with tiers for tenants, a range of addresses, and routes that may be faster or slower. */
export const QUOTAS_FILE: QuotasFile = {
  defaults: { rps: 20, burst: 40 },
  principals: [
    { principal: "tenant:acme-corp", rps: 100, burst: 200, description: "enterprise" },
    { principal: "tenant:globex", rps: 50, burst: 100 },
    { principal: "tenant:sandbox", rps: 10, burst: 20 },
    { principal: "user:alice", rps: 7, burst: 9 },
    { principal: "ip:203.0.113.0/24", rps: 5, burst: 10 },
    { principal: "ip:203.0.113.128/25", rps: 2, burst: 3 },
  ],
  endpointMultipliers: { "/v1/embeddings": 2.5, "/v1/dreams": 0.25 },
};
