// The reader that makes no values beside the one that does: it says the same of whatever it does not leave to it.
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { canonicalJson } from "../../../src/engine/json/canonical-json.ts";
import { type JsonCaps, OUTPUT_JSON_CAPS } from "../../../src/engine/json/json-caps.ts";
import type { JsonDocument } from "../../../src/engine/json/json-document.ts";
import { isJsonDocument, parseJson, readJson } from "../../../src/engine/json/parse-json.ts";
import { scanJson } from "../../../src/engine/json/scan-json.ts";

const digits = fc.nat({ max: 10_000_000 }).map(String);
const number = fc.oneof(
  fc.integer().map(String),
  fc.double({ noNaN: true, noDefaultInfinity: true }).map(String),
  fc
    .tuple(fc.integer(), fc.constantFrom(".", ".0", ".00000", ".0000000"), digits)
    .map((parts) => parts.join("")),
  fc
    .tuple(digits, fc.constantFrom("e", "E-", "e+", ".5e-"), fc.nat({ max: 330 }))
    .map((parts) => parts.join("")),
  fc.constantFrom(
    "-0",
    "0",
    "-0.0",
    "0.0",
    "1.0",
    "0.000001",
    "0.0000001",
    "-0.5",
    "01",
    "-",
    "1.",
    "1e",
    ".5",
    "1e400",
    "1e400null",
    "-1e999true",
  ),
  fc.bigInt({ min: 0n, max: 10n ** 45n }).map(String),
);
const letters = fc.oneof(
  { arbitrary: fc.constantFrom(...Array.from("ab _-!#0A/")), weight: 8 },
  fc.constantFrom(
    "\\n",
    '\\"',
    "\\\\",
    "\\/",
    "\\b",
    "\\f",
    "\\r",
    "\\t",
    "\\u0061",
    "\\u00e9",
    "\\ud83d\\ude00",
    "\\u0000",
    "\\u001F",
    "\\u000a",
    "\\u0022",
    "\\u005c",
    "\\u007f",
    "\\ud83d",
    "\\ude00",
    "\\ud83dx",
    "\\u00g0",
    "\\u12",
  ),
  fc.constantFrom("é", "深", "😀", "\u2028", "\u007f", "\ufeff", "\ud800", "\u0001", "\\", '"'),
);
const plainName = fc.constantFrom(
  "a",
  "ab",
  "b",
  "a b",
  "a!",
  "title",
  "items",
  "name",
  "",
  "constructor",
  "A",
  "0",
  "10",
  "é",
  "深",
  "ключ",
  "\ue000",
  "😀",
);
const string = fc.array(letters, { maxLength: 6 }).map((parts) => `"${parts.join("")}"`);
const name = fc.oneof({ arbitrary: plainName.map((text) => `"${text}"`), weight: 6 }, string);
const blank = fc.constantFrom("", "", "", " ", "\n\t", "\r");
const { value: text } = fc.letrec<{ value: string }>((tie) => ({
  value: fc
    .oneof(
      { depthSize: "medium" },
      number,
      string,
      fc.constantFrom("true", "false", "null", "nul", "[]", "{}", "[ ]", "[,]", "{,}"),
      fc.array(tie("value"), { maxLength: 4 }).map((items) => `[${items.join(",")}]`),
      fc
        .array(fc.tuple(name, blank, tie("value")), { maxLength: 6 })
        .map(
          (members) => `{${members.map(([key, between, value]) => `${key}${between}:${value}`).join(",")}}`,
        ),
    )
    .chain((inner) => fc.tuple(blank, blank).map(([before, behind]) => before + inner + behind)),
}));
const caps = fc.record<JsonCaps>({
  maxBytes: fc.constant(OUTPUT_JSON_CAPS.maxBytes),
  maxDepth: fc.constantFrom(1, 3, 64),
  maxNodes: fc.constantFrom(3, 10, 50_000),
  maxDigits: fc.constantFrom(3, 40),
  maxKeyLength: fc.constantFrom(1, 1_024),
  maxStringLength: fc.constantFrom(2, 262_144),
});

function saysOf(document: JsonDocument): unknown {
  const { isObject, lines, canonical, value } = document;
  return { isObject, lines, canonical, value, names: new Set(document.names) };
}

test("what is scanned is read, and says the same", () => {
  fc.assert(
    fc.property(text, caps, (source, bounds) => {
      fc.pre(source.isWellFormed());
      const scanned = scanJson(source, bounds);
      expect(scanJson(new TextEncoder().encode(source), bounds)).toEqual(scanned);
      const read = readJson(source, bounds);
      fc.pre(scanned !== undefined);
      if (!isJsonDocument(read)) throw new Error(read.issue.message);
      expect({ ...scanned, names: new Set(scanned.names) }).toEqual({
        isObject: read.isObject,
        names: new Set(read.names),
        lines: read.lines,
        canonical: canonicalJson(read.value),
      });
    }),
    { numRuns: 3_000 },
  );
});

test("a number that is too large, or too long, is not read past: what stands behind it is no value", () => {
  const numbers = ["1e400", "-1e400", "1".repeat(OUTPUT_JSON_CAPS.maxDigits + 1), "1.", "01", "-"];
  for (const one of numbers)
    for (const behind of ["null", "true", "false", '""']) {
      for (const wrong of [`${one}${behind}`, `[${one}${behind}]`, `{"a":${one}${behind},"b":1}`]) {
        expect(scanJson(wrong, OUTPUT_JSON_CAPS)).toBeUndefined();
        expect(isJsonDocument(parseJson(wrong, OUTPUT_JSON_CAPS))).toBe(false);
      }
    }
});

test("a text is one document, whoever reads it", () => {
  fc.assert(
    fc.property(text, caps, (source, bounds) => {
      const read = readJson(source, bounds);
      const parsed = parseJson(source, bounds);
      expect(isJsonDocument(parsed) ? saysOf(parsed) : parsed).toEqual(
        isJsonDocument(read) ? saysOf(read) : read,
      );
    }),
    { numRuns: 3_000 },
  );
});

test.each([
  '{"title":"plan","items":[{"name":"valve 1","note":"of the casing","values":[1,1.5,true,null]}]}',
  '{ "b" : "é 深 😀", "a" : -1.0e-3, "c": "line\\nline \\"quoted\\" \\/" }',
  '{"b":{"d":1,"c":{"f":[],"e":{}}},"a":[{"z":1,"y":2},0.10,100000000000000000000000]}',
  '{"name":"\\u00e9\\n\\u0001\\ud83d\\ude00","\u6df1":[],"\u00e9":"\\u6df1"}',
  "[]",
  " 12 ",
  '"text"',
])("%s is scanned", (source) => {
  const scanned = scanJson(source, OUTPUT_JSON_CAPS);
  expect(scanned?.canonical).toBe(canonicalJson(JSON.parse(source)));
});

test.each([
  '{"a":1,"b":2,"a":3}',
  '{"b":1,"a":2,"b":3}',
  '{"a":1,"a":2}',
  '{"constructor":1}',
  '"a',
  "[1",
  '"\\ud83d"',
  "[1e400]",
  "[01]",
])("%s is left to the other reader", (source) => {
  expect(scanJson(source, OUTPUT_JSON_CAPS)).toBeUndefined();
});

test("names that share a place are told apart, texts of any size are read", () => {
  const value = Object.fromEntries(
    Array.from({ length: 5_000 }, (_, at) => [`name ${at * 7}`, "x".repeat(at % 90)]),
  );
  const source = JSON.stringify({ value, again: value });
  const scanned = scanJson(source, OUTPUT_JSON_CAPS);
  expect(scanned?.canonical).toBe(canonicalJson(JSON.parse(source)));
  expect(new Set(scanned?.names)).toEqual(new Set(["value", "again", ...Object.keys(value)]));
});

test("a text as long as an output may be is scanned, a longer one is left to the other reader", () => {
  const { maxBytes } = OUTPUT_JSON_CAPS;
  const longest = JSON.stringify({ b: "x".repeat(maxBytes / 2 - 1), a: "é".repeat(maxBytes / 4 - 7) });
  expect(Buffer.byteLength(longest)).toBe(maxBytes);
  const bytes = new TextEncoder().encode(longest);
  expect(scanJson(longest, OUTPUT_JSON_CAPS)?.canonical).toBe(canonicalJson(JSON.parse(longest)));
  expect(scanJson(bytes, OUTPUT_JSON_CAPS)?.lines.length).toBe(maxBytes / 2 + maxBytes / 4 - 3);
  const longer = `${longest} `;
  const larger = { ...OUTPUT_JSON_CAPS, maxBytes: maxBytes + 1 };
  expect(scanJson(longer, larger)).toBeUndefined();
  expect(scanJson(new TextEncoder().encode(longer), larger)).toBeUndefined();
  expect(isJsonDocument(parseJson(longer, larger))).toBe(true);
});

test("members of many objects inside one another are put in order", () => {
  const nested = (depth: number): unknown =>
    depth === 0 ? { z: 1, a: [] } : { z: nested(depth - 1), m: [depth, {}], b: nested(depth - 1), c: "c" };
  const source = JSON.stringify(nested(8), undefined, 1);
  expect(scanJson(source, OUTPUT_JSON_CAPS)?.canonical).toBe(canonicalJson(JSON.parse(source)));
});
