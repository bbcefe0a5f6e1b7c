import type { ASTNode } from "@marcbachmann/cel-js";

// What an expression may be: functions that take time in proportion to what they look at, and an estimate of all of it that is
// bounded. So one expression never holds up a decision.

/** Estimated steps of one evaluation. */
export const EXPRESSION_MAX_COST = 20_000;
/** Entries of any list or map that a request carries, and of one that an expression writes. */
export const EXPRESSION_MAX_ITEMS = 100;
/** Steps that a search in a text counts for. */
const TEXT_COST = 10;

/** Names of functions and methods that may be called, with what they cost. Macros over lists repeat what is in them. */
const FUNCTIONS: ReadonlyMap<string, number> = new Map([
  ["has", 1],
  ["size", 1],
  ["int", 1],
  ["uint", 1],
  ["double", 1],
  ["string", 1],
  ["bool", 1],
  ["dyn", 1],
  ["startsWith", 1],
  ["endsWith", 1],
  ["contains", TEXT_COST],
  ["matches", 10 * TEXT_COST],
  ["indexOf", TEXT_COST],
  ["lastIndexOf", TEXT_COST],
  ["lowerAscii", TEXT_COST],
  ["upperAscii", TEXT_COST],
  ["trim", TEXT_COST],
  ["orValue", 1],
  ["hasValue", 1],
  ["or", 1],
]);
const MACROS: ReadonlySet<string> = new Set(["all", "exists", "exists_one", "map", "filter"]);

export interface ExpressionIssue {
  readonly message: string;
  /** UTF-16 units of the expression before the place. */
  readonly position: number;
}

/** How large what an expression looks at may be. */
export interface ExpressionSizes {
  /** Entries of the longest list or map. */
  readonly items: number;
  /** By how much longer than a plain text the longest text is; at least 1. */
  readonly textFactor: number;
}

const REQUEST_SIZES: ExpressionSizes = { items: EXPRESSION_MAX_ITEMS, textFactor: 1 };

/** Steps that evaluating `node` takes at most, or what may not stand in an expression. */
export function estimateCost(
  node: ASTNode,
  sizes: ExpressionSizes = REQUEST_SIZES,
): number | ExpressionIssue {
  let cost = 1;
  let repeated = 1;
  if (node.op === "call" || node.op === "rcall") {
    const name = node.args[0];
    const known = MACROS.has(name) && node.op === "rcall" ? 1 : FUNCTIONS.get(name);
    if (known === undefined)
      return { message: `${name}() is not among the functions of expressions`, position: node.start };
    cost += known >= TEXT_COST ? known * sizes.textFactor : known;
    if (MACROS.has(name)) repeated = sizes.items;
  }
  for (const part of partsOf(node)) {
    const below = estimateCost(part, sizes);
    if (typeof below !== "number") return below;
    cost += below * repeated;
  }
  return cost <= EXPRESSION_MAX_COST
    ? cost
    : { message: `may take more than ${EXPRESSION_MAX_COST} steps`, position: node.start };
}

/** The nodes directly below one. */
export function partsOf(node: ASTNode): readonly ASTNode[] {
  const parts: ASTNode[] = [];
  collect(node.args, parts);
  return parts;
}

function collect(value: unknown, parts: ASTNode[]): void {
  if (Array.isArray(value)) for (const one of value) collect(one, parts);
  else if (isNode(value)) parts.push(value);
}

function isNode(value: unknown): value is ASTNode {
  return typeof value === "object" && value !== null && "op" in value && "args" in value;
}
