// What a schema may cost: parts, since compiling takes time for each, and evaluations, since alternatives that refer to
// themselves double with every level of the data.

import { resolveReference } from "./named-fields.ts";

type Schema = { readonly [keyword: string]: unknown };

/** Objects of one schema. A part takes a fraction of a millisecond to compile. */
export const SCHEMA_MAX_PARTS = 1_000;
/** Objects inside one another. */
export const SCHEMA_MAX_DEPTH = 64;
/** Times that parts behind references are evaluated for one value: more than the values that a document may have. */
export const MAX_EVALUATIONS = 60_000;

/** Counts evaluations: stands in every part that a reference names. Unknown to people. */
export const BUDGET_KEYWORD = "tollgateBudget";

/** A value took more evaluations than MAX_EVALUATIONS. */
export class EvaluationsExceeded extends Error {}

/** What is left for the value that is being validated; validation is one synchronous call. */
const budget = { left: 0 };

export function refillBudget(): void {
  budget.left = MAX_EVALUATIONS;
}

export function spendBudget(): boolean {
  if (--budget.left < 0) throw new EvaluationsExceeded();
  return true;
}

/** Why a schema is too large; undefined when it is not. */
export function findExcess(schema: Schema): string | undefined {
  const open: { readonly value: unknown; readonly depth: number }[] = [{ value: schema, depth: 1 }];
  let parts = 0;
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const { value, depth } = next;
    if (typeof value !== "object" || value === null) continue;
    if (depth > SCHEMA_MAX_DEPTH) return `it is nested deeper than ${SCHEMA_MAX_DEPTH} levels`;
    parts += Array.isArray(value) ? 0 : 1;
    if (parts > SCHEMA_MAX_PARTS) return `it has more than ${SCHEMA_MAX_PARTS} parts`;
    for (const inner of Object.values(value)) open.push({ value: inner, depth: depth + 1 });
  }
  return undefined;
}

/** Keywords that refer, and those by which a part can be referred to beside its place. */
const REFERENCES = ["$ref", "$dynamicRef", "$recursiveRef"];
const NAMES = ["$id", "$anchor", "$dynamicAnchor"];

/** A copy in which every part that a reference can name counts its evaluations; the schema itself without references. */
export function armReferences(schema: Schema): Schema {
  if (!listParts(schema).some((part) => REFERENCES.some((keyword) => typeof part[keyword] === "string")))
    return schema;
  const copy = structuredClone<MutableSchema>(schema);
  const parts = listParts(copy);
  const targets = new Set<unknown>([copy, ...parts.filter((part) => NAMES.some((name) => name in part))]);
  for (const part of parts)
    for (const keyword of REFERENCES) targets.add(resolveReference(copy, part[keyword]));
  for (const part of parts) if (targets.has(part)) part[BUDGET_KEYWORD] = true;
  return copy;
}

type MutableSchema = Record<string, unknown>;

/** Every object in a schema, whatever it stands for. */
function listParts(schema: Schema): readonly MutableSchema[] {
  const parts: MutableSchema[] = [];
  const open: unknown[] = [schema];
  while (open.length > 0) {
    const value = open.pop();
    if (typeof value !== "object" || value === null) continue;
    if (!Array.isArray(value)) parts.push(value as MutableSchema);
    open.push(...(Object.values(value) as unknown[]));
  }
  return parts;
}
