// What rules a search out never rules out what the search would find.
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { findInjections } from "../../../src/engine/texts/injection/find-injections.ts";
import { findWording } from "../../../src/engine/texts/injection/learned/find-wording.ts";
import { findPii } from "../../../src/engine/texts/pii/find-pii.ts";
import {
  createUnitClass,
  HINT_LITERALS,
  type Hint,
  hasRun,
  hintsOf,
  TextHints,
} from "../../../src/engine/texts/text-hints.ts";
import { ATTACKS, HONEST } from "../../unit/engine/texts/injection-samples.ts";

const HINTS = Object.entries(HINT_LITERALS) as readonly [Hint, readonly string[]][];
const literal = fc.constantFrom(...HINTS.flatMap(([, literals]) => literals));
const glue = fc.constantFrom("", "", " ", "\n", ": ", "1", "é");
const piece = fc.oneof(
  literal,
  literal.map((text) => text.toUpperCase()),
  // Beginnings and ends of literals: where an automaton goes on at another place than it began.
  fc.tuple(literal, fc.nat({ max: 6 })).map(([text, cut]) => text.slice(cut)),
  fc.tuple(literal, fc.nat({ max: 6 })).map(([text, cut]) => text.slice(0, cut)),
  fc.string({ unit: "binary", maxLength: 4 }),
);
const literals = fc.array(fc.tuple(piece, glue), { maxLength: 20 }).map((pieces) => pieces.flat().join(""));

const sentences = fc.constantFrom(
  ...ATTACKS.map(([, text]) => text),
  ...HONEST,
  ...["me@example.com", "me [at] example [dot] com", "DE89 3704 0044 0532 0130 00", "4111 1111 1111 1111"],
  ...["123-45-6789", "born 1 May 1970", "+49 30 901820", "(415) 555-2671", "8.8.8.8", "2001:db8::1"],
  ...["12 Main Street, Springfield, IL 62704", "Hauptstraße 5, 10115 Berlin", "12 rue Haute, 75001 Paris"],
);
const prose = fc
  .array(fc.oneof(sentences, sentences, piece), { minLength: 1, maxLength: 6 })
  .chain((pieces) => glue.map((between) => pieces.join(between)));

/** What these say is a condition of its own: without it nothing is searched. */
const CONDITIONS: ReadonlySet<Hint> = new Set(["joining", "backwards"]);

/** Rules nothing out. */
function everyHint(text: string): TextHints {
  const real = hintsOf(text);
  const all = {
    isAscii: real.isAscii,
    hasDigit: true,
    mayHaveCapital: true,
    hasNumbered: true,
    hasSigned: true,
    hasSpread: true,
    hasLongWord: true,
    hasMixedUp: true,
    digitsTogether: Number.POSITIVE_INFINITY,
    mayHoldTarget: true,
    mayBeOrder: true,
    low: ~0,
    high: ~0,
  };
  const has = (hint: Hint): boolean => !CONDITIONS.has(hint) || real.has(hint);
  return Object.assign(new TextHints(), all, { has });
}

describe("hints of a text", () => {
  test("a literal gives its hint, and nothing else does", () => {
    fc.assert(
      fc.property(literals, (text) => {
        const hints = hintsOf(text);
        const lower = text.replace(/[A-Z]/g, (letter) => letter.toLowerCase());
        const expected = HINTS.filter(([, some]) => some.some((one) => lower.includes(one)));
        const given = HINTS.filter(([hint]) => hints.has(hint));
        expect(given).toEqual(expect.arrayContaining(expected));
        expect(hints.isAscii ? given.length : expected.length).toBe(expected.length);
      }),
      { numRuns: 500 },
    );
  });

  test.each([
    ["findInjections", findInjections],
    ["findPii", findPii],
  ])("%s finds the same when nothing is ruled out", (_name, find) => {
    fc.assert(
      fc.property(prose, (text) => {
        expect(find(text)).toEqual(find(text, everyHint(text)));
      }),
      { numRuns: 300 },
    );
  });

  test("a run is found wherever it stands", () => {
    const units = createUnitClass(/[a-c]/);
    fc.assert(
      fc.property(
        fc.string({ unit: fc.constantFrom("a", "b", "c", " ") }),
        fc.integer({ min: 1, max: 9 }),
        (text, length) => {
          expect(hasRun(text, units, length)).toBe(new RegExp(`[a-c]{${length}}`).test(text));
        },
      ),
    );
  });
});

describe("what the words of a text weigh together", () => {
  const ascii = fc
    .oneof(
      literals,
      prose,
      prose.map((text) => text.repeat(9)),
    )
    .map((text) => text.replace(/[^\0-\x7f]/g, "~"));

  test("is told by the pass that looks for hints as by the search itself", () => {
    fc.assert(
      fc.property(ascii, (text) => {
        expect(hintsOf(text).mayBeOrder).toBe(findWording(text) !== undefined);
      }),
    );
  });

  test("is never ruled out beyond ASCII", () => {
    expect(hintsOf("é").mayBeOrder).toBe(true);
  });
});
