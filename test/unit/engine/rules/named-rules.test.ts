// Expressions that are found by what a request names: the same as trying every one of them.
import { array, assert, constantFrom, property, record as recordOf } from "fast-check";
import { describe, expect, test } from "vitest";
import { compileExpression, isExpressionIssue } from "../../../../src/engine/expressions/expression.ts";
import { compileRules, type Rule } from "../../../../src/engine/rules/compile-rules.ts";
import { judgeRules } from "../../../../src/engine/rules/judge-rules.ts";
import { factsOf } from "../expressions/facts-fixture.ts";
import { ruleOf } from "./rule-fixture.ts";

function needs(text: string): string | undefined {
  const compiled = compileExpression(text);
  if (isExpressionIssue(compiled)) throw new Error(compiled.message);
  return compiled.needs && `${compiled.needs.variable}: ${compiled.needs.values.join(" ")}`;
}

describe("an expression needs", () => {
  test.each([
    ['model == "a"', "model: a"],
    ['"a" == tool', "tool: a"],
    ['operation.name == "pay"', "operation: pay"],
    ['provider in ["a", "b", "a"]', "provider: a b"],
    ['model == "a" || model == "b"', "model: a b"],
    ['tokens.total > 5 && model == "a"', "model: a"],
    ['labels.env == "prod" && route == "/v1"', "route: /v1"],
    ['(feature == "a" || feature == "b") && model == "c"', "feature: a b"],
    ['integration == ""', "integration: "],
  ])("%s: %s", (text, wanted) => {
    expect(needs(text)).toBe(wanted);
  });

  test.each([
    'model != "a"',
    '!(model == "a")',
    'model == "a" || tool == "a"',
    'model == "a" || tokens.total > 5',
    "model == tool",
    'model in ["a", tool]',
    'model == "a" ? true : false',
    'labels.env == "prod"',
    "operation.risk == 0.5",
    'model.startsWith("a")',
  ])("nothing that a request names: %s", (text) => {
    expect(needs(text)).toBeUndefined();
  });
});

test("finds what trying every expression finds, in the order of the document, failures included", () => {
  const atom = constantFrom(
    'model == "a"',
    'model == ""',
    'tool == "t"',
    'model in ["a", "b"]',
    'operation.name == "pay"',
    'labels.missing == "x"',
    "tokens.total > 5",
    'provider == "p"',
    "allow_changes",
  );
  const expression = recordOf({ one: atom, other: atom, third: atom, by: constantFrom("&&", "||") }).map(
    ({ one, other, third, by }) => `(${one} ${by} ${other}) && ${third} || ${other} && (${third})`,
  );
  const name = constantFrom(undefined, "a", "b", "t", "p", "");
  const request = recordOf({
    model: name,
    tool: name,
    provider: name,
    operation: constantFrom(undefined, { name: "pay", attributes: {} }, { name: "other", attributes: {} }),
    inputTokens: constantFrom(0n, 9n),
    allowChanges: constantFrom(true, false),
  });
  assert(
    property(array(expression, { minLength: 1, maxLength: 6 }), request, (expressions, given) => {
      const settings = expressions.map((text, at) =>
        ruleOf({ id: `r${at}`, type: "policy", action: "warn", expression: text }),
      );
      const rules = compileRules(settings);
      const all = [...rules.byId.values()];
      const order = new Map(all.map((rule, at) => [rule, at]));
      const judge = (named: typeof rules.named) =>
        judgeRules({
          rules: { ...rules, named },
          request: factsOf(given),
          texts: [],
          countOf: (_rule: Rule) => undefined,
          hash: (text) => text,
          wallMs: 1_800_000_000_000,
        });
      expect(judge(rules.named)).toEqual(judge({ always: all, byVariable: [], order }));
    }),
  );
});
