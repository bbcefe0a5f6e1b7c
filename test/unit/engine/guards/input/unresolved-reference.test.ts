import { describe, expect, test } from "vitest";
import { builtInGuards } from "../../../../../src/engine/guards/built-in-guards.ts";
import { GUARDS } from "../../../../../src/engine/guards/guard-table.ts";
import { checkReferences } from "../../../../../src/engine/guards/input/unresolved-reference.ts";
import { documentOf } from "./documents.ts";

const { patterns } = builtInGuards().unresolved_reference;

const said = (text: string, own: readonly string[] = patterns): string[] =>
  checkReferences(documentOf(text), { patterns: own }).notes.map((note) => `${note.verdict} ${note.text}`);

describe("checkReferences", () => {
  test.each([
    ['{"url":"https://${HOST}/x"}', ["url"]],
    ['{"a":[{"b":"Dear {{ name }},"}]}', ["a[0].b"]],
    ['{"key":"<API_KEY>","n":1}', ["key"]],
    ['{"a":"${x}","b":"{{y}}","c":"<Z>"}', ["a", "b", "c"]],
    ['{"list":{"${x}":1}}', ['list["${x}"]']],
    ['{"body":"{\\"to\\":\\"${user}\\"}"}', ["body"]],
  ])("%s holds placeholders in %j", (text, paths) => {
    expect(said(text)).toEqual(paths.map((path) => `BLOCK Unresolved reference in '${path}'`));
  });

  test.each([
    '{"a":"<b>bold</b> costs $5 {see below}"}',
    '{"a":"${}"}',
    '{"a":"{{}}"}',
    '{"a":1,"b":null}',
    '"$HOME"',
    "{}",
  ])("%s holds none", (text) => {
    expect(said(text)).toEqual([]);
  });

  test("patterns of the policy are searched, without any nothing is", () => {
    expect(said('{"a":"TBD"}', ["\\btbd\\b"])).toHaveLength(1);
    expect(said('{"a":"${x}"}', [])).toEqual([]);
  });

  test("at most sixteen arguments are told", () => {
    expect(said(JSON.stringify(Array.from({ length: 40 }, () => "${x}")))).toHaveLength(16);
  });

  test("evidence names the bytes, never the text", () => {
    const [note] = checkReferences(documentOf('{"a":"é ${secret}!"}'), { patterns }).notes;
    expect(note?.evidence).toEqual([{ kind: "placeholder", path: "$.a", offset: 3, length: 9 }]);
    expect(JSON.stringify(note)).not.toContain("secret");
  });

  test("stands in the table of guards", () => {
    expect(GUARDS.get("unresolved_reference")?.id).toBe("unresolved_reference");
  });
});
