// Any JSON at the schema guard: no crash, and what a repair passes on fits the schema and keeps every other spelling.
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  checkSchemaStrictness,
  type SchemaStrictnessSettings,
} from "../../../src/engine/guards/input/schema-strictness.ts";
import type { JsonDocument } from "../../../src/engine/json/json-document.ts";
import { isJsonDocument, parseJson } from "../../../src/engine/json/parse-json.ts";

const schema = {
  $defs: {
    leg: {
      type: "object",
      properties: { to: { type: "string" }, stops: { $ref: "#/$defs/legs" } },
      required: ["to"],
    },
    legs: { type: "array", items: { $ref: "#/$defs/leg" } },
  },
  type: "object",
  properties: {
    count: { type: "integer", minimum: 0 },
    ratio: { type: "number" },
    flag: { type: "boolean" },
    name: { type: "string", maxLength: 40 },
    kind: { enum: [1, 2, "three"] },
    none: { type: ["null", "integer"] },
    either: { anyOf: [{ type: "integer" }, { type: "array", items: { type: "boolean" } }] },
    legs: { $ref: "#/$defs/legs" },
  },
  required: ["count", "name"],
};

const scalar = fc.oneof(
  fc.integer(),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.boolean(),
  fc.constant(null),
  fc.string({ maxLength: 8 }),
  fc.integer().map(String),
  fc.constantFrom(
    "true",
    "False",
    "null",
    "1.50",
    "[]",
    "[1]",
    '[{"to":5}]',
    '{"to":"x"}',
    "three",
    "2",
    " 7 ",
    "",
  ),
);
const names = fc.constantFrom(...Object.keys(schema.properties), "to", "stops", "toString", "extra");
const { value: anyValue } = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { depthSize: "small" },
    scalar,
    fc.array(tie("value"), { maxLength: 3 }),
    fc.dictionary(names, tie("value"), { maxKeys: 8 }),
  ),
}));
const args = fc.dictionary(names, anyValue, { maxKeys: 8 });
const settings: fc.Arbitrary<SchemaStrictnessSettings> = fc.record({
  coerce_types: fc.boolean(),
  allow_extra_fields: fc.boolean(),
  reject_empty_strings: fc.boolean(),
  require_all_required: fc.boolean(),
  unknown_tool: fc.constant("block" as const),
});

function documentOf(value: unknown): JsonDocument {
  const result = parseJson(JSON.stringify(value));
  if (!isJsonDocument(result)) throw new Error(result.issue.message);
  return result;
}

function check(document: JsonDocument, own: SchemaStrictnessSettings) {
  return checkSchemaStrictness({
    call: { tool: "book", entry: { name: "book", schema } },
    arguments: document,
    settings: own,
  });
}

describe("checkSchemaStrictness", () => {
  test("answers any arguments, and a repair fits the schema", () => {
    fc.assert(
      fc.property(args, settings, (value, own) => {
        const { notes, document } = check(documentOf(value), own);
        expect(notes.every(({ verdict }) => verdict === (document === undefined ? "BLOCK" : "REPAIR"))).toBe(
          true,
        );
        expect(document === undefined ? [] : check(document, { ...own, coerce_types: false }).notes).toEqual(
          [],
        );
      }),
      { numRuns: 500 },
    );
  });

  test("what was not repaired keeps its spelling", () => {
    const spelling = fc.constantFrom("1.50", "1e2", "-0", "12345678901234567890123", "1E+2");
    fc.assert(
      fc.property(spelling, fc.integer({ min: 0 }), (ratio, count) => {
        const result = parseJson(`{"ratio": ${ratio}, "name": "a", "count": "${count}"}`);
        const own = {
          coerce_types: true,
          allow_extra_fields: false,
          reject_empty_strings: true,
          require_all_required: true,
          unknown_tool: "block",
        } as const;
        const outcome = isJsonDocument(result) ? check(result, own) : undefined;
        expect(outcome?.document?.text).toBe(`{"ratio": ${ratio}, "name": "a", "count": ${count}}`);
      }),
    );
  });
});
