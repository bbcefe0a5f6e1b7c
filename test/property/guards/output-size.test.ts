import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { measureOutput } from "../../../src/engine/guards/output/measure-output.ts";
import { outputSize } from "../../../src/engine/guards/output/output-size.ts";
import { OUTPUT_JSON_CAPS } from "../../../src/engine/json/json-caps.ts";
import { isJsonDocument, parseJson } from "../../../src/engine/json/parse-json.ts";
import { afterOf } from "../../unit/engine/guards/effects/inputs.ts";
import { settingsOf } from "../../unit/engine/guards/guard-fixture.ts";

const text = fc.string({
  unit: fc.constantFrom("a", "é", "😀", '"', "\\", "\n", "\ud800", "語"),
  maxLength: 60,
});
const name = fc.string({ unit: fc.constantFrom("k", "é", "😀", "."), minLength: 1, maxLength: 6 });
const { value } = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 6, withCrossShrink: true },
    fc.oneof(
      text,
      fc.integer(),
      fc.double({ noNaN: true, noDefaultInfinity: true }),
      fc.boolean(),
      fc.constant(null),
    ),
    fc.array(tie("value"), { maxLength: 12 }),
    fc.dictionary(name, tie("value"), { maxKeys: 6 }),
  ),
}));

const settings = fc.record({
  max_bytes: fc.integer({ min: 0, max: 900 }),
  max_tokens: fc.option(fc.integer({ min: 0, max: 300 }), { nil: undefined }),
  chars_per_token: fc.constantFrom(1, 2.5, 4),
  max_depth: fc.integer({ min: 0, max: 8 }),
  max_array_length: fc.integer({ min: 0, max: 8 }),
  max_string_length: fc.integer({ min: 0, max: 50 }),
  truncation_mode: fc.constantFrom("truncate" as const, "paginate" as const),
});

function isPart(part: unknown, whole: unknown): boolean {
  if (part === null) return whole === null || typeof whole === "object";
  if (typeof part === "string" && typeof whole === "string") return whole.startsWith(part);
  if (Array.isArray(part) && Array.isArray(whole))
    return part.length <= whole.length && part.every((item, index) => isPart(item, whole[index]));
  if (typeof part === "object" && typeof whole === "object" && whole !== null)
    return Object.entries(part).every(([key, member]) =>
      isPart(member, (whole as Record<string, unknown>)[key]),
    );
  return Object.is(part, whole) || part === whole;
}

describe("output_size", () => {
  test("what is repaired fits by every measure, is JSON, and holds nothing but the beginning of what there was", () => {
    fc.assert(
      fc.property(value, settings, (output, changes) => {
        const document = parseJson(JSON.stringify(output), OUTPUT_JSON_CAPS);
        if (!isJsonDocument(document)) throw new Error(document.issue.message);
        const outcome = outputSize.after?.(
          afterOf(settingsOf("output_size", changes), undefined, {}, document),
        );
        const repaired = outcome?.document;
        fc.pre(repaired !== undefined);
        const size = measureOutput(repaired);
        expect(size.bytes).toBe(Buffer.byteLength(repaired.text));
        expect(size.bytes).toBeLessThanOrEqual(changes.max_bytes);
        expect(size.depth).toBeLessThanOrEqual(changes.max_depth);
        expect(size.arrayLength).toBeLessThanOrEqual(changes.max_array_length);
        expect(size.stringLength).toBeLessThanOrEqual(changes.max_string_length);
        const tokens = Math.ceil(size.characters / changes.chars_per_token);
        expect(tokens).toBeLessThanOrEqual(changes.max_tokens ?? Number.MAX_SAFE_INTEGER);
        expect(isPart((JSON.parse(repaired.text) as { data: unknown }).data, document.value)).toBe(true);
        expect(outcome?.notes.every(({ verdict }) => verdict === "REPAIR")).toBe(true);
      }),
      { numRuns: 1_000 },
    );
  });

  test("what is within every bound passes as it is", () => {
    fc.assert(
      fc.property(value, (output) => {
        const document = parseJson(JSON.stringify(output), OUTPUT_JSON_CAPS);
        if (!isJsonDocument(document)) throw new Error(document.issue.message);
        const outcome = outputSize.after?.(afterOf(settingsOf("output_size"), undefined, {}, document));
        expect(outcome).toEqual({ notes: [] });
      }),
    );
  });
});
