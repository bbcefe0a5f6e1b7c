import type { Profile } from "./section-fields.ts";

// What a profile fills in that a document does not write, and the built-in baseline: what is on without any file. Both are
// written as documents are, and read in the same way.

/** Values of a document, as its YAML says them. */
export interface RawSections {
  readonly [section: string]: unknown;
}

function profile(
  risk: number,
  materialDelta: number,
  stepsRemoved: number,
  confidence?: number,
): RawSections {
  return {
    operations: { require_confirmation_above_risk: risk },
    attributes: {
      material_delta_percent: { max_abs: materialDelta },
      steps_removed: { max: stepsRemoved },
      ...(confidence === undefined ? {} : { confidence: { min: confidence } }),
    },
  };
}

/** Values of the source's risk profiles; `custom` is as written. */
export const PROFILE_VALUES: { readonly [P in Profile]: RawSections } = {
  conservative: profile(0.3, 0.2, 2, 0.9),
  balanced: profile(0.5, 0.3, 3, 0.7),
  aggressive: profile(0.7, 0.4, 5),
  custom: {},
};

/** USD per request above which the default cost rule fires. */
const COST_LIMIT_USD = 10;

/** Languages in which `default_prompt_injection` looks (docs/text-rules.md). */
const INJECTION_LOCALES =
  "ar bg bn cs da de el en es fa fi fr he hi hr hu id it ja ko ms nb nl pl pt ro ru sr sv sw ta th tl tr uk ur vi zh".split(
    " ",
  );

/** Bare values are default and ceiling: no tenant can loosen an attribute or switch a default rule off. */
export const BUILT_IN_BASELINE: RawSections = {
  attributes: {
    material_delta_percent: { max_abs: 0.3, on_exceed: "block", missing: "block" },
    steps_removed: { max: 3, on_exceed: "block", missing: "block" },
    new_violations: { max: 0, on_exceed: "block", missing: "block" },
  },
  rules: [
    {
      id: "default_pii_detection",
      name: "Personal data",
      description:
        "Finds personal data in texts: identity numbers, payment cards, accounts, addresses, phone numbers.",
      type: "content",
      action: "warn",
      severity: "high",
      enabled: true,
    },
    {
      id: "default_cost_limit",
      name: "Cost limit",
      description: "Refuses requests that are estimated to cost more than 10 USD.",
      type: "cost",
      action: "block",
      severity: "critical",
      threshold: COST_LIMIT_USD,
      enabled: true,
    },
    {
      id: "default_prompt_injection",
      name: "Prompt injection",
      description: "Finds texts that try to take over the agent's instructions.",
      type: "security",
      action: "block",
      severity: "critical",
      enabled: true,
      locales: INJECTION_LOCALES,
    },
  ],
};
