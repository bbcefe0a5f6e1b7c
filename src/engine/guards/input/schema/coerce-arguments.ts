// Gives a value the type that its schema asks for, where only its spelling differs: "25" for 25, "true" for true, 25 for
// "25", a list as text for a list. Nothing is guessed: no rounding, no yes for true, no leading zeros dropped.
import { editJson, type JsonEdit } from "../../../json/edit-json.ts";
import { type JsonCaps, OUTPUT_JSON_CAPS } from "../../../json/json-caps.ts";
import type { JsonDocument, JsonValue } from "../../../json/json-document.ts";
import { isJsonDocument, parseJson } from "../../../json/parse-json.ts";
import type { ToolSchema } from "./compile-tool-schema.ts";
import {
  findSchemaViolations,
  partAt,
  type SchemaRules,
  type SchemaViolation,
  typeName,
} from "./schema-violations.ts";

export interface CoercedArguments {
  readonly document: JsonDocument;
  /** What was repaired, in the words of the violation. */
  readonly repaired: readonly SchemaViolation[];
  /** What no coercion can repair. */
  readonly violations: readonly SchemaViolation[];
}

/** A text that became a list may hold texts to repair, and so on: as often as that. */
const MAX_ROUNDS = 4;
/** A repaired document is read again; it is about as long as the one that was accepted. */
const CAPS: JsonCaps = OUTPUT_JSON_CAPS;
const JSON_NUMBER = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/;
/** In the order in which they are tried: the first that keeps everything the text says. */
const TYPE_ORDER = ["integer", "number", "boolean", "null", "array", "object", "string"];

export function coerceArguments(
  schema: ToolSchema,
  rules: SchemaRules,
  original: JsonDocument,
): CoercedArguments {
  let document = original;
  let violations = findSchemaViolations(schema, rules, document.value);
  const repaired: SchemaViolation[] = [];
  for (let round = 0; round < MAX_ROUNDS && violations.length > 0; round += 1) {
    const edits: JsonEdit[] = [];
    for (const violation of violations) {
      const text = coerceTo(violation, document);
      if (text === undefined) continue;
      edits.push({ kind: "replace", path: violation.path, text });
      repaired.push(violation);
    }
    if (edits.length === 0) break;
    const result = parseJson(editJson(document.text, edits), CAPS);
    // A text that holds forbidden names or beyond the bounds stays the text it was.
    if (!isJsonDocument(result)) break;
    document = result;
    violations = findSchemaViolations(schema, rules, document.value);
  }
  return { document, repaired, violations };
}

/** The value's JSON in a type or spelling that is allowed. */
function coerceTo(violation: SchemaViolation, document: JsonDocument): string | undefined {
  const { allowed, path, kind } = violation;
  const value = partAt(document.value, path);
  const span = document.spanOf(path);
  if (allowed === undefined || value === undefined || span === undefined) return undefined;
  const spelling = document.text.slice(span.start, span.end);
  if (kind === "enum") return coerceToListed(allowed, value, spelling);
  for (const type of TYPE_ORDER) {
    const text = allowed.includes(type) ? coerceToType(type, value, spelling) : undefined;
    if (text !== undefined) return text;
  }
  return undefined;
}

function coerceToListed(allowed: readonly unknown[], value: JsonValue, spelling: string): string | undefined {
  const says = typeof value === "string" ? value.trim() : spelling;
  const match = allowed.find((item) => typeof item !== typeof value && JSON.stringify(item) === says);
  if (match !== undefined) return says;
  const isText = typeof value !== "string" && allowed.includes(spelling);
  return isText ? JSON.stringify(spelling) : undefined;
}

function coerceToType(type: string, value: JsonValue, spelling: string): string | undefined {
  if (type === "string")
    return typeof value === "number" || typeof value === "boolean" ? JSON.stringify(spelling) : undefined;
  if (type === "boolean" && typeof value === "number") {
    if (value === 1) return "true";
    return value === 0 ? "false" : undefined;
  }
  if (typeof value !== "string") return undefined;
  const says = value.trim();
  switch (type) {
    case "integer":
      return JSON_NUMBER.test(says) && Number.isInteger(Number(says)) ? says : undefined;
    case "number":
      return JSON_NUMBER.test(says) ? says : undefined;
    case "boolean":
      return /^(?:true|false)$/i.test(says) ? says.toLowerCase() : undefined;
    case "null":
      return says === "null" ? says : undefined;
    case "array":
    case "object": {
      const inner = parseJson(says);
      return isJsonDocument(inner) && typeName(inner.value) === type ? says : undefined;
    }
    default:
      return undefined;
  }
}
