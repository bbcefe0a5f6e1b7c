// What arguments break, one text per violation. Texts name fields and what is allowed, never a value of the arguments.

import type { ErrorObject } from "ajv";
import {
  formatJsonPath,
  isJsonArray,
  isJsonObject,
  type JsonPath,
  type JsonValue,
} from "../../../json/json-document.ts";
import { CARRIED_ARGUMENTS, withoutArguments } from "../../carried-arguments.ts";
import type { ToolSchema } from "./compile-tool-schema.ts";
import type { NamedFields } from "./named-fields.ts";

export type SchemaViolationKind = "missing" | "unknown" | "type" | "enum" | "empty" | "constraint";

export interface SchemaViolation {
  readonly kind: SchemaViolationKind;
  readonly path: JsonPath;
  readonly text: string;
  /** What the value may be instead: types, or listed values. Absent: no other spelling of it would help. */
  readonly allowed?: readonly unknown[];
}

export interface SchemaRules {
  readonly allow_extra_fields: boolean;
  readonly reject_empty_strings: boolean;
  readonly require_all_required: boolean;
}

/** Most violations that are told of one call; the rest are of the same kind. */
export const MAX_SCHEMA_VIOLATIONS = 16;
/** Listed values shown of an enum. */
const MAX_LISTED = 10;
/** Nothing that is seen. */
const BLANK = /^[\s\p{Default_Ignorable_Code_Point}]*$/u;

export function findSchemaViolations(
  schema: ToolSchema,
  rules: SchemaRules,
  value: JsonValue,
): readonly SchemaViolation[] {
  const found = new Map<string, SchemaViolation>();
  const add = (violation: SchemaViolation): void => {
    if (found.size < MAX_SCHEMA_VIOLATIONS && !found.has(violation.text))
      found.set(violation.text, violation);
  };
  const judged = withoutArguments(value, unnamedOf(schema));
  const errors = schema.validate(judged);
  if (errors === undefined) return [constraint([], "nested too deeply to be checked against this schema")];
  for (const violation of readErrors(errors, judged))
    if (violation.kind !== "missing" || rules.require_all_required) add(violation);
  if (!rules.allow_extra_fields || rules.reject_empty_strings)
    visitFields(schema.named, judged, [], rules, add);
  return [...found.values()];
}

/** What travels with the arguments and is no part of them, unless this tool has a field of that name. */
function unnamedOf({ named }: ToolSchema): readonly string[] {
  return CARRIED_ARGUMENTS.filter((name) => !named.isNamed(name));
}

/** Errors inside alternatives say less than the error of the alternative itself: only that one is told. */
function readErrors(errors: readonly ErrorObject[], value: JsonValue): readonly SchemaViolation[] {
  const told: { readonly error: ErrorObject; readonly types: readonly string[] }[] = [];
  for (const error of errors) {
    if (error.keyword === "if") continue;
    if (error.keyword !== "anyOf" && error.keyword !== "oneOf") {
      told.push({ error, types: error.keyword === "type" ? typesOf(error) : [] });
      continue;
    }
    const types: string[] = [];
    for (let last = told.at(-1); last !== undefined && isInside(last.error, error); last = told.at(-1)) {
      told.pop();
      if (last.error.instancePath === error.instancePath) types.unshift(...last.types);
    }
    told.push({ error, types });
  }
  return told.map(({ error, types }) => toViolation(error, types, value));
}

function isInside(inner: ErrorObject, outer: ErrorObject): boolean {
  if (!`${inner.instancePath}/`.startsWith(`${outer.instancePath}/`)) return false;
  if (inner.schemaPath.startsWith(`${outer.schemaPath}/`)) return true;
  // Behind a reference the path of the schema starts anew.
  const parent = outer.schemaPath.slice(0, outer.schemaPath.lastIndexOf("/"));
  return !inner.schemaPath.startsWith(`${parent}/`);
}

function typesOf(error: ErrorObject): readonly string[] {
  const type = (error.params as { type: string | readonly string[] }).type;
  return typeof type === "string" ? [type] : type;
}

function toViolation(error: ErrorObject, types: readonly string[], value: JsonValue): SchemaViolation {
  const params = error.params as Record<string, unknown>;
  const path = readPointer(error.instancePath, value);
  const at = (name: unknown): JsonPath => [...path, String(name)];
  switch (error.keyword) {
    case "required":
      return missing(at(params["missingProperty"]));
    case "dependentRequired":
    case "dependencies":
      return {
        kind: "missing",
        path: at(params["missingProperty"]),
        text: `Missing required field: ${formatJsonPath(at(params["missingProperty"]))} (needed by ${String(params["property"])})`,
      };
    case "additionalProperties":
      return unknown(at(params["additionalProperty"]));
    case "unevaluatedProperties":
      return unknown(at(params["unevaluatedProperty"]));
    case "enum":
      return listed(path, params["allowedValues"] as readonly unknown[]);
    case "const":
      return listed(path, [params["allowedValue"]]);
    case "uniqueItems":
      return constraint(path, "must not hold an item twice");
    default:
      if (types.length > 0) return mismatch(path, [...new Set(types)], value);
      return constraint(path, wordsOf(error));
  }
}

function missing(path: JsonPath): SchemaViolation {
  return { kind: "missing", path, text: `Missing required field: ${formatJsonPath(path)}` };
}

function unknown(path: JsonPath): SchemaViolation {
  return { kind: "unknown", path, text: `Unknown field: ${formatJsonPath(path)}` };
}

function listed(path: JsonPath, allowed: readonly unknown[]): SchemaViolation {
  const shown = allowed
    .slice(0, MAX_LISTED)
    .map((item) => (typeof item === "string" ? item : JSON.stringify(item)));
  const more = allowed.length > MAX_LISTED ? ` and ${allowed.length - MAX_LISTED} more` : "";
  const text = `Invalid value for ${nameOf(path)}: allowed are ${shown.join(", ")}${more}`;
  return { kind: "enum", path, text, allowed };
}

function mismatch(path: JsonPath, types: readonly string[], value: JsonValue): SchemaViolation {
  const text = `Type mismatch for ${nameOf(path)}: expected ${types.join(" or ")}, got ${typeName(partAt(value, path))}`;
  return { kind: "type", path, text, allowed: types };
}

function constraint(path: JsonPath, words: string): SchemaViolation {
  return { kind: "constraint", path, text: `Constraint violated for ${nameOf(path)}: ${words}` };
}

function wordsOf(error: ErrorObject): string {
  if (error.keyword === "anyOf") return "must be one of the forms that the schema allows";
  if (error.keyword === "oneOf") return "must be exactly one of the forms that the schema allows";
  return error.message ?? `must satisfy ${error.keyword}`;
}

function nameOf(path: JsonPath): string {
  return path.length === 0 ? "the arguments" : `'${formatJsonPath(path)}'`;
}

export function typeName(value: JsonValue | undefined): string {
  if (value === null) return "null";
  if (isJsonArray(value)) return "array";
  return typeof value;
}

export function partAt(value: JsonValue, path: JsonPath): JsonValue | undefined {
  let part: JsonValue | undefined = value;
  for (const key of path) {
    if (isJsonArray(part)) part = part[key as number];
    else part = isJsonObject(part) ? part[key] : undefined;
  }
  return part;
}

/** A JSON pointer as a path: whether a part is an index shows in the value alone. */
function readPointer(pointer: string, value: JsonValue): JsonPath {
  const path: (string | number)[] = [];
  let part: JsonValue | undefined = value;
  for (const escaped of pointer.split("/").slice(1)) {
    const name = escaped.replaceAll("~1", "/").replaceAll("~0", "~");
    const key = isJsonArray(part) ? Number(name) : name;
    path.push(key);
    part = partAt(part as JsonValue, [key]);
  }
  return path;
}

/** Fields that no part of the schema names, and required texts that say nothing. */
function visitFields(
  named: NamedFields,
  value: JsonValue,
  path: JsonPath,
  rules: SchemaRules,
  add: (violation: SchemaViolation) => void,
): void {
  if (isJsonArray(value)) {
    for (const [index, item] of value.entries())
      if (typeof item === "object" && item !== null)
        visitFields(named.item(index), item, [...path, index], rules, add);
    return;
  }
  if (!isJsonObject(value)) return;
  for (const [name, field] of Object.entries(value)) {
    if (!named.isOpen && !named.isNamed(name)) {
      if (!rules.allow_extra_fields) add(unknown([...path, name]));
      continue;
    }
    if (typeof field === "string") {
      if (!rules.reject_empty_strings || !BLANK.test(field) || !named.required.has(name)) continue;
      if (named.field(name).lists(field)) continue;
      const text = `Empty string for required field: ${formatJsonPath([...path, name])}`;
      add({ kind: "empty", path: [...path, name], text });
    } else if (typeof field === "object" && field !== null)
      visitFields(named.field(name), field, [...path, name], rules, add);
  }
}
