// Schemas and arguments that are there to get past the guard, or to keep it busy.
import { describe, expect, test } from "vitest";
import type { ToolSchemaSource } from "../../../../../src/engine/guards/input/schema/compile-tool-schema.ts";
import { checkSchemaStrictness } from "../../../../../src/engine/guards/input/schema-strictness.ts";
import { settingsOf } from "../guard-fixture.ts";
import { documentOf } from "./documents.ts";

function said(schema: ToolSchemaSource, text: string): readonly string[] {
  const { notes } = checkSchemaStrictness({
    call: { tool: "t", entry: { name: "t", schema } },
    arguments: documentOf(text),
    settings: settingsOf("schema_strictness"),
  });
  return notes.map((note) => note.text);
}

describe("a schema that refers to itself for the same value", () => {
  test.each([
    { $ref: "#" },
    { $defs: { a: { $ref: "#/$defs/b" }, b: { allOf: [{ $ref: "#/$defs/a" }] } }, $ref: "#/$defs/a" },
  ])("%j cannot be used", (schema) => {
    expect(said(schema, "{}")).toEqual(["The schema of 't' cannot be used: it refers to itself without end"]);
  });

  test("in one of its parts refuses what reaches that part", () => {
    const schema = { properties: { a: { allOf: [{ $ref: "#/properties/a" }] } } };
    expect(said(schema, "{}")).toEqual([]);
    expect(said(schema, '{"a":1}')).toEqual([
      "Constraint violated for the arguments: nested too deeply to be checked against this schema",
    ]);
  });
});

test.each(['""', '" \\t"', '"\u200b"', '"\u3000\u00ad"'])("%s is an empty text", (text) => {
  const schema = { properties: { a: { type: "string" } }, required: ["a"] };
  expect(said(schema, `{"a":${text}}`)).toEqual(["Empty string for required field: a"]);
});

test.each([
  [
    "a pattern that takes other engines for ever",
    { a: { pattern: "^(a+)+$" } },
    JSON.stringify({ a: `${"a".repeat(60)}!` }),
  ],
  ["a name that every object inherits", { a: {} }, '{"hasOwnProperty":1}'],
  [
    "a field in a part of alternatives",
    { a: { anyOf: [{ properties: { b: {} } }, { properties: { c: {} } }] } },
    '{"a":{"d":1}}',
  ],
  ["a letter in two spellings", { a: { enum: ["é"] } }, '{"a":"e\u0301"}'],
])("%s is refused", (_what, properties, text) => {
  expect(said({ type: "object", properties }, text)).toHaveLength(1);
});
