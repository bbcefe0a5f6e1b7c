import { describe, expect, test } from "vitest";
import type { ToolSchemaSource } from "../../../../../src/engine/guards/input/schema/compile-tool-schema.ts";
import {
  checkSchemaStrictness,
  type SchemaStrictnessSettings,
} from "../../../../../src/engine/guards/input/schema-strictness.ts";
import { documentOf } from "./documents.ts";

const settings: SchemaStrictnessSettings = {
  coerce_types: false,
  allow_extra_fields: false,
  reject_empty_strings: true,
  require_all_required: true,
  unknown_tool: "allow",
};

/** The schema of the source document. */
const createUser = {
  type: "object",
  properties: {
    name: { type: "string" },
    age: { type: "integer" },
    role: { type: "string", enum: ["admin", "user", "guest"] },
  },
  required: ["name", "age"],
};

function check(
  schema: ToolSchemaSource | undefined,
  text: string,
  changes: Partial<SchemaStrictnessSettings> = {},
): { said: string[]; text: string | undefined } {
  const outcome = checkSchemaStrictness({
    call: { tool: "create_user", entry: { name: "create_user", schema } },
    arguments: documentOf(text),
    settings: { ...settings, ...changes },
  });
  const said = outcome.notes.map((note) => `${note.verdict} ${note.reason} ${note.text}`);
  return { said, text: outcome.document?.text };
}

const blocked = (text: string) => `BLOCK SCHEMA_VIOLATION ${text}`;

describe("checkSchemaStrictness", () => {
  test.each([
    ['{"name":"Alice","age":30}', []],
    ['{"name":"Alice","age":30,"role":"guest"}', []],
    ['{"name":"Charlie"}', ["Missing required field: age"]],
    ["{}", ["Missing required field: name", "Missing required field: age"]],
    ['{"name":"Bob","age":"25"}', ["Type mismatch for 'age': expected integer, got string"]],
    ['{"name":"Bob","age":25.5}', ["Type mismatch for 'age': expected integer, got number"]],
    ['{"name":"Bob","age":25.0}', []],
    ['{"name":"Bob","age":1,"role":"root"}', ["Invalid value for 'role': allowed are admin, user, guest"]],
    ['{"name":"Bob","age":1,"x":1}', ["Unknown field: x"]],
    ['{"name":" ","age":1}', ["Empty string for required field: name"]],
    [
      '{"name":null,"age":[],"x y":{}}',
      [
        "Type mismatch for 'name': expected string, got null",
        "Type mismatch for 'age': expected integer, got array",
        'Unknown field: ["x y"]',
      ],
    ],
  ])("arguments %s: %j", (text, violations) => {
    expect(check(createUser, text).said).toEqual(violations.map(blocked));
  });

  test.each<[Partial<SchemaStrictnessSettings>, string]>([
    [{ allow_extra_fields: true }, '{"name":"Bob","age":1,"x":1}'],
    [{ reject_empty_strings: false }, '{"name":"","age":1}'],
    [{ require_all_required: false }, "{}"],
  ])("%j lets %s through", (changes, text) => {
    expect(check(createUser, text).said).not.toEqual([]);
    expect(check(createUser, text, changes).said).toEqual([]);
  });

  test.each([
    ["block", ["BLOCK"]],
    ["warn", ["WARN"]],
    ["allow", ["ALLOW"]],
  ] as const)("a tool that nobody described: %s", (choice, verdicts) => {
    const outcome = checkSchemaStrictness({
      call: { tool: "x", entry: undefined },
      arguments: documentOf("{}"),
      settings: { ...settings, unknown_tool: choice },
    });
    expect(outcome.notes.map(({ verdict }) => verdict)).toEqual(verdicts);
    expect(outcome.notes.map(({ reason, text }) => `${reason}: ${text}`)).toEqual([
      "TOOL_UNKNOWN: No Tools document names 'x'",
    ]);
  });

  test("a tool without a schema takes anything", () => {
    expect(check(undefined, '{"a":1}').said).toEqual([]);
  });

  test.each<[string, ToolSchemaSource, string]>([
    ["a type of another world", { type: "dict" }, "schema is invalid"],
    ["a look-around", { properties: { a: { pattern: "(?=a)" } } }, "invalid or unsupported Perl syntax"],
    ["a schema elsewhere", { $ref: "https://example.com/x" }, "can't resolve reference"],
  ])("%s is named when the tool is called", (_what, schema, issue) => {
    expect(check(schema, "{}").said.join()).toContain(
      `BLOCK SCHEMA_VIOLATION The schema of 'create_user' cannot be used: `,
    );
    expect(check(schema, "{}").said.join()).toContain(issue);
  });
});

describe("the whole of JSON Schema", () => {
  test.each<[string, ToolSchemaSource, string, string[]]>([
    [
      "nested objects and lists",
      {
        properties: {
          legs: { type: "array", items: { properties: { to: { type: "string" } }, required: ["to"] } },
        },
      },
      '{"legs":[{"to":"SFO"},{"from":"SEA"},{"to":""}]}',
      [
        "Missing required field: legs[1].to",
        "Unknown field: legs[1].from",
        "Empty string for required field: legs[2].to",
      ],
    ],
    [
      "bounds, patterns and formats",
      {
        properties: {
          n: { minimum: 1, maximum: 5 },
          s: { pattern: "^[a-z]+$", maxLength: 3 },
          d: { format: "date" },
          u: { type: "array", uniqueItems: true },
          m: { multipleOf: 0.01 },
        },
      },
      '{"n":9,"s":"ABCD","d":"2025-02-30","u":[1,{"a":1},{"a":1.0}],"m":0.07}',
      [
        "Constraint violated for 'n': must be <= 5",
        "Constraint violated for 's': must NOT have more than 3 characters",
        "Constraint violated for 's': must match pattern \"^[a-z]+$\"",
        "Constraint violated for 'd': must match format \"date\"",
        "Constraint violated for 'u': must not hold an item twice",
      ],
    ],
    [
      "alternatives of types",
      { properties: { a: { anyOf: [{ type: "integer" }, { type: "null" }] } } },
      '{"a":"x"}',
      ["Type mismatch for 'a': expected integer or null, got string"],
    ],
    [
      "alternatives of forms",
      {
        properties: {
          a: {
            oneOf: [
              { properties: { b: { type: "string" } }, required: ["b"], additionalProperties: false },
              { properties: { c: { type: "string" } }, required: ["c"], additionalProperties: false },
            ],
          },
        },
      },
      '{"a":{"d":1}}',
      [
        "Constraint violated for 'a': must be exactly one of the forms that the schema allows",
        "Unknown field: a.d",
      ],
    ],
    [
      "references, also to itself",
      {
        $defs: {
          node: { type: "object", properties: { v: { type: "integer" }, next: { $ref: "#/$defs/node" } } },
        },
        $ref: "#/$defs/node",
      },
      '{"v":1,"next":{"v":2,"next":{"v":"3","x":1}}}',
      ["Type mismatch for 'next.next.v': expected integer, got string", "Unknown field: next.next.x"],
    ],
    [
      "lists of types",
      { properties: { a: { type: ["string", "null"] } } },
      '{"a":1}',
      ["Type mismatch for 'a': expected string or null, got number"],
    ],
    [
      "fields that need each other",
      { properties: { a: {}, b: {} }, dependentRequired: { a: ["b"] } },
      '{"a":1}',
      ["Missing required field: b (needed by a)"],
    ],
    ["constants", { properties: { a: { const: 5 } } }, '{"a":6}', ["Invalid value for 'a': allowed are 5"]],
    [
      "draft-07 by its words",
      {
        definitions: { s: { type: "string" } },
        properties: { a: { items: [{ $ref: "#/definitions/s" }], additionalItems: false } },
      },
      '{"a":["x",1]}',
      ["Constraint violated for 'a': must NOT have more than 1 items"],
    ],
    [
      "draft-07 by its address",
      { $schema: "http://json-schema.org/draft-07/schema#", properties: { a: { type: "string" } } },
      '{"a":1}',
      ["Type mismatch for 'a': expected string, got number"],
    ],
    [
      "2020-12",
      { properties: { a: { prefixItems: [{ type: "string" }] } } },
      '{"a":[1]}',
      ["Type mismatch for 'a[0]': expected string, got number"],
    ],
    [
      "a schema that allows nothing",
      false,
      "{}",
      ["Constraint violated for the arguments: must NOT be valid"],
    ],
  ])("%s", (_what, schema, text, violations) => {
    expect(check(schema, text).said).toEqual(violations.map(blocked));
  });

  test.each<[string, ToolSchemaSource, string]>([
    ["a free form", { type: "object" }, '{"a":1}'],
    [
      "further fields by schema",
      { properties: { a: {} }, additionalProperties: { type: "integer" } },
      '{"b":1}',
    ],
    ["fields by pattern", { properties: { a: {} }, patternProperties: { "^x-": {} } }, '{"x-b":1}'],
    [
      "fields of all parts",
      { allOf: [{ properties: { a: {} } }, { properties: { b: {} } }] },
      '{"a":1,"b":2}',
    ],
    [
      "words that nobody knows",
      { properties: { a: { type: "string", "x-ui": 1, format: "odd" } } },
      '{"a":"b"}',
    ],
    [
      "an empty text that the schema lists",
      { properties: { a: { enum: ["", "b"] } }, required: ["a"] },
      '{"a":""}',
    ],
    ["an empty text that is not required", { properties: { a: { type: "string" } } }, '{"a":""}'],
    ["names of the language", { properties: { toString: { type: "string" } } }, '{"toString":"a"}'],
    ["a schema that allows everything", true, '{"a":1}'],
  ])("%s is fine", (_what, schema, text) => {
    expect(check(schema, text).said).toEqual([]);
  });

  test("the name of a member of the language is missing like any other", () => {
    expect(check({ properties: { toString: {} }, required: ["toString"] }, "{}").said).toEqual([
      blocked("Missing required field: toString"),
    ]);
  });

  test("alternatives that refer to themselves are evaluated so often and no more", () => {
    const either = { properties: { a: { $ref: "#" } }, required: ["a"] };
    const schema = { anyOf: [either, { ...either, minProperties: 1 }, { type: "null" }] };
    const nested = (depth: number): string => `${'{"a":'.repeat(depth)}null${"}".repeat(depth)}`;
    expect(check(schema, nested(3)).said).toEqual([]);
    expect(check(schema, nested(60)).said).toEqual([
      blocked("Constraint violated for the arguments: nested too deeply to be checked against this schema"),
    ]);
    expect(check({ properties: { next: { $ref: "#" } } }, nested(60).replaceAll("a", "next")).said).toEqual(
      [],
    );
  });

  test.each<[string, ToolSchemaSource]>([
    ["more than 1000 parts", { anyOf: Array.from({ length: 1_000 }, (_, index) => ({ const: index })) }],
    [
      "nested deeper than 64 levels",
      Array.from({ length: 64 }).reduce<{ readonly [keyword: string]: unknown }>(
        (inner) => ({ not: inner }),
        {},
      ),
    ],
  ])("a schema of %s cannot be used", (excess, schema) => {
    expect(check(schema, "{}").said.join()).toContain(`The schema of 'create_user' cannot be used: it `);
    expect(check(schema, "{}").said.join()).toContain(excess);
  });

  test("two tools may use one $id", () => {
    expect(
      check({ $id: "https://example.com/a", properties: { a: { type: "string" } } }, '{"a":"b"}').said,
    ).toEqual([]);
    expect(
      check({ $id: "https://example.com/a", properties: { a: { type: "null" } } }, '{"a":null}').said,
    ).toEqual([]);
  });

  test("a thousand violations are told by the first sixteen", () => {
    const text = JSON.stringify({ a: Array.from({ length: 1_000 }, () => "x") });
    expect(check({ properties: { a: { items: { type: "null" } } } }, text).said).toHaveLength(16);
  });
});

describe("coerce_types", () => {
  const types = {
    properties: {
      i: { type: "integer" },
      n: { type: "number" },
      b: { type: "boolean" },
      s: { type: "string" },
      z: { type: "null" },
      l: { type: "array", items: { type: "integer" } },
      o: { type: "object", properties: { i: { type: "integer" } } },
      e: { enum: [1, 2, "three"] },
      m: { anyOf: [{ type: "integer" }, { type: "null" }] },
      t: { type: "string", enum: ["1", "2"] },
    },
  };

  test.each([
    ['{"i":"25"}', '{"i":25}'],
    ['{"i":" -7 "}', '{"i":-7}'],
    ['{"i":"12345678901234567890"}', '{"i":12345678901234567890}'],
    ['{"n":"1.50","i":3.0}', '{"n":1.50,"i":3.0}'],
    ['{"b":"True"}', '{"b":true}'],
    ['{"b":0}', '{"b":false}'],
    ['{"s":1.50}', '{"s":"1.50"}'],
    ['{"s":false}', '{"s":"false"}'],
    ['{"z":"null"}', '{"z":null}'],
    ['{"l":"[1, 2]"}', '{"l":[1, 2]}'],
    ['{"l":"[\\"1\\", 2]"}', '{"l":[1, 2]}'],
    ['{"o":"{\\"i\\":\\"5\\"}"}', '{"o":{"i":5}}'],
    ['{"e":"2"}', '{"e":2}'],
    ['{"m":"5"}', '{"m":5}'],
    ['{"t":2}', '{"t":"2"}'],
    ['{ "n" : "5" , "s" : "kept" }', '{ "n" : 5 , "s" : "kept" }'],
  ])("%s is repaired to %s", (text, repaired) => {
    const { said, text: result } = check(types, text, { coerce_types: true });
    expect(result).toBe(repaired);
    expect(said.every((line) => line.startsWith("REPAIR SCHEMA_VIOLATION "))).toBe(true);
    expect(check(types, repaired, { coerce_types: true })).toEqual({ said: [], text: undefined });
  });

  test.each([
    '{"i":"25.5"}',
    '{"i":"007"}',
    '{"i":"1,000"}',
    '{"i":""}',
    '{"n":"NaN"}',
    '{"b":"yes"}',
    '{"b":2}',
    '{"s":null}',
    '{"s":[1]}',
    '{"l":"{}"}',
    '{"l":"[1,"}',
    '{"l":"[\\"x\\"]"}',
    '{"o":"{\\"__proto__\\":1}"}',
    '{"e":"3"}',
    '{"t":3}',
    '{"i":"1","x":2}',
  ])("%s cannot be repaired", (text) => {
    const { said, text: result } = check(types, text, { coerce_types: true });
    expect(result).toBeUndefined();
    expect(said.join()).toContain("BLOCK SCHEMA_VIOLATION ");
  });

  test("what was repaired is told, not what it was", () => {
    expect(check(createUser, '{"name":"Bob","age":"25"}', { coerce_types: true })).toEqual({
      said: ["REPAIR SCHEMA_VIOLATION Type mismatch for 'age': expected integer, got string"],
      text: '{"name":"Bob","age":25}',
    });
  });
});

describe("what travels with the arguments", () => {
  const entry = {
    name: "create_order",
    schema: { type: "object", properties: { item: { type: "string" } }, additionalProperties: false },
  };
  const texts = (args: unknown, schema: object = entry.schema, coerce_types = false) =>
    checkSchemaStrictness({
      call: { tool: "create_order", entry: { ...entry, schema: schema as never } },
      arguments: documentOf(JSON.stringify(args)),
      settings: { ...settings, coerce_types },
    }).notes.map(({ text }) => text);

  test("needs no place in a schema", () => {
    const args = { item: "widget", _idempotency_key: "abc123", _capability_token: "a.b.c" };
    expect(texts(args)).toEqual([]);
    expect(texts(args, entry.schema, true)).toEqual([]);
    expect(texts({ item: "widget", _other: 1 })).toEqual(["Unknown field: _other"]);
    expect(texts({ item: "widget", part: { _idempotency_key: "x" } })).toHaveLength(1);
  });

  test("is judged where the schema names it", () => {
    const schema = { type: "object", properties: { _idempotency_key: { type: "string", minLength: 8 } } };
    expect(texts({ _idempotency_key: "short" }, schema)).toHaveLength(1);
  });
});
