import { Environment } from "@marcbachmann/cel-js";
import { isJsonArray, type JsonValue } from "../json/json-document.ts";
import { compileExpressionIn, type Expression, matchesPattern } from "./expression.ts";
import { type ExpressionIssue, type ExpressionSizes, estimateCost } from "./expression-cost.ts";
import { LIMITS, MATCHES } from "./request-environment.ts";

// Conditions before and after a call of a tool: CEL over its arguments, its output and what is known of the session. Numbers
// of JSON are doubles, so that arithmetic is written with 1.0 while comparisons take 1 as well.

/** Before a call there is no output yet, and naming it is a fault of the policy. */
export type ConditionTime = "pre" | "post";

export interface ConditionVariables {
  /** Absent when they are no longer known: then what asks for them cannot be evaluated. */
  readonly args?: { readonly [name: string]: JsonValue };
  readonly output?: JsonValue;
  readonly tool: string;
  /** `namespace` is a word that CEL reserves. */
  readonly tool_namespace: string;
  readonly side_effect: string;
  readonly tenant: string;
  readonly principal: {
    readonly team: string;
    readonly user: string;
    readonly api_key: string;
    readonly agent: string;
  };
  readonly execution: string;
  readonly session: string;
  readonly turn: string;
  readonly plan: string;
  readonly labels: { readonly [name: string]: string };
  readonly error_class?: string;
  readonly duration_ms?: number;
}

function createToolEnvironment(): Environment {
  return new Environment({ enableOptionalTypes: true, limits: LIMITS })
    .registerFunction(`string.${MATCHES}(string): bool`, matchesPattern)
    .registerVariable("args", "map<string, dyn>")
    .registerVariable("tool", "string")
    .registerVariable("tool_namespace", "string")
    .registerVariable("side_effect", "string")
    .registerVariable("tenant", "string")
    .registerVariable({
      name: "principal",
      schema: { team: "string", user: "string", api_key: "string", agent: "string" },
    })
    .registerVariable("execution", "string")
    .registerVariable("session", "string")
    .registerVariable("turn", "string")
    .registerVariable("plan", "string")
    .registerVariable("labels", "map<string, string>");
}

const environments: { readonly [T in ConditionTime]: Environment } = {
  pre: createToolEnvironment(),
  post: createToolEnvironment()
    .registerVariable("output", "dyn")
    .registerVariable("error_class", "string")
    .registerVariable("duration_ms", "double"),
};

/** What a condition is written for; what it really looks at is measured at every call. */
const USUAL_SIZES: ExpressionSizes = { items: 20, textFactor: 1 };

/** A condition that can be evaluated, or why not. What arguments hold has no type, so a part of them may be the whole. */
export function compileCondition(text: string, time: ConditionTime): Expression | ExpressionIssue {
  return compileExpressionIn(environments[time], ["bool", "dyn"], text, USUAL_SIZES);
}

/**
 * True or false of a call; undefined when it cannot be evaluated: a name that is not there, another type, or more to look at
 * than an evaluation may cost.
 */
export function evaluateCondition(
  condition: Expression,
  variables: ConditionVariables,
  sizes: ExpressionSizes,
): boolean | undefined {
  if (typeof estimateCost(condition.source, sizes) !== "number") return undefined;
  try {
    const value: unknown = condition.parsed({ ...variables });
    return typeof value === "boolean" ? value : undefined;
  } catch {
    // The language says every failure by an exception; its text could hold what was asked.
    return undefined;
  }
}

/** Characters that the cost of a search in a text stands for. */
const PLAIN_TEXT_CHARACTERS = 4_096;

/** How large the values are that conditions look at. */
export function sizesOf(...values: readonly (JsonValue | undefined)[]): ExpressionSizes {
  const sizes = { items: 1, characters: 0 };
  for (const value of values) if (value !== undefined) measure(value, sizes);
  return { items: sizes.items, textFactor: Math.max(1, sizes.characters / PLAIN_TEXT_CHARACTERS) };
}

/** The depth of values is bounded by their reader. */
function measure(value: JsonValue, sizes: { items: number; characters: number }): void {
  if (typeof value === "string") sizes.characters = Math.max(sizes.characters, value.length);
  if (value === null || typeof value !== "object") return;
  const parts: readonly JsonValue[] = isJsonArray(value) ? value : Object.values(value);
  sizes.items = Math.max(sizes.items, parts.length);
  for (const part of parts) measure(part, sizes);
}
