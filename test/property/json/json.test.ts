// JSON against the language's own reader, the editor against the same edit of a value, one text for equal values.
import canonicalize from "canonicalize";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { canonicalJson } from "../../../src/engine/json/canonical-json.ts";
import { editJson, type JsonEdit } from "../../../src/engine/json/edit-json.ts";
import { OUTPUT_JSON_CAPS } from "../../../src/engine/json/json-caps.ts";
import type { JsonPath, JsonValue } from "../../../src/engine/json/json-document.ts";
import { isJsonDocument, parseJson } from "../../../src/engine/json/parse-json.ts";

const forbidden = new Set(["__proto__", "constructor", "prototype"]);
const name = fc.string({ unit: "binary", maxLength: 8 }).filter((text) => !forbidden.has(text));
const { value: anyValue } = fc.letrec<{ value: JsonValue }>((tie) => ({
  value: fc.oneof(
    { depthSize: "small" },
    fc.constantFrom(null, true, false),
    fc.integer(),
    fc.double({ noNaN: true, noDefaultInfinity: true }),
    fc.string({ unit: "binary", maxLength: 12 }),
    fc.array(tie("value"), { maxLength: 5 }),
    fc.dictionary(name, tie("value"), { maxKeys: 5 }),
  ),
}));
const indents = fc.constantFrom(undefined, 1, "\t");

function readValue(text: string): JsonValue {
  const result = parseJson(text, OUTPUT_JSON_CAPS);
  if (!isJsonDocument(result)) throw new Error(result.issue.message);
  return result.value;
}

/** Names, strings and numbers of `value`, one behind the other. */
function textsOf(value: JsonValue): string[] {
  if (typeof value === "string" || typeof value === "number") return [String(value)];
  if (value === null || typeof value !== "object") return [];
  if (Array.isArray(value)) return value.flatMap(textsOf);
  return Object.entries(value).flatMap(([member, inner]) => [member, ...textsOf(inner)]);
}

function namesOf(value: JsonValue): string[] {
  if (value === null || typeof value !== "object") return [];
  const inner = Object.values(value).flatMap(namesOf);
  return Array.isArray(value) ? inner : [...Object.keys(value), ...inner];
}

/** Every path of `value`, parents first. */
function pathsOf(value: JsonValue, path: JsonPath = []): JsonPath[] {
  if (value === null || typeof value !== "object") return [path];
  const keys: (string | number)[] = Array.isArray(value) ? [...value.keys()] : Object.keys(value);
  const parts = keys.map((key) =>
    pathsOf((value as Record<string | number, JsonValue>)[key] as JsonValue, [...path, key]),
  );
  return [path, ...parts.flat()];
}

function partAt(value: JsonValue, path: JsonPath): JsonValue {
  return path.reduce<JsonValue>(
    (part, key) => (part as Record<string | number, JsonValue>)[key] as JsonValue,
    value,
  );
}

/** The same edit on a copy of the value. */
function editValue(value: JsonValue, edit: JsonEdit): JsonValue {
  const copy = structuredClone<JsonValue>(value);
  const key = edit.path.at(-1);
  if (edit.kind === "replace" && key === undefined) return JSON.parse(edit.text) as JsonValue;
  const parent = partAt(copy, edit.path.slice(0, -1)) as Record<string | number, JsonValue>;
  if (edit.kind === "replace") parent[key as string] = JSON.parse(edit.text) as JsonValue;
  else if (edit.kind === "insert")
    (partAt(copy, edit.path) as Record<string, JsonValue>)[edit.name] = JSON.parse(edit.text) as JsonValue;
  else if (Array.isArray(parent)) parent.splice(key as number, 1);
  else delete parent[key as string];
  return copy;
}

describe("parseJson", () => {
  test("reads what the language writes, with any blanks", () => {
    fc.assert(
      fc.property(anyValue, indents, (value, indent) => {
        const text = JSON.stringify(value, undefined, indent);
        expect(readValue(text)).toEqual(JSON.parse(text));
      }),
    );
  });

  test("accepts nothing that the language refuses, and gives the same value where it accepts", () => {
    const mutation = fc.tuple(
      fc.nat(),
      fc.nat({ max: 3 }),
      fc.constantFrom(...Array.from('{}[]",:\\ue0.-+1 \n\u0000tfn/')),
    );
    fc.assert(
      fc.property(anyValue, fc.array(mutation, { maxLength: 4 }), (value, mutations) => {
        let text = JSON.stringify(value);
        for (const [at, drop, add] of mutations) {
          const place = at % (text.length + 1);
          text = text.slice(0, place) + add + text.slice(place + drop);
        }
        const result = parseJson(text, OUTPUT_JSON_CAPS);
        const own = isJsonDocument(result) ? JSON.stringify(result.value) : result.issue.kind;
        let theirs = "syntax";
        try {
          theirs = JSON.stringify(JSON.parse(text));
        } catch (error) {
          if (!(error instanceof SyntaxError)) throw error;
        }
        const stricter = ["duplicate_key", "forbidden_key", "number_range", "digits"];
        expect(stricter.includes(own) ? theirs : own).toBe(theirs);
      }),
    );
  });

  const whole = fc.maxSafeInteger().map(String);
  const digits = fc.nat({ max: 10_000_000 }).map(String);
  const spelled = fc.oneof(
    whole,
    fc.tuple(whole, fc.constantFrom(".", ".0", ".00000", ".0000000"), digits).map((parts) => parts.join("")),
    fc.tuple(whole, fc.constantFrom("e", "E-", "e+"), fc.nat({ max: 30 })).map((parts) => parts.join("")),
    fc.constantFrom(
      "-0",
      "-0.0",
      "0.1",
      "0.000001",
      "0.0000001",
      "-1.50",
      "5e-1",
      "1.0",
      "123456789012345680000",
    ),
  );

  test("tells every text of a value, and every name", () => {
    fc.assert(
      fc.property(anyValue, fc.array(spelled, { maxLength: 5 }), (value, numbers) => {
        const text = `{"value":${JSON.stringify(value)},"numbers":[${numbers.join(",")}]}`;
        const result = parseJson(text, OUTPUT_JSON_CAPS);
        if (!isJsonDocument(result)) throw new Error(result.issue.message);
        expect(result.lines.split("\n").sort()).toEqual(textsOf(result.value).join("\n").split("\n").sort());
        expect(new Set(result.names)).toEqual(new Set(namesOf(result.value)));
      }),
      { numRuns: 1_000 },
    );
  });

  test("every part stands where spanOf says", () => {
    fc.assert(
      fc.property(anyValue, indents, (value, indent) => {
        const text = JSON.stringify(value, undefined, indent);
        const result = parseJson(text, OUTPUT_JSON_CAPS);
        const parsed = JSON.parse(text) as JsonValue;
        const spans = pathsOf(parsed).map((path) =>
          isJsonDocument(result) ? result.spanOf(path) : undefined,
        );
        const parts = spans.map((span) => JSON.parse(text.slice(span?.start, span?.end)) as JsonValue);
        expect(parts).toEqual(pathsOf(parsed).map((path) => partAt(parsed, path)));
      }),
    );
  });
});

describe("editJson", () => {
  test("an edit of the text is the same edit of the value", () => {
    fc.assert(
      fc.property(
        anyValue,
        indents,
        fc.nat(),
        anyValue,
        fc.nat({ max: 2 }),
        (value, indent, at, other, kind) => {
          const text = JSON.stringify(value, undefined, indent);
          const parsed = JSON.parse(text) as JsonValue;
          const paths = pathsOf(parsed);
          const path = paths[at % paths.length] as JsonPath;
          const part = partAt(parsed, path);
          const canInsert =
            typeof part === "object" && part !== null && !Array.isArray(part) && !("new name" in part);
          const edits: JsonEdit[] = [
            { kind: "replace", path, text: JSON.stringify(other) },
            path.length === 0 ? { kind: "replace", path, text: "0" } : { kind: "remove", path },
            canInsert
              ? { kind: "insert", path, name: "new name", text: JSON.stringify(other) }
              : { kind: "replace", path, text: "1" },
          ];
          const edit = edits[kind] as JsonEdit;
          expect(JSON.parse(editJson(text, [edit]))).toEqual(editValue(parsed, edit));
        },
      ),
    );
  });

  test("what is not edited keeps its spelling", () => {
    const spelling = fc.constantFrom<string[]>(
      "1.50",
      "1e2",
      "100000000000000000000001",
      "-0",
      "1E+2",
      '"\\u0061"',
    );
    fc.assert(
      fc.property(fc.array(spelling, { minLength: 1, maxLength: 9 }), fc.nat(), (spellings, at) => {
        const text = `[${spellings.join(" , ")}]`;
        const place = at % spellings.length;
        const edited = editJson(text, [{ kind: "replace", path: [place], text: "null" }]);
        expect(edited).toBe(`[${spellings.with(place, "null").join(" , ")}]`);
      }),
    );
  });
});

describe("canonicalJson", () => {
  test("equals the public implementation of RFC 8785", () => {
    fc.assert(
      fc.property(anyValue, (value) => {
        fc.pre(JSON.stringify(value).isWellFormed() && !/\\ud[89a-f]/.test(JSON.stringify(value)));
        expect(canonicalJson(value)).toBe(canonicalize(value));
      }),
    );
  });

  test("equal values have one text, whatever their spelling", () => {
    fc.assert(
      fc.property(anyValue, indents, (value, indent) => {
        const text = canonicalJson(readValue(JSON.stringify(value, undefined, indent)));
        expect(text).toBe(canonicalJson(readValue(text)));
        expect(JSON.parse(text)).toEqual(JSON.parse(JSON.stringify(value)));
      }),
    );
  });
});
