import { describe, expect, test } from "vitest";
import type { RuleSettings } from "../../../../src/domain/policy/rule-fields.ts";
import { checkRule } from "../../../../src/engine/rules/check-rule.ts";
import { ruleOf } from "./rule-fixture.ts";

const content = { type: "content", pattern: "x+" } as const;

describe("checkRule", () => {
  test.each<[string, Partial<RuleSettings>]>([
    ["content", content],
    ["security", { ...content, type: "security" }],
    ["prompt", { ...content, type: "prompt" }],
    ["cost", { type: "cost", threshold: 10 }],
    ["quota", { type: "quota", threshold: 10, counter: "requests", time_window: 60_000 }],
    ["policy", { type: "policy", expression: "true" }],
  ])("finds nothing wrong with a whole rule of type %s", (_type, fields) => {
    expect(checkRule(ruleOf(fields))).toEqual([]);
  });

  test.each<[string, Partial<RuleSettings>, string, string]>([
    ["a name of two characters", { ...content, name: "ab" }, "name", "at least 3"],
    ["no name", { ...content, name: undefined }, "name", "at least 3"],
    ["no description", { ...content, description: " " }, "description", "required"],
    ["no type", {}, "type", "required"],
    ["no action", { ...content, action: undefined }, "action", "required"],
    ["no severity", { ...content, severity: undefined }, "severity", "required"],
    ["no pattern", { type: "content" }, "pattern", "required for rules of type content"],
    ["a pattern that does not compile", { ...content, pattern: "(" }, "pattern", "is no RE2"],
    ["a pattern that looks ahead", { ...content, pattern: "(?=x)" }, "pattern", "is no RE2"],
    ["no threshold of a cost rule", { type: "cost" }, "threshold", "required for rules of type cost"],
    [
      "no threshold of a quota rule",
      { type: "quota", counter: "tokens", time_window: 1_000 },
      "threshold",
      "quota",
    ],
    ["no counter", { type: "quota", threshold: 1, time_window: 1_000 }, "counter", "required"],
    ["no window", { type: "quota", threshold: 1, counter: "tokens" }, "time_window", "required"],
    ["no expression", { type: "policy" }, "expression", "required"],
    [
      "a wrong expression",
      { type: "policy", expression: "true && nonsense" },
      "expression",
      "Unknown variable: nonsense (character 9)",
    ],
  ])("finds %s", (_what, fields, key, message) => {
    const issues = checkRule(ruleOf(fields));
    expect(issues.map((issue) => issue.key)).toEqual([key]);
    expect(issues[0]?.message).toContain(message);
  });

  test("finds everything that is wrong at once", () => {
    const issues = checkRule(ruleOf({ type: "quota", name: "", description: "", severity: undefined }));
    expect(issues.map(({ key }) => key)).toEqual([
      "name",
      "description",
      "severity",
      "threshold",
      "counter",
      "time_window",
    ]);
  });
});
