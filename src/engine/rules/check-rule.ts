import type { RuleSettings, RuleType } from "../../domain/policy/rule-fields.ts";
import { compileExpression, isExpressionIssue } from "../expressions/expression.ts";
import { findPatternIssue } from "../patterns/check-pattern.ts";
import { hasDetector } from "./detectors.ts";

// What a rule must say before it may be in force. All issues of a rule at once, by the key that is wrong.

export interface RuleIssue {
  readonly key: keyof RuleSettings;
  readonly message: string;
}

/** Shortest name, characters. */
const MIN_NAME_LENGTH = 3;

const TEXT_TYPES: ReadonlySet<RuleType> = new Set<RuleType>(["content", "security", "prompt"]);

/** Whether a rule looks at texts. */
export function isTextType(type: RuleType | undefined): boolean {
  return type !== undefined && TEXT_TYPES.has(type);
}

export function checkRule(rule: RuleSettings): RuleIssue[] {
  const issues: RuleIssue[] = [];
  const require = (key: keyof RuleSettings, why = "is required") => {
    if (rule[key] === undefined) issues.push({ key, message: why });
  };
  if (rule.name === undefined || rule.name.trim().length < MIN_NAME_LENGTH)
    issues.push({ key: "name", message: `must have at least ${MIN_NAME_LENGTH} characters` });
  if (rule.description === undefined || rule.description.trim() === "")
    issues.push({ key: "description", message: "is required" });
  for (const key of ["type", "action", "severity"] as const) require(key);
  if (isTextType(rule.type)) checkPattern(rule, issues);
  if (rule.type === "cost" || rule.type === "quota")
    require("threshold", `is required for rules of type ${rule.type}`);
  if (rule.type === "quota") {
    require("counter", "is required for rules of type quota");
    require("time_window", "is required for rules of type quota");
  }
  if (rule.type === "policy") checkExpression(rule, issues);
  for (const [key, isUsed] of [
    ["pattern", isTextType(rule.type)],
    ["expression", rule.type === "policy"],
    ["counter", rule.type === "quota"],
  ] as const)
    if (!isUsed && rule.type !== undefined && rule[key] !== undefined)
      issues.push({ key, message: `has no effect: a rule of type ${rule.type} does not look at it` });
  return issues;
}

function checkPattern(rule: RuleSettings, issues: RuleIssue[]): void {
  if (rule.pattern === undefined) {
    if (!hasDetector(rule.id))
      issues.push({ key: "pattern", message: `is required for rules of type ${rule.type}` });
    return;
  }
  const issue = findPatternIssue({ id: rule.id, pattern: rule.pattern });
  if (issue !== undefined) issues.push({ key: "pattern", message: issue.message });
}

function checkExpression({ expression }: RuleSettings, issues: RuleIssue[]): void {
  if (expression === undefined) {
    issues.push({ key: "expression", message: "is required for rules of type policy" });
    return;
  }
  const result = compileExpression(expression);
  if (isExpressionIssue(result))
    issues.push({ key: "expression", message: `${result.message} (character ${result.position + 1})` });
}
