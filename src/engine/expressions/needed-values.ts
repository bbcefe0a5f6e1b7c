import type { ASTNode } from "@marcbachmann/cel-js";

/** What a request must name for an expression to be true of it; of any other request it is false, and never fails. */
export interface NeededValues {
  readonly variable: NamedVariable;
  readonly values: readonly string[];
}

const VARIABLES = ["route", "provider", "model", "tool", "feature", "integration"] as const;
type NamedVariable = (typeof VARIABLES)[number] | "operation";

/**
 * Read off comparisons with literals. `&&` is false as soon as one of its sides is, whether or not the other can be evaluated; so
 * what either side needs the whole needs.
 */
export function neededValues(node: ASTNode): NeededValues | undefined {
  if (node.op === "&&") return neededValues(node.args[0]) ?? neededValues(node.args[1]);
  if (node.op === "||") return eitherOf(neededValues(node.args[0]), neededValues(node.args[1]));
  if (node.op === "==")
    return compared(node.args[0], [node.args[1]]) ?? compared(node.args[1], [node.args[0]]);
  if (node.op !== "in" || node.args[1].op !== "list") return undefined;
  return compared(node.args[0], node.args[1].args);
}

function eitherOf(one: NeededValues | undefined, other: NeededValues | undefined): NeededValues | undefined {
  if (one === undefined || one.variable !== other?.variable) return undefined;
  return { variable: one.variable, values: [...new Set([...one.values, ...other.values])] };
}

function compared(name: ASTNode, literals: readonly ASTNode[]): NeededValues | undefined {
  const variable = variableOf(name);
  const values = literals.map((one) => (one.op === "value" ? one.args : undefined));
  if (variable === undefined || !values.every((one) => typeof one === "string")) return undefined;
  return { variable, values: [...new Set(values)] };
}

function variableOf(node: ASTNode): NamedVariable | undefined {
  if (node.op === "id") return VARIABLES.find((one) => one === node.args);
  if (node.op !== ".") return undefined;
  const [object, field] = node.args;
  return object.op === "id" && object.args === "operation" && field === "name" ? "operation" : undefined;
}
