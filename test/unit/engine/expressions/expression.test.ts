// Conditions of rules in CEL: what they may say, what they answer of a request, and that they stay cheap.
import { describe, expect, test } from "vitest";
import {
  compileExpression,
  evaluateExpression,
  isExpressionIssue,
} from "../../../../src/engine/expressions/expression.ts";
import { variablesOf } from "../../../../src/engine/expressions/request-environment.ts";
import type { RequestFacts } from "../../../../src/engine/expressions/request-facts.ts";
import { factsOf } from "./facts-fixture.ts";

function evaluate(text: string, facts: Partial<RequestFacts> = {}): boolean | string | undefined {
  const expression = compileExpression(text);
  if (isExpressionIssue(expression)) return expression.message;
  return evaluateExpression(expression, variablesOf(factsOf(facts)));
}

describe("evaluateExpression", () => {
  test.each<[string, Partial<RequestFacts>, boolean | undefined]>([
    ["true", {}, true],
    ['principal.tenant == "acme"', {}, true],
    ['principal.user == ""', {}, true],
    ['principal.user == "ann"', { principal: { tenant: "acme", user: "ann" } }, true],
    ['labels.env == "prod"', { labels: { env: "prod" } }, true],
    ['labels.env == "prod"', { labels: {} }, undefined],
    ['"env" in labels && labels.env == "prod"', { labels: {} }, false],
    ['labels.?env.orValue("") == "prod"', { labels: {} }, false],
    ["has(labels.env)", { labels: { env: "x" } }, true],
    ['"admin" in scopes', { scopes: ["read", "admin"] }, true],
    ['scopes.exists(s, s.startsWith("write:"))', { scopes: ["write:db"] }, true],
    ["tokens.total > 1000", { inputTokens: 800n, outputTokens: 201n }, true],
    ["cost_usd > 9.99", { costNanoUsd: 10_000_000_000n }, true],
    ["cost_usd > 10.0", { costNanoUsd: 10_000_000_000n }, false],
    [
      "operation.risk > 0.2 && operation.mutating",
      { operation: { name: "pay", attributes: {}, risk: 0.3 }, mutating: true },
      true,
    ],
    ['operation.attributes["delta"] > 0.1', { operation: { name: "pay", attributes: { delta: 0.2 } } }, true],
    ['operation.attributes["delta"] > 0.1', {}, undefined],
    ['route.matches("^/v1/(chat|embeddings)$")', { route: "/v1/chat" }, true],
    [
      'route.matches("chat") && model.matches("^gpt") || tool.matches("x")',
      { route: "/v1/chat", model: "gpt-5" },
      true,
    ],
    ['(route + "").matches("chat")', { route: "/v1/chat" }, true],
    ['kind == "registration"', {}, false],
    ['labels.constructor == "x"', {}, undefined],
    ["1 / requests == 1", {}, undefined],
  ])("%s", (text, facts, wanted) => {
    expect(evaluate(text, facts)).toBe(wanted);
  });

  test("a pattern takes time in proportion to the text", () => {
    const url = `${"a".repeat(8_000)}!`;
    expect(evaluate('network_target.matches("^(a+)+$")', { networkTarget: url })).toBe(false);
  });
});

describe("compileExpression", () => {
  test.each<[string, string, string]>([
    ["no expression", "labels.env ==", "Unexpected token: EOF"],
    ["an unknown name", "lables.env == 'x'", "Unknown variable: lables"],
    ["an unknown field", "principal.usr == 'x'", "No such key: usr"],
    ["another type", "tokens.total > 'x'", "no such overload: int > string"],
    ["what is no condition", "tokens.total + 1", "is of type int, not bool"],
    [
      "a function that is not there",
      "labels.env.split(',').size() > 1",
      "split() is not among the functions of expressions",
    ],
    ["a pattern that is no literal", "route.matches(model)", "matches() takes one pattern, written in place"],
    ["a pattern that is no RE2", "route.matches('(?=x)')", "the pattern is no RE2"],
    [
      "loops in loops in loops",
      "scopes.all(a, scopes.all(b, scopes.all(c, a != b || b != c)))",
      "may take more than 20000 steps",
    ],
    ["a long one", `true${" ".repeat(4_100)}`, "is longer than 4096 characters"],
    ["a deep one", `${"!(".repeat(40)}true${")".repeat(40)}`, "Exceeded max"],
  ])("refuses %s", (_what, text, message) => {
    expect(evaluate(text)).toContain(message);
  });

  test("names the place", () => {
    expect(compileExpression("true && lables.env == 'x'")).toMatchObject({ position: 8 });
  });
});
