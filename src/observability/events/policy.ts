import type { Telemetry } from "../telemetry.ts";

// Policies that come into force, and documents that do not.

/** Lines of problems that one log line carries. */
const PROBLEMS_LOGGED = 20;

/** Another policy is in force. */
export function policySwapped(
  telemetry: Telemetry,
  swap: {
    readonly etag: string;
    readonly generation: number;
    readonly tenants: number;
    readonly cause: string;
    readonly elapsedMs: number;
  },
): void {
  telemetry.metrics.policyReloads.with("swapped").add();
  telemetry.logger.log(
    "info",
    {
      event: "policy_swapped",
      policy_etag: swap.etag,
      policy_generation: swap.generation,
      tenants: swap.tenants,
      cause: swap.cause,
      elapsed_ms: Math.round(swap.elapsedMs),
    },
    "another policy is in force",
  );
}

/** Documents of the platform are bad: the policy before stays as a whole. */
export function policyRefused(telemetry: Telemetry, problems: readonly string[]): void {
  telemetry.metrics.policyReloads.with("refused").add();
  const fields = { event: "policy_refused", problems: problems.slice(0, PROBLEMS_LOGGED) };
  telemetry.logger.log(
    "error",
    fields,
    "documents of the platform are bad: the policy before stays as a whole",
  );
}

/** A tenant's document is bad: its last good version stays, or the tenant is refused when there never was one. */
export function tenantPolicyRefused(
  telemetry: Telemetry,
  refused: { readonly tenant: string; readonly isServed: boolean; readonly problems: readonly string[] },
): void {
  telemetry.metrics.policyReloads.with("tenant_refused").add();
  const { tenant, isServed, problems } = refused;
  const fields = { event: "tenant_policy_refused", tenant, problems: problems.slice(0, PROBLEMS_LOGGED) };
  telemetry.logger.log(
    "error",
    fields,
    isServed
      ? "the document of a tenant is bad: its last good version stays"
      : "the document of a tenant is bad and never was good: everything of it is refused with POLICY_INVALID",
  );
}

/** A tenant's document is gone. */
export function tenantPolicyRemoved(telemetry: Telemetry, tenant: string): void {
  telemetry.logger.log(
    "warn",
    { event: "tenant_policy_removed", tenant },
    "the document of a tenant is gone: the baseline alone holds for it",
  );
}

/** A tenant asks for more than the ceilings let through: the ceilings hold. */
export function tenantPolicyClamped(telemetry: Telemetry, tenant: string, problems: readonly string[]): void {
  telemetry.logger.log(
    "warn",
    { event: "tenant_policy_clamped", tenant, problems: problems.slice(0, PROBLEMS_LOGGED) },
    "a tenant asks for more than the ceilings let through: the ceilings hold",
  );
}

/** Quotas of a day or a month count pod by pod. */
export function quotasNotShared(telemetry: Telemetry, keys: readonly string[]): void {
  if (keys.length === 0) return;
  telemetry.logger.log(
    "warn",
    {
      event: "quota_not_shared",
      count: keys.length,
      keys: keys.slice(0, PROBLEMS_LOGGED),
    },
    "quotas of a day or a month count pod by pod, and begin anew with a pod that has lost its file",
  );
}

/** Documents ask for what pods would share, and there is nothing that they share. */
export function sharedStoreMissing(telemetry: Telemetry, keys: readonly string[]): void {
  if (keys.length === 0) return;
  telemetry.logger.log(
    "warn",
    {
      event: "shared_store_missing",
      count: keys.length,
      keys: keys.slice(0, PROBLEMS_LOGGED),
    },
    "scope: cluster needs a store that all pods share, and none is configured: each pod counts by itself",
  );
}
