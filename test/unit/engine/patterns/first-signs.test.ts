import * as fc from "fast-check";
import { RE2JS } from "re2js";
import { describe, expect, test } from "vitest";
import { findFirstSigns } from "../../../../src/engine/patterns/first-signs.ts";

describe("findFirstSigns", () => {
  test.each([
    [["\\$\\{[^{}]+\\}", "\\{\\{[^{}]+\\}\\}", "(?-i)<[A-Z][A-Z0-9_]*>"], "${<"],
    [["@+x"], "@"],
    [["(?i)#a"], "#"],
  ])("%j start with one of %j", (patterns, signs) => {
    expect(findFirstSigns(patterns)).toBe(signs);
  });

  test.each([
    "<a>|b",
    "<?a",
    "<*a",
    "<{0,2}a",
    "<(?-i)?",
    "<+(?-i)?",
    "[<]",
    "a<",
    "\\d<",
    "(<)",
    ".<",
    "^<",
    "1",
  ])("%j tells nothing, nor does a set with it", (pattern) => {
    expect(findFirstSigns([pattern])).toBeUndefined();
    expect(findFirstSigns(["<a", pattern])).toBeUndefined();
  });

  test("a text without the signs holds nothing of the pattern", () => {
    const part = fc.constantFrom(
      ..."< > \\$ \\{ \\} \\. @ # - a b 1 . [ab<] \\d (?:a|<) (?-i) ( ) * + ? {1,2} |".split(" "),
    );
    const patterns = fc.array(part, { minLength: 1, maxLength: 5 }).map((parts) => parts.join(""));
    const texts = fc.string({ unit: fc.constantFrom(...Array.from("<>${}.@#-ab1 ")) });
    fc.assert(
      fc.property(patterns, texts, (pattern, text) => {
        const signs = findFirstSigns([pattern]);
        fc.pre(signs !== undefined && isPattern(pattern));
        const hasSign = Array.from(text).some((letter) => signs?.includes(letter));
        expect(hasSign || !RE2JS.compile(pattern).test(text)).toBe(true);
      }),
      { numRuns: 1_000 },
    );
  });
});

function isPattern(pattern: string): boolean {
  try {
    RE2JS.compile(pattern);
    return true;
  } catch {
    return false;
  }
}
