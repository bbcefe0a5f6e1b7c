import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { compileGlob, compileGlobs, findGlob, matchesGlob } from "../../../../src/engine/globs/glob.ts";

describe("matchesGlob", () => {
  test.each([
    ["replace_cibp", "replace_cibp", true],
    ["replace_cibp", "replace_cibp2", false],
    ["replace_*", "replace_cibp", true],
    ["replace_*", "replace_", true],
    ["replace_*", "unreplace_x", false],
    ["replace_*", "replace_x.y", false],
    ["replace_*", "replace_x/y", false],
    ["*_delete", "user_delete", true],
    ["a*c*e", "abcde", true],
    ["a*c*e", "abde", false],
    ["tools.db.*", "tools.db.read", true],
    ["tools.db.*", "tools.db.read.all", false],
    ["tools.db.*", "tools.db", false],
    ["tools.db.**", "tools.db.read.all", true],
    ["tools.db.**", "tools.db", true],
    ["tools.db.**", "tools.dbx", false],
    ["tools.**.read", "tools.db.users.read", true],
    ["tools.**.read", "tools.read", true],
    ["tools.**.read", "tools.db.write", false],
    ["/v1/embeddings/*", "/v1/embeddings/batch", true],
    ["/v1/embeddings/*", "/v1/embeddings", false],
    ["/v1/**", "/v1/models/gpt-4.1", true],
    ["/v1/models/*", "/v1/models/gpt-4.1", true],
    ["/v1/models/*/x", "/v1/models/gpt-4.1/y", false],
    ["*", "anything/at.all", true],
    ["**", "anything/at.all", true],
    ["*.read", "db.read", true],
    ["*.read", "a.b.read", false],
    ["Tools.*", "tools.x", false],
    ["", "", true],
    ["", "x", false],
    ["*", "", true],
  ])("%s against %s: %s", (pattern, text, matches) => {
    expect(matchesGlob(compileGlob(pattern), text)).toBe(matches);
  });

  test("is not slowed by many wildcards", () => {
    const glob = compileGlob(`${"a*".repeat(200)}b`);
    expect(matchesGlob(glob, "a".repeat(20_000))).toBe(false);
  });

  test("equals the same pattern as a regular expression for any short text", () => {
    const letters = fc.array(fc.constantFrom("a", "b", "*", "."), { maxLength: 8 });
    const texts = fc.array(fc.constantFrom("a", "b", "."), { maxLength: 8 });
    fc.assert(
      fc.property(letters, texts, (pattern, text) => {
        const glob = pattern.join("");
        // One segment at a time and no `**`: what a plain expression says exactly.
        fc.pre(!glob.includes("**") && glob !== "*");
        const expression = new RegExp(`^${glob.replaceAll(".", "\\.").replaceAll("*", "[^./]*")}$`);
        expect(matchesGlob(compileGlob(glob), text.join(""))).toBe(expression.test(text.join("")));
      }),
    );
  });
});

describe("findGlob", () => {
  test("names the pattern that matches, exact ones first", () => {
    const set = compileGlobs(["tools.*", "tools.read", "x"]);
    expect(findGlob(set, "tools.read")).toBe("tools.read");
    expect(findGlob(set, "tools.write")).toBe("tools.*");
    expect(findGlob(set, "other")).toBeUndefined();
  });
});
