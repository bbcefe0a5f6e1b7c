// What bounds principals, written as policies write it.
import type { QuotasFile } from "../../../../src/domain/quotas/quotas-file.ts";
import { NO_BOUNDS, type PrincipalBounds } from "../../../../src/engine/quotas/principal-bounds.ts";
import type { RateSettings } from "../../../../src/engine/rates/rate-settings.ts";

export function boundsWith(fields: Partial<PrincipalBounds>): PrincipalBounds {
  return { ...NO_BOUNDS, ...fields, hasAny: true };
}

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
