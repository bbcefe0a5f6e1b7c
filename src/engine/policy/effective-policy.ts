import type { LimitPolicy } from "../limits/effective-limits.ts";
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
  /** The section `execution` as the engine of limits reads it. */
  readonly limits: LimitPolicy;
}
