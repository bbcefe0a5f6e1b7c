import { describe, expect, test } from "vitest";
import { editJson, type JsonEdit } from "../../../../src/engine/json/edit-json.ts";

describe("editJson", () => {
  test.each<[string, JsonEdit[], string]>([
    ['{"n":1.50,"s":"a"}', [{ kind: "replace", path: ["s"], text: '"b"' }], '{"n":1.50,"s":"b"}'],
    ["1", [{ kind: "replace", path: [], text: "[]" }], "[]"],
    ['{"a":1,"b":2,"c":3}', [{ kind: "remove", path: ["a"] }], '{"b":2,"c":3}'],
    ['{"a":1,"b":2,"c":3}', [{ kind: "remove", path: ["b"] }], '{"a":1,"c":3}'],
    ['{"a":1,"b":2,"c":3}', [{ kind: "remove", path: ["c"] }], '{"a":1,"b":2}'],
    ['{ "a" : 1 }', [{ kind: "remove", path: ["a"] }], "{ }"],
    [
      "[1,2,3,4]",
      [
        { kind: "remove", path: [3] },
        { kind: "remove", path: [0] },
        { kind: "remove", path: [2] },
      ],
      "[2]",
    ],
    ["{}", [{ kind: "insert", path: [], name: 'a"', text: "1" }], '{"a\\"":1}'],
    [
      '{"a":{"b":1}}',
      [
        { kind: "insert", path: ["a"], name: "c", text: "2" },
        { kind: "insert", path: ["a"], name: "d", text: "3" },
      ],
      '{"a":{"b":1,"c":2,"d":3}}',
    ],
    [
      '{"a":1}',
      [
        { kind: "remove", path: ["a"] },
        { kind: "insert", path: [], name: "b", text: "2" },
      ],
      '{"b":2}',
    ],
    ['{"a":[0]}', [{ kind: "rename", path: ["a"], name: "b" }], '{"b":[0]}'],
    [
      '{"a":{"b":1}}',
      [
        { kind: "replace", path: ["a", "b"], text: "2" },
        { kind: "replace", path: ["a"], text: "3" },
      ],
      '{"a":3}',
    ],
    [
      "[1,2]",
      [
        { kind: "replace", path: [0], text: "9" },
        { kind: "remove", path: [0] },
      ],
      "[2]",
    ],
  ])("%s with %j is %s", (text, edits, result) => {
    expect(editJson(text, edits).replaceAll("{  }", "{ }")).toBe(result);
  });

  test("a path that is not there is refused", () => {
    expect(() => editJson("{}", [{ kind: "remove", path: ["a"] }])).toThrow(RangeError);
    expect(() => editJson("[1]", [{ kind: "rename", path: [0], name: "a" }])).toThrow(RangeError);
  });
});
