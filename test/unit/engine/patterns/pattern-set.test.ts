import { describe, expect, test } from "vitest";
import { PATTERN_MAX_LENGTH } from "../../../../src/engine/patterns/check-pattern.ts";
import {
  compileNext,
  createPatternSet,
  findPatternSpans,
  isCompiling,
  matchPatterns,
  PATTERN_GROUP_SIZE,
} from "../../../../src/engine/patterns/pattern-set.ts";

const setOf = (...patterns: string[]) =>
  createPatternSet(patterns.map((pattern) => ({ id: pattern, pattern })));

describe("matchPatterns", () => {
  test.each([
    ["a.c", "xxABCxx", true],
    ["(?-i)a.c", "xxABCxx", false],
    ["(?-i)a.c", "xxabcxx", true],
    ["^a", "ba", false],
    ["(?m)^a", "b\na", true],
    ["\\bcat\\b", "concatenate", false],
    ["\\bcat\\b", "a cat.", true],
    ["straße", "STRASSE", false],
    ["ÄPFEL", "äpfel", true],
    ["[\\p{Han}]{2}", "中文", true],
    ["a{3}", "aa", false],
  ])("%s in %s: %s", (pattern, text, isFound) => {
    expect(matchPatterns(setOf(pattern), text)).toEqual(isFound ? [pattern] : []);
  });

  test("answers every pattern that is found, in the order of the set, over all groups", () => {
    const numbers = Array.from({ length: 2 * PATTERN_GROUP_SIZE + 5 }, (_, index) => `<${index}>`);
    expect(matchPatterns(setOf(...numbers), "<64> <0> <31> <30>")).toEqual(["<0>", "<30>", "<31>", "<64>"]);
  });

  test("a set without patterns finds nothing", () => {
    expect(matchPatterns(setOf(), "anything")).toEqual([]);
  });
});

describe("compileNext", () => {
  test("compiles one group a call and says whether more are left", () => {
    const set = setOf(...Array.from({ length: PATTERN_GROUP_SIZE + 1 }, (_, index) => `p${index}`));
    expect(isCompiling(set)).toBe(true);
    expect(compileNext(set)).toBe(true);
    expect(set.groups).toHaveLength(1);
    expect(compileNext(set)).toBe(false);
    expect(set.groups).toHaveLength(2);
    expect(isCompiling(set)).toBe(false);
  });

  test("a set of the same patterns under the same ids is compiled once for all who use it", () => {
    const set = setOf("same-one", "same-two");
    compileNext(set);
    expect(setOf("same-one", "same-two")).toBe(set);
    expect(setOf("same-two", "same-one")).not.toBe(set);
    const renamed = createPatternSet([
      { id: "another", pattern: "same-one" },
      { id: "same-two", pattern: "same-two" },
    ]);
    expect(matchPatterns(renamed, "same-one")).toEqual(["another"]);
  });

  test.each([
    ["a(b", 3, "is no RE2: missing closing ) at character 3"],
    ["ab[z-a]", 3, "is no RE2: invalid character class range at character 3"],
    ["(a)\\1", 3, "is no RE2: invalid escape sequence at character 3"],
    ["x(?=a)", 1, "is no RE2: invalid or unsupported Perl syntax at character 1"],
    ["((a{100}){100}){100}", 3, "is no RE2: invalid repeat count at character 3"],
    ["", 0, "is empty"],
    ["a*", 0, "matches the empty text, so it would find everything"],
    ["b[ac]{1000}", 0, "compiles to 1003 instructions, allowed are 1000"],
  ])("names what is wrong with %s", (pattern, position, what) => {
    const set = createPatternSet([
      { id: "good", pattern: "good" },
      { id: "bad", pattern },
    ]);
    compileNext(set);
    expect(set.issues).toEqual([{ id: "bad", position, message: `pattern bad ${what}` }]);
    expect(matchPatterns(set, "a good one")).toEqual(["good"]);
  });

  test("the longest pattern is accepted, one more character is not", () => {
    const longest = `a${"|b".repeat(PATTERN_MAX_LENGTH)}`.slice(0, PATTERN_MAX_LENGTH - 1);
    const set = setOf(`${longest}b`, `${longest}bc`);
    compileNext(set);
    expect(set.issues.map(({ message }) => message.slice(-27))).toEqual(["longer than 4096 characters"]);
  });
});

describe("findPatternSpans", () => {
  test.each([
    ["o+", "foo bOo o", ["oo", "Oo", "o"]],
    ["(?s)<.*?>", "😀<a\nb> 😀 <c>", ["<a\nb>", "<c>"]],
    ["z", "abc", []],
  ])("%s in %j", (pattern, text, found) => {
    const spans = findPatternSpans(setOf(pattern), pattern, text);
    expect(spans.map(({ start, end }) => text.slice(start, end))).toEqual(found);
  });

  test("an unknown id is found nowhere", () => {
    expect(findPatternSpans(setOf("a"), "b", "ab")).toEqual([]);
  });
});
