// P9: a document that is read by the shorter way has the values and the places that the parser finds in it.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { readPlainYaml } from "../../../src/config/policy/yaml/read-plain-yaml.ts";
import { splitDocuments } from "../../../src/config/policy/yaml/split-documents.ts";
import { parseAnyYaml, parseYaml } from "../../../src/config/policy/yaml/yaml-source.ts";

function yamlsBelow(folder: string): readonly string[] {
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".yaml"))
    .flatMap((name) => splitDocuments(readFileSync(join(folder, name), "utf8")).map(({ text }) => text));
}

const SAMPLES = [...yamlsBelow("deploy/policies"), ...yamlsBelow("test/cases")];

function expectAgreement(text: string, line = 1): void {
  expect(parseYaml("f.yaml", { text, line })).toEqual(parseAnyYaml("f.yaml", { text, line }));
}

/** Pieces that mean something in YAML, or are near to something that does. */
const PIECES = [
  ..."abz019 -:#\"'[]{},&*!|>%@`?~+._/\\<=\n\t".split(""),
  ...[
    ": ",
    "- ",
    " #",
    "\n  ",
    "\n- ",
    "\n    ",
    "---",
    "...",
    "''",
    '""',
    "null",
    "True",
    "0x1F",
    "1e3",
    ".5",
    "-0",
    "<<: ",
    "a: ",
    "é",
  ],
];

describe("the shorter way to read a document", () => {
  test.each(yamlsBelow("deploy/policies"))("takes the documents that people write: %j", (text) => {
    expect(readPlainYaml(text, 6)).toBeDefined();
    expectAgreement(text, 7);
  });

  test.each([
    ["a: &x 1"],
    ["a: *x"],
    ["a: !!str 1"],
    ["a: |\n  b"],
    ["a: b\n  c"],
    ["a: {b: 1,\n  c: 2}"],
    ['a: "\\n"'],
    ["a: 0x10"],
    ["a: .inf"],
    ["a:"],
    ["a: 1\na: 2"],
    ["\ta: 1"],
    ["- - a"],
    ["a"],
  ])("leaves %j to the parser", (text) => {
    expect(readPlainYaml(text, 0)).toBeUndefined();
  });

  test("agrees with the parser on documents of any content", () => {
    const key = fc.oneof(
      fc.constantFrom("a", "max_steps", "user:*", "/v1/chat", "yes", "b.c"),
      fc.string({ maxLength: 5 }),
    );
    const { value } = fc.letrec((tie) => ({
      value: fc.oneof(
        { maxDepth: 4, withCrossShrink: true },
        fc.oneof(
          fc.integer(),
          fc.boolean(),
          fc.double({ noNaN: true, noDefaultInfinity: true }),
          fc.string(),
          fc.stringMatching(/^[\w ./:*#-]{0,12}$/),
        ),
        fc.array(tie("value"), { maxLength: 4 }),
        fc.dictionary(key, tie("value"), { maxKeys: 4, noNullPrototype: true }),
      ),
    }));
    const property = fc.property(
      fc.dictionary(key, value, { minKeys: 1, maxKeys: 4, noNullPrototype: true }),
      fc.array(fc.nat(), { maxLength: 30 }),
      (made, dice) => {
        expectAgreement(write(made, dice));
      },
    );
    fc.assert(property, { numRuns: 1_000 });
  });

  test("agrees with the parser on documents with mistakes in them, or leaves them to it", () => {
    const edit = fc.record({ at: fc.nat(100_000), cut: fc.nat(4), piece: fc.constantFrom("", ...PIECES) });
    const property = fc.property(
      fc.constantFrom(...SAMPLES),
      fc.array(edit, { minLength: 1, maxLength: 4 }),
      (sample, edits) => {
        const start = edits.reduce((sum, { at }) => sum + at, 0) % sample.length;
        let text = sample.slice(0, start + 600);
        for (const { at, cut, piece } of edits) {
          const place = at % (text.length + 1);
          text = text.slice(0, place) + piece + text.slice(place + cut);
        }
        expectAgreement(text);
      },
    );
    fc.assert(property, { numRuns: 1_000 });
  });

  test("agrees with the parser on short texts of every kind", () => {
    const text = fc
      .array(fc.constantFrom(...PIECES), { maxLength: 14 })
      .map((pieces) => `a: ${pieces.join("")}`);
    fc.assert(
      fc.property(text, (made) => expectAgreement(made)),
      { numRuns: 8_000 },
    );
  });
});

/** Writes a value in one of the ways that YAML knows; `dice` choose. */
function write(value: unknown, dice: readonly number[]): string {
  let rolled = 0;
  const roll = (sides: number) => (dice[rolled++ % Math.max(1, dice.length)] ?? 0) % sides;
  const scalar = (one: unknown) => {
    if (typeof one !== "string") return String(one);
    return [one, JSON.stringify(one), `'${one}'`][roll(3)] as string;
  };
  const flow = (one: unknown): string => {
    if (Array.isArray(one)) return `[${one.map(flow).join(", ")}]`;
    if (typeof one !== "object" || one === null) return scalar(one);
    return `{${Object.entries(one)
      .map(([key, part]) => `${scalar(key)}: ${flow(part)}`)
      .join(", ")}}`;
  };
  const remark = () => (roll(6) === 0 ? "  # so" : "");
  const block = (one: unknown, indent: string): string => {
    const isEmpty = typeof one !== "object" || one === null || Object.keys(one).length === 0;
    if (isEmpty || roll(3) === 0) return ` ${flow(one)}${remark()}\n`;
    const inner = `${indent}${roll(2) === 0 ? "  " : "    "}`;
    if (Array.isArray(one)) {
      const at = roll(2) === 0 ? indent : inner;
      return `${remark()}\n${one.map((part) => `${at}-${item(part, `${at}  `)}`).join("")}`;
    }
    return `${remark()}\n${keys(one, inner)}`;
  };
  const item = (one: unknown, indent: string): string => {
    if (typeof one !== "object" || one === null || Array.isArray(one) || roll(2) === 0)
      return ` ${flow(one)}\n`;
    return ` ${keys(one, indent).slice(indent.length)}`;
  };
  const keys = (one: object, indent: string): string =>
    Object.entries(one)
      .map(([key, part]) => `${indent}${scalar(key)}:${block(part, indent)}`)
      .join("");
  return `${roll(4) === 0 ? "---\n" : ""}${roll(4) === 0 ? "# so\n\n" : ""}${keys(value as object, "")}`;
}
