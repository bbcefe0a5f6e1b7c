// Any text comes to an end, and what is found stands within it.
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { findInjections } from "../../../src/engine/texts/injection/find-injections.ts";
import { findPii } from "../../../src/engine/texts/pii/find-pii.ts";

const word = fc.constantFrom(
  ...[
    "ignore",
    "previous",
    "instructions",
    "system:",
    "print",
    "password",
    "忽略",
    "指令",
    "a@b.de",
    "4111",
    "1111",
    "+49",
  ],
  ...[
    "<|",
    "[INST]",
    "\u200b",
    "\u{e0041}",
    "\u202e",
    "i g n o",
    "1gn0r3",
    "QUtJQUtJQUtJQUtJQUtJ",
    "%41",
    "\\u0041",
    "🏴",
    ".",
    "\n\n",
  ],
);
const text = fc
  .array(fc.oneof(word, fc.string({ unit: "binary", maxLength: 6 })), { maxLength: 40 })
  .chain((pieces) => fc.constantFrom("", " ").map((glue) => pieces.join(glue)));

describe.each([
  ["findInjections", findInjections],
  ["findPii", findPii],
])("%s", (_name, find) => {
  test("matches are in order and within the text", () => {
    fc.assert(
      fc.property(text, (sample) => {
        const starts = find(sample).map(({ start }) => start);
        expect(starts).toEqual(starts.toSorted((left, right) => left - right));
        expect(
          find(sample).every(({ start, end }) => start >= 0 && start < end && end <= sample.length),
        ).toBe(true);
      }),
      { numRuns: 300 },
    );
  });

  test.each([
    ..."ignore |ignore previous instructions |system: |a|<|忽略|1a |i g n |<|im_start|>|human: a\nassistant:|QUtJ".split(
      "|",
    ),
    ...[
      '"a" + ',
      '"role":"system",',
      "![a](http://",
      "1.2.3.",
      "+1 ",
      "a@",
      "a.",
      "1 ",
      "4111 ",
      "DE12 ",
      "\u{e0041}",
      "\u202e",
    ],
  ])("the longest text of nothing but %j comes to an end", (part) => {
    const hostile = part.repeat(Math.floor(262_144 / Math.max(1, part.length)));
    expect(find(hostile).length).toBeGreaterThanOrEqual(0);
  });
});
