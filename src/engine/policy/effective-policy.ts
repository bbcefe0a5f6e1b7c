import type { Concerns } from "../intents/concerns.ts";
import type { LimitPolicy } from "../limits/effective-limits.ts";
import type { PrincipalBounds } from "../quotas/principal-bounds.ts";
import type { PolicyValues } from "./policy-source.ts";

/**
 * What holds for one tenant and its labels. Tenants without documents and label sets for which the same overrides apply share one
 * value; it stays the same object over a reload that does not change it.
 */
export interface EffectivePolicy extends PolicyValues {
  /** The tenant whose document takes part; undefined where there is none. */
  readonly tenant: string | undefined;
  /** Overrides that match, as `district=08A`. */
  readonly overrides: readonly string[];
  /** The tenant's document never was good: everything is refused with POLICY_INVALID. */
  readonly isInvalid: boolean;
  /** There is no document, and `unknown_tenant: block`: everything is refused with TENANT_UNKNOWN. */
  readonly isUnknown: boolean;
  /**
   * What holds for access, operations and attributes, which have no mode of their own: the Baseline's, or a stricter one of the
   * tenant. A tenant that rolls its own document out dark does not reach what the platform bounds.
   */
  readonly mode: "enforce" | "shadow" | "off";
  /** The section `execution` as the engine of limits reads it. */
  readonly limits: LimitPolicy;
  /** What every decision reads of it, made when it is first needed: a field, because a look-up in a table costs two misses. */
  concerns: Concerns | undefined;
  bounds: PrincipalBounds | undefined;
}
