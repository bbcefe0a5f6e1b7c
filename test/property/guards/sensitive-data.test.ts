// What a repair passes on holds nothing that would be found; hostile texts of the largest size come to an end.
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { findSecretsInLayers } from "../../../src/engine/guards/input/secrets/decode-layers.ts";
import { SECRET_FORMS } from "../../../src/engine/guards/input/secrets/secret-kinds.ts";
import {
  checkSensitiveData,
  type SensitiveDataSettings,
} from "../../../src/engine/guards/input/sensitive-data.ts";
import { isJsonDocument, parseJson } from "../../../src/engine/json/parse-json.ts";

const redact: SensitiveDataSettings = {
  redact_mode: "redact",
  check_args: true,
  check_output: true,
  allowlist: [],
  custom_patterns: [],
  min_secret_length: 8,
};
const keyedHash = (text: string): string => text.length.toString(16).padStart(32, "c0ffee00");

const letters = fc.string({
  unit: fc.constantFrom(...Array.from("aZ09_-.+/=%&:@ \"'\\\n\u200bＡé")),
  maxLength: 12,
});
const piece = fc.oneof(
  letters,
  fc.constantFrom(...SECRET_FORMS.map(({ prefix }) => prefix)),
  fc.constantFrom("password=", "token: ", '"secret":"', "Bearer ", "Basic ", "://u:", "@h", "%41", "\\u0041"),
  fc.string({ unit: fc.constantFrom(...Array.from("abcdefXYZ0123456789")), minLength: 16, maxLength: 90 }),
  fc.base64String({ minLength: 16, maxLength: 64 }),
);
const text = fc.array(piece, { maxLength: 8 }).map((pieces) => pieces.join(""));
const key = text.filter((name) => !["__proto__", "constructor", "prototype"].includes(name));
const { value: anyValue } = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { depthSize: "small" },
    text,
    text.map((inner) => JSON.stringify({ password: inner })),
    fc.integer(),
    fc.array(tie("value"), { maxLength: 3 }),
    fc.dictionary(fc.oneof(key, fc.constantFrom("password", "api_key", "name", "value")), tie("value"), {
      maxKeys: 3,
    }),
  ),
}));

describe("checkSensitiveData", () => {
  test("after a repair nothing is found, in either mode", () => {
    fc.assert(
      fc.property(anyValue, fc.constantFrom("redact" as const, "hash" as const), (value, mode) => {
        const document = parseJson(JSON.stringify(value));
        const settings = { ...redact, redact_mode: mode };
        const outcome = isJsonDocument(document)
          ? checkSensitiveData(document, settings, keyedHash)
          : { notes: [] };
        const repaired = outcome.document;
        const again =
          repaired === undefined ? { notes: [] } : checkSensitiveData(repaired, settings, keyedHash);
        expect(again.notes).toEqual([]);
      }),
      { numRuns: 400 },
    );
  });

  test("what else stands in a document changes nothing: a document that is not looked through holds nothing", () => {
    fc.assert(
      fc.property(fc.dictionary(key, anyValue, { maxKeys: 3 }), (value) => {
        const [alone, beside] = [value, { ...value, "zz%": "é" }].map((one) => {
          const document = parseJson(JSON.stringify(one));
          return isJsonDocument(document) ? checkSensitiveData(document, redact, keyedHash).notes : [];
        });
        expect(alone).toEqual(beside);
      }),
      { numRuns: 400 },
    );
  });

  test("hits are in order, apart, and within the text", () => {
    fc.assert(
      fc.property(text, (sample) => {
        let last = 0;
        for (const { start, end } of findSecretsInLayers(sample, 8)) {
          expect(start).toBeGreaterThanOrEqual(last);
          expect(end).toBeGreaterThan(start);
          last = end;
        }
        expect(last).toBeLessThanOrEqual(sample.length);
      }),
      { numRuns: 400 },
    );
  });

  test.each([
    ...[
      "sk-",
      "eyJ",
      "eyJa.",
      "-----BEGIN PRIVATE KEY-----",
      "://",
      "://a:",
      "a://a:b@",
      "password=",
      "token is ",
      "Bearer a",
      "Basic ",
    ],
    ...[
      "%",
      "%2",
      "%25",
      "\\u0041",
      "&#65;",
      "Ａ",
      "\u200b",
      "A",
      "a1B2",
      "QUtJ",
      "[{",
      '{"a":',
      "glpat-",
      "fm2_",
      "ops_eyJ",
      "sig=",
      "pat",
      "SG.",
    ],
  ])("a text of nothing but %j comes to an end", (part) => {
    const hostile = part.repeat(262_144 / part.length);
    expect(findSecretsInLayers(hostile, 16).length).toBeGreaterThanOrEqual(0);
    expect(findSecretsInLayers(`password: ${hostile}`, 16).length).toBeGreaterThanOrEqual(0);
  });
});
