import { describe, expect, test } from "vitest";
import { canonicalJson } from "../../../../src/engine/json/canonical-json.ts";

describe("canonicalJson", () => {
  test.each([
    [{ b: 1, a: [true, null, "é\n"] }, '{"a":[true,null,"é\\n"],"b":1}'],
    [{ "\u20ac": 1, "\r": 2, "1": 3, "\ufb33": 4, "😀": 5 }, '{"\\r":2,"1":3,"€":1,"😀":5,"\ufb33":4}'],
    [
      [Number("333333333.33333329"), 1e30, 4.5, 2e-3, 1e-27, -0],
      "[333333333.3333333,1e+30,4.5,0.002,1e-27,0]",
    ],
    [{}, "{}"],
    [[], "[]"],
    ["\ud800", '"\\ud800"'],
  ])("%j is written in one way only", (value, text) => {
    expect(canonicalJson(value)).toBe(text);
  });
});
