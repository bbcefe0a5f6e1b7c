import { describe, expect, test } from "vitest";
import { type JsonCaps, REQUEST_JSON_CAPS } from "../../../../src/engine/json/json-caps.ts";
import type { JsonPath } from "../../../../src/engine/json/json-document.ts";
import { isJsonDocument, parseJson } from "../../../../src/engine/json/parse-json.ts";

function valueOf(text: string, caps?: Partial<JsonCaps>): unknown {
  const result = parseJson(text, { ...REQUEST_JSON_CAPS, ...caps });
  return isJsonDocument(result) ? result.value : result.issue.kind;
}

function partAt(text: string, path: JsonPath): string {
  const result = parseJson(text);
  const span = isJsonDocument(result) ? result.spanOf(path) : undefined;
  return span === undefined ? "nothing" : text.slice(span.start, span.end);
}

describe("parseJson", () => {
  test.each([
    ["null", null],
    [" true ", true],
    ["false", false],
    ["0", 0],
    ["-0.5e-2", -0.005],
    ['"a\\u00e9\\n\\"\\/"', 'aé\n"/'],
    ["[]", []],
    ["{}", {}],
    ['{"a":[1,{"b":null}],"c":""}', { a: [1, { b: null }], c: "" }],
    ['\t{ "a" : [ ] , "b" : { } }\r\n', { a: [], b: {} }],
    ['"\\ud83d\\ude00"', "😀"],
  ])("reads %s", (text, value) => {
    expect(valueOf(text)).toEqual(value);
  });

  test.each([
    "",
    "  ",
    "nul",
    "tru e",
    "01",
    "-",
    "1.",
    ".5",
    "1e",
    "1e+",
    "+1",
    "NaN",
    "Infinity",
    "[1,]",
    "[1 2]",
    "[",
    "{",
    '{"a"}',
    '{"a":}',
    '{"a":1,}',
    "{a:1}",
    "{'a':1}",
    '"a',
    '"\\x"',
    '"\\u12g4"',
    '"a\nb"',
    "1 2",
    "[1]]",
    "/* */1",
    "\ufeff1",
  ])("refuses %j, which is no JSON", (text) => {
    expect(valueOf(text)).toBe("syntax");
  });

  test.each([
    ["bytes", '"abc"', { maxBytes: 5 }, { maxBytes: 4 }],
    ["bytes", '"é€😀"', { maxBytes: 11 }, { maxBytes: 10 }],
    ["depth", "[[{}]]", { maxDepth: 3 }, { maxDepth: 2 }],
    ["nodes", '[1,{"a":2}]', { maxNodes: 4 }, { maxNodes: 3 }],
    ["digits", "12.5e10", { maxDigits: 5 }, { maxDigits: 4 }],
    ["key_length", '{"abc":1}', { maxKeyLength: 3 }, { maxKeyLength: 2 }],
    ["string_length", '"ab\\n"', { maxStringLength: 3 }, { maxStringLength: 2 }],
  ])("refuses too many %s in %s and accepts just enough", (kind, text, enough, tooFew) => {
    expect(valueOf(text, enough)).toEqual(JSON.parse(text));
    expect(valueOf(text, tooFew)).toBe(kind);
  });

  test.each([
    ['{"a":1,"a":1}', "duplicate_key"],
    ['{"a":1,"\\u0061":1}', "duplicate_key"],
    ['{"__proto__":1}', "forbidden_key"],
    ['[{"b":{"constructor":{}}}]', "forbidden_key"],
    ['{"pro\\u0074otype":1}', "forbidden_key"],
    ["1e400", "number_range"],
  ])("refuses %s: %s", (text, kind) => {
    expect(valueOf(text)).toBe(kind);
  });

  test("objects inherit nothing, so that names of the language are names like any other", () => {
    const result = valueOf('{"toString":1,"hasOwnProperty":2}') as Record<string, unknown>;
    expect(Object.keys(result)).toEqual(["toString", "hasOwnProperty"]);
    expect(result["valueOf"]).toBeUndefined();
    expect((valueOf("{}") as Record<string, unknown>)["toString"]).toBeUndefined();
  });

  test("the same name may stand in two objects", () => {
    expect(valueOf('[{"a":1},{"a":{"a":2}}]')).toEqual([{ a: 1 }, { a: { a: 2 } }]);
  });

  test("bytes must be UTF-8", () => {
    expect(parseJson(new TextEncoder().encode('"é"'))).toMatchObject({ value: "é" });
    expect(parseJson(Uint8Array.of(0x22, 0xc3, 0x22))).toMatchObject({ issue: { kind: "encoding" } });
    expect(parseJson(Uint8Array.of(0x22, 0xed, 0xa0, 0x80, 0x22))).toMatchObject({
      issue: { kind: "encoding" },
    });
  });

  test("a hundred thousand brackets are refused, not followed", () => {
    expect(valueOf("[".repeat(100_000))).toBe("depth");
    expect(valueOf("[".repeat(100_000), { maxDepth: 200_000, maxNodes: 200_000 })).toBe("syntax");
  });

  test("an issue names the bound and the place, never what stands there", () => {
    expect(parseJson('{"password":"hunter2",}')).toEqual({
      issue: {
        kind: "syntax",
        message: "JSON is refused: a name in quotes is missing (at character 22)",
        offset: 22,
      },
    });
    expect(parseJson('["secret"')).toMatchObject({
      issue: { message: "JSON is refused: it ends too early (at character 9)" },
    });
    expect(parseJson("[1]", { ...REQUEST_JSON_CAPS, maxDepth: 0 })).toMatchObject({
      issue: { message: "JSON is refused: nested deeper than 0 levels (at character 0)" },
    });
  });
});

describe("spanOf", () => {
  const document = ' { "a" : [1.50, {"b\\"": "x\\"]"}] , "c":-1e2 }';

  test.each([
    [[], '{ "a" : [1.50, {"b\\"": "x\\"]"}] , "c":-1e2 }'],
    [["a"], '[1.50, {"b\\"": "x\\"]"}]'],
    [["a", 0], "1.50"],
    [["a", 1, 'b"'], '"x\\"]"'],
    [["c"], "-1e2"],
    [["d"], "nothing"],
    [["a", 2], "nothing"],
    [["a", "length"], "nothing"],
    [["c", 0], "nothing"],
  ])("%j stands where it was read", (path, text) => {
    expect(partAt(document, path)).toBe(text);
  });
});
