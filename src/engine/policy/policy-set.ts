import type { PolicyDocument } from "../../domain/policy/document.ts";
import type { ReadDocument } from "./documents/read-document.ts";
import type { EffectivePolicy } from "./effective-policy.ts";

// All tiers' documents at one instant, and what was resolved from them so far. A swap puts another set in its place; what did
// not change is carried over.

export interface TenantSource {
  readonly tenant: string;
  /** Its document in the policy directory: the ceiling of what the admin API keeps. */
  readonly file: PolicyDocument | undefined;
  /** What the admin API keeps. */
  readonly api: PolicyDocument | undefined;
  /** Its document never was good: everything of this tenant is refused. */
  readonly isInvalid: boolean;
}

/** Checked already: check-documents.ts. An unchanged document is handed over as the same object. */
export interface PolicySources {
  readonly baseline: PolicyDocument | undefined;
  readonly tenants: readonly TenantSource[];
}

export interface PolicySet {
  /** The Baseline of the policy directory. */
  readonly baseline: ReadDocument | undefined;
  readonly builtIn: ReadDocument;
  readonly tenants: ReadonlyMap<string, TenantSource>;
  /** Effective policies by tenant and overrides that match. */
  readonly memo: Map<string, EffectivePolicy>;
  /** What the set before this one resolved, as far as this one has not: equal values are taken from there. */
  readonly previous: Map<string, EffectivePolicy> | undefined;
  /** What holds for a tenant without a document and without any label. */
  readonly base: EffectivePolicy;
}
