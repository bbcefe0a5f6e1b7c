import type { RuleSettings } from "../../../../src/domain/policy/rule-fields.ts";

/** A rule with these keys and the defaults of all others. */
export function ruleOf(fields: Partial<RuleSettings>): RuleSettings {
  return {
    id: "r1",
    name: "A rule",
    description: "For tests.",
    action: "block",
    severity: "high",
    throttle_after: 5,
    enabled: true,
    mode: "enforce",
    scope: {},
    ...fields,
  };
}
