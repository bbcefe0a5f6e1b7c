import type { ASTNode, Environment, ParseResult } from "@marcbachmann/cel-js";
import { RE2JS, RE2JSException } from "re2js";
import { WeakValues } from "../memos/weak-values.ts";
import { type ExpressionIssue, type ExpressionSizes, estimateCost, partsOf } from "./expression-cost.ts";
import { type NeededValues, neededValues } from "./needed-values.ts";
import { createRequestEnvironment, MATCHES, type RequestVariables } from "./request-environment.ts";

// Conditions in CEL: typed, without loops of their own, bounded in cost. Compiled when a policy is read; an expression that
// does not compile never reaches a request.

/** Longest expression, characters: longer ones cannot be reviewed. */
export const EXPRESSION_MAX_LENGTH = 4_096;
/** Instructions of one pattern in an expression. */
const PATTERN_MAX_INSTRUCTIONS = 1_000;

export interface Expression {
  readonly text: string;
  readonly parsed: ParseResult;
  /** As it was written: what its cost is estimated from. */
  readonly source: ASTNode;
  /** What a request must name for it to be true; undefined where that cannot be told. */
  readonly needs: NeededValues | undefined;
}

/** Patterns of expressions by their text; forgotten all at once when a thousand reloads have left too many. */
const patterns = new Map<string, RE2JS>();
const MAX_PATTERNS = 10_000;

const requestEnvironment = createRequestEnvironment(matchesPattern);

/** What `matches` stands for in every environment: RE2, searched anywhere. */
export function matchesPattern(text: string, pattern: string): boolean {
  return patternOf(pattern).test(text);
}

function patternOf(pattern: string): RE2JS {
  const known = patterns.get(pattern);
  if (known !== undefined) return known;
  const compiled = RE2JS.compile(pattern);
  if (patterns.size >= MAX_PATTERNS) patterns.clear();
  patterns.set(pattern, compiled);
  return compiled;
}

const expressions = new WeakValues<Expression>();

/** An expression about a request that can be evaluated, or why not. */
export function compileExpression(text: string): Expression | ExpressionIssue {
  const known = expressions.get(text);
  if (known !== undefined) return known;
  const result = compileExpressionIn(requestEnvironment, ["bool"], text);
  if (!isExpressionIssue(result)) expressions.set(text, result);
  return result;
}

/** The same over other variables; `types` are those that the whole of it may have. */
export function compileExpressionIn(
  environment: Environment,
  types: readonly string[],
  text: string,
  sizes?: ExpressionSizes,
): Expression | ExpressionIssue {
  if (text.length > EXPRESSION_MAX_LENGTH)
    return { message: `is longer than ${EXPRESSION_MAX_LENGTH} characters`, position: EXPRESSION_MAX_LENGTH };
  try {
    const first = environment.parse(text);
    const cost = estimateCost(first.ast, sizes);
    if (typeof cost !== "number") return cost;
    const rewritten = rewriteMatches(text, first.ast);
    if (typeof rewritten !== "string") return rewritten;
    const parsed = rewritten === text ? first : environment.parse(rewritten);
    if (callsOf(parsed.ast, "matches").length > 0)
      return { message: "matches() may hold no comment", position: 0 };
    const { valid, type, error } = parsed.check();
    if (!valid) return issueOf(error);
    if (type === undefined || !types.includes(type))
      return { message: `is of type ${type}, not bool`, position: 0 };
    return { text, parsed, source: first.ast, needs: neededValues(first.ast) };
  } catch (error) {
    return issueOf(error);
  }
}

export function isExpressionIssue(result: Expression | ExpressionIssue): result is ExpressionIssue {
  return !("parsed" in result);
}

/** True or false of a request; undefined when it cannot be evaluated, e.g. for a label that is not there. */
export function evaluateExpression(expression: Expression, variables: RequestVariables): boolean | undefined {
  try {
    const value: unknown = expression.parsed(variables);
    return typeof value === "boolean" ? value : undefined;
  } catch {
    // The language says every failure by an exception; its text could hold what was asked.
    return undefined;
  }
}

/** Calls of RE2 in place of the language's own `matches`, whose time has no bound. */
function rewriteMatches(text: string, root: ASTNode): string | ExpressionIssue {
  let rewritten = text;
  // From the back, so that places in front stay what they are.
  for (const call of callsOf(root, "matches").toSorted((a, b) => placeOf(b) - placeOf(a))) {
    const [, receiver, [argument, ...others]] = call.args;
    if (argument?.op !== "value" || typeof argument.args !== "string" || others.length > 0)
      return { message: "matches() takes one pattern, written in place", position: call.start };
    const issue = findPatternIssue(argument.args);
    if (issue !== undefined) return { message: issue, position: argument.start };
    const place = rewritten.lastIndexOf("matches", argument.start);
    if (place < receiver.end) return { message: "matches() may hold no comment", position: call.start };
    rewritten = `${rewritten.slice(0, place)}${MATCHES}${rewritten.slice(place + "matches".length)}`;
  }
  return rewritten;
}

type MethodCall = Extract<ASTNode, { readonly op: "rcall" }>;

function callsOf(node: ASTNode, name: string): MethodCall[] {
  const below = partsOf(node).flatMap((part) => callsOf(part, name));
  return node.op === "rcall" && node.args[0] === name ? [node, ...below] : below;
}

function placeOf(call: MethodCall): number {
  return call.args[2][0]?.start ?? call.start;
}

function findPatternIssue(pattern: string): string | undefined {
  try {
    if (patternOf(pattern).programSize() <= PATTERN_MAX_INSTRUCTIONS) return undefined;
    return `the pattern compiles to more than ${PATTERN_MAX_INSTRUCTIONS} instructions`;
  } catch (error) {
    if (!(error instanceof RE2JSException)) throw error;
    return `the pattern is no RE2: ${error.message}`;
  }
}

function issueOf(error: unknown): ExpressionIssue {
  const { message, range } = error as { message?: string; range?: { readonly start: number } };
  // The library draws the place below its first line; positions say it here.
  return {
    message: (message ?? "is no expression").split("\n", 1)[0] as string,
    position: range?.start ?? 0,
  };
}
