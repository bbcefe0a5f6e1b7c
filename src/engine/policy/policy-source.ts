import type { Tier } from "../../domain/limits.ts";
import type { PolicyPath } from "../../domain/policy/document.ts";
import { group } from "../../domain/policy/field.ts";
import { type PolicySettings, SECTION_FIELDS } from "../../domain/policy/section-fields.ts";
import type { Written } from "./meet.ts";
import { decideAt, type Resolution } from "./tiers/resolve.ts";
import { type Decided, placeOf, type Sides } from "./tiers/sides.ts";

// Who decided an effective value: what findings and approvals name, and what a settings page shows.

/** Everything that was said about effective values. */
export interface PolicySides {
  readonly sides: Sides;
  readonly resolution: Resolution;
}

/** Effective values, and everything that was said about them. */
export interface PolicyValues extends PolicySides {
  readonly settings: PolicySettings;
}

export interface PolicySource {
  readonly tier: Tier;
  /** Undefined for what is built in. */
  readonly document: string | undefined;
  readonly line: number | undefined;
  /** `profile conservative`, `override district=08A`; undefined for what a section says itself. */
  readonly from: string | undefined;
  /** The loosest value that any tier may choose; undefined and null: there is none. */
  readonly ceiling: Written;
  readonly isClamped: boolean;
}

export const ALL_SECTIONS = group(SECTION_FIELDS, "Everything a policy says.");

const BUILT_IN: PolicySource = Object.freeze({
  tier: "default",
  document: undefined,
  line: undefined,
  from: undefined,
  ceiling: undefined,
  isClamped: false,
});

/** What every tier says at a path and what follows; undefined where the path leads to no key. */
export function decidedAt(policy: PolicySides, path: PolicyPath): Decided | undefined {
  return decideAt(policy.resolution, ALL_SECTIONS, policy.sides, path);
}

/**
 * Who decided the value at a path of keys, names and ids, as `["attributes", "material_delta_percent", "max_abs"]`. Looked up when
 * it is asked for: only what is refused or shown needs it.
 */
export function sourceOf(policy: PolicyValues, path: PolicyPath): PolicySource {
  const decided = decidedAt(policy, path);
  if (decided === undefined) return BUILT_IN;
  const { by, ceiling, isClamped } = decided;
  if (by === undefined) return { ...BUILT_IN, ceiling, isClamped };
  return { tier: by.part.tier, ...placeOf(by, path), from: by.part.from, ceiling, isClamped };
}
