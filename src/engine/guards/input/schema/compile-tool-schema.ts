// The schema of a tool, compiled once: a validator, and what it names at each place.

import type { AnySchema, ErrorObject, ValidateFunction } from "ajv";
import type { JsonValue } from "../../../json/json-document.ts";
import { createMemo } from "../../../memos/memo.ts";
import { armReferences, EvaluationsExceeded, findExcess, refillBudget } from "./bound-schema.ts";
import { createNamedFields, type NamedFields } from "./named-fields.ts";
import { type Dialect, getDialect } from "./schema-dialect.ts";

/** As it stands in a `Tools` document. */
export type ToolSchemaSource = { readonly [keyword: string]: unknown } | boolean;

export interface ToolSchema {
  /** All errors of a value, none when it is valid; undefined when it takes too many evaluations to tell. */
  validate(value: JsonValue): readonly ErrorObject[] | undefined;
  readonly named: NamedFields;
}

export interface ToolSchemaIssue {
  /** What is wrong, with its place in the schema. */
  readonly issue: string;
}

/** By the document's own object, so that a schema is compiled once as long as its policy lives. */
const compiled = createMemo<object, ToolSchema | ToolSchemaIssue>();

/**
 * Compiles or finds. The dialect is what `$schema` says; without it 2020-12, or draft-07 where only that reads it. Takes
 * 1 to 10 ms for a schema not seen before.
 */
export function compileToolSchema(source: ToolSchemaSource): ToolSchema | ToolSchemaIssue {
  if (typeof source === "boolean") return compile({ not: source ? false : {} });
  const known = compiled.get(source);
  if (known !== undefined) return known;
  const excess = findExcess(source);
  const result = excess === undefined ? compile(source) : { issue: excess };
  compiled.set(source, result);
  return result;
}

function compile(source: { readonly [keyword: string]: unknown }): ToolSchema | ToolSchemaIssue {
  const result = compileAs(dialectOf(source), source);
  if (!("issue" in result) || source["$schema"] !== undefined) return result;
  const older = compileAs("draft-07", source);
  return "issue" in older ? result : older;
}

function dialectOf(source: { readonly [keyword: string]: unknown }): Dialect {
  return /draft-0[3-7]/.test(String(source["$schema"])) ? "draft-07" : "2020-12";
}

function compileAs(
  dialect: Dialect,
  source: { readonly [keyword: string]: unknown },
): ToolSchema | ToolSchemaIssue {
  const ajv = getDialect(dialect);
  // A dialect this program does not know by address is read as the one it resembles.
  const { $schema: _address, ...own } = source;
  const schema = armReferences(own);
  let validate: ValidateFunction;
  try {
    validate = ajv.compile(schema as AnySchema);
  } catch (error) {
    // The compiler throws plain errors for schemas that it cannot read; all of them are the author's.
    return { issue: error instanceof Error ? error.message : "it cannot be read" };
  } finally {
    // Otherwise the compiler keeps every schema for ever, and two tools could not use the same `$id`.
    ajv.removeSchema(schema);
  }
  if (findErrors(validate, {}) === undefined) return { issue: "it refers to itself without end" };
  return {
    validate: (value) => findErrors(validate, value),
    named: createNamedFields(own),
  };
}

function findErrors(validate: ValidateFunction, value: JsonValue): readonly ErrorObject[] | undefined {
  refillBudget();
  try {
    return validate(value) ? [] : (validate.errors ?? []);
  } catch (error) {
    // A part that refers to itself for the same value overflows the stack before its evaluations are counted.
    if (error instanceof EvaluationsExceeded || error instanceof RangeError) return undefined;
    throw error;
  }
}

export function isToolSchema(result: ToolSchema | ToolSchemaIssue): result is ToolSchema {
  return !("issue" in result);
}
