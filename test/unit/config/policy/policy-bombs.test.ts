import { describe, expect, test } from "vitest";
import { parseFiles } from "../../../../src/config/policy/files/parse-files.ts";

// Small texts that would take a parser seconds or gigabytes: each is refused with a message, before it is parsed.

function problemsOf(text: string): readonly string[] {
  return parseFiles([{ name: "p.yaml", path: "p.yaml", text }], new Map(), () => undefined).problems;
}

const LAUGHS = Array.from({ length: 9 }, (_, at) => `a${at}: &a${at} [${`*a${at - 1},`.repeat(9)}]`).join(
  "\n",
);

describe("policy bombs", () => {
  test.each([
    ["aliases of aliases", LAUGHS, "anchors and aliases are not allowed"],
    ["open brackets", "[".repeat(250_000), "is nested too deeply: at most 64 levels"],
    ["open mappings", "{a: ".repeat(60_000), "is nested too deeply: at most 64 levels"],
    ["lists of lists", "- ".repeat(100_000), "is nested too deeply: at most 64 levels"],
    ["complex keys", "? ".repeat(100_000), "is nested too deeply: at most 64 levels"],
    [
      "deep indentation",
      Array.from({ length: 500 }, (_, at) => `${" ".repeat(at)}a:`).join("\n"),
      "is nested too deeply: at most 64 levels",
    ],
    ["closed brackets", "}".repeat(250_000), "closes a bracket that is not open"],
    ["tags", "!<x> ".repeat(50_000), "tags are not allowed"],
    ["directives", "%YAML 1.2\n---\na: 1\n", "directives are not allowed"],
    ["many keys", "a: 1\n".repeat(50_000), "has too many values: at most 60000 in a document"],
    ["many items", `[${"1,".repeat(120_000)}]`, "has too many values: at most 60000 in a document"],
    ["a huge document", `a: ${"x".repeat(262_144)}`, "a document has at most 262144"],
    ["the prototype", "__proto__: {a: 1}\n", "__proto__ is no name of a key"],
    ["a number without end", "a: .inf\n", "p.yaml:1:4: is no number: .inf and .nan are not allowed"],
    ["a key twice", "a: 1\nb: 2\na: 3\n", 'p.yaml:3:1: the key "a" comes twice'],
  ])("%s are refused", (_name, text, why) => {
    expect(problemsOf(text)[0]).toContain(why);
  });

  test("10,000 access rules are read", () => {
    const rules = Array.from({ length: 10_000 }, (_, at) => `- {id: r${at},ip: []}`).join("\n");
    const text = `apiVersion: tollgate.dev/v1\nkind: Baseline\naccess:\n rules:\n${rules.replaceAll(/^/gm, " ")}\n`;
    expect(problemsOf(text)).toEqual([]);
  });

  test("64 levels are read", () => {
    const problems = problemsOf(`a: ${"[".repeat(62)}${"]".repeat(62)}`);
    expect(problems).toEqual([
      "p.yaml:1:1: kind is missing: must be Baseline, Tenant, Prices, Tools, Quotas",
    ]);
  });

  test("at most 20 errors of the syntax are told", () => {
    expect(problemsOf("a: b: c\n".repeat(1_000))).toHaveLength(20);
  });
});
