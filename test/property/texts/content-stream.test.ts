// However a text is cut into chunks: the same matches, each told once, and nothing of a match let out before it was told.
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  CARRY_MAX_BYTES,
  type ContentStream,
  EMPTY_STREAM,
  pushChunk,
  type StreamMatch,
  type Treatment,
  utf8Length,
} from "../../../src/engine/texts/content-stream.ts";
import { letOut } from "../../../src/engine/texts/let-out.ts";
import { findPii } from "../../../src/engine/texts/pii/find-pii.ts";
import type { TextMatch } from "../../../src/engine/texts/text-match.ts";

/** Secrets are runs of digits between stars; nothing around them matters. */
function findStars(text: string): readonly TextMatch[] {
  return Array.from(text.matchAll(/\*\d{1,20}\*/g), ({ index, 0: found }) => ({
    kind: "star",
    start: index,
    end: index + found.length,
  }));
}

const piece = fc.oneof(
  fc.constantFrom("*1*", "*12345678*", "*", "12", "é", "€", "😀", "a", " ", "\n"),
  fc.nat({ max: 99_999_999 }).map((number) => `*${number}*`),
  fc.string({ unit: "grapheme", maxLength: 30 }),
);
const text = fc.array(piece, { maxLength: 60 }).map((pieces) => pieces.join(""));

/** Cuts between characters, never inside one. */
function cut(whole: string, sizes: readonly number[]): readonly string[] {
  const letters = Array.from(whole);
  const chunks: string[] = [];
  let at = 0;
  for (const size of sizes) {
    chunks.push(letters.slice(at, at + size).join(""));
    at += size;
  }
  return [...chunks, letters.slice(at).join("")];
}

interface Told {
  readonly matches: readonly StreamMatch[];
  readonly released: number;
  readonly total: number;
  readonly replaced: string | undefined;
}

function push(
  chunks: readonly string[],
  find: (text: string) => readonly TextMatch[],
  treatment: Treatment,
): readonly Told[] {
  let stream: ContentStream = EMPTY_STREAM;
  return chunks.map((chunk, index) => {
    const step = pushChunk(stream, chunk, {
      isLast: index === chunks.length - 1,
      holdBackBytes: 64,
      find: (window) => find(window).map((match) => ({ ...match, finder: "test" })),
      treat: () => treatment,
    });
    const { replaced, ...out } = letOut(step);
    stream = out.stream;
    expect(utf8Length(stream.carry, 0, stream.carry.length)).toBeLessThanOrEqual(CARRY_MAX_BYTES);
    return {
      matches: step.matches,
      released: stream.releasedBytes,
      total: stream.totalBytes,
      replaced,
    };
  });
}

function inBytes(whole: string, { start, end }: TextMatch): readonly [number, number] {
  return [utf8Length(whole, 0, start), utf8Length(whole, 0, end)];
}

const sizes = fc.array(fc.nat({ max: 40 }), { maxLength: 30 });

describe("pushChunk", () => {
  test("finds what is in the whole text, each match once", () => {
    fc.assert(
      fc.property(text, sizes, (whole, cuts) => {
        const told = push(cut(whole, cuts), findStars, "tell").flatMap(({ matches }) => matches);
        expect(told.map(({ start, end }) => [start, end])).toEqual(
          findStars(whole).map((match) => inBytes(whole, match)),
        );
      }),
      { numRuns: 500 },
    );
  });

  test("lets nothing of a match out before it is told, and all of the text in the end", () => {
    fc.assert(
      fc.property(text, sizes, (whole, cuts) => {
        const steps = push(cut(whole, cuts), findStars, "tell");
        const wanted = findStars(whole).map((match) => inBytes(whole, match));
        let last = 0;
        for (const { released, total } of steps) {
          expect(released).toBeGreaterThanOrEqual(last);
          last = released;
          for (const [start, end] of wanted) expect(released <= start || end <= total).toBe(true);
        }
        expect(last).toBe(utf8Length(whole, 0, whole.length));
      }),
      { numRuns: 500 },
    );
  });

  test("lets nothing out from the first match on that stops it", () => {
    fc.assert(
      fc.property(text, sizes, (whole, cuts) => {
        const steps = push(cut(whole, cuts), findStars, "stop");
        const first = findStars(whole)[0];
        const bound = first === undefined ? utf8Length(whole, 0, whole.length) : inBytes(whole, first)[0];
        expect(steps.at(-1)?.released).toBe(bound);
        expect(steps.every(({ released }) => released <= bound)).toBe(true);
      }),
      { numRuns: 500 },
    );
  });

  test("shows the text with every match replaced, however it is cut", () => {
    fc.assert(
      fc.property(text, sizes, (whole, cuts) => {
        const steps = push(cut(whole, cuts), findStars, { replacement: "[X]" });
        const released = Buffer.from(whole).subarray(0, steps.at(-1)?.released).toString();
        const shown = released + steps.map(({ replaced }) => replaced ?? "").join("");
        expect(shown).toBe(whole.replaceAll(/\*\d{1,20}\*/g, "[X]"));
      }),
      { numRuns: 500 },
    );
  });

  test("finds a card number and an address over any border", () => {
    const whole = `${"x ".repeat(3_000)}pay 4111 1111 1111 1111 or mail jane.doe@example.com today ${"y ".repeat(3_000)}`;
    fc.assert(
      fc.property(fc.array(fc.nat({ max: 2_500 }), { maxLength: 8 }), fc.nat({ max: 60 }), (cuts, at) => {
        const chunks = cut(whole, [...cuts, 5_990 + at, 3, 2]);
        const told = push(chunks, findPii, "tell").flatMap(({ matches }) => matches);
        expect(told.map(({ kind, start, end }) => [kind, whole.slice(start, end)])).toEqual([
          ["card", "4111 1111 1111 1111"],
          ["email", "jane.doe@example.com"],
        ]);
      }),
      { numRuns: 60 },
    );
  });
});
