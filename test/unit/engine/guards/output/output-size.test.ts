import { describe, expect, test } from "vitest";
import { outputSize } from "../../../../../src/engine/guards/output/output-size.ts";
import { OUTPUT_JSON_CAPS } from "../../../../../src/engine/json/json-caps.ts";
import { isJsonDocument, parseJson } from "../../../../../src/engine/json/parse-json.ts";
import { afterOf, notesOf } from "../effects/inputs.ts";
import { settingsOf } from "../guard-fixture.ts";

type Changes = Parameters<typeof settingsOf<"output_size">>[1];

interface Envelope {
  readonly partial: boolean;
  readonly truncated_at: string | null;
  readonly original_size: number;
  readonly returned_size: number;
  readonly data: never;
  readonly continuation: unknown;
}

function judgeText(text: string, changes: Changes = {}) {
  const document = parseJson(text, OUTPUT_JSON_CAPS);
  if (!isJsonDocument(document)) throw new Error(document.issue.message);
  return outputSize.after?.(afterOf(settingsOf("output_size", changes), undefined, {}, document));
}

function judge(value: unknown, changes: Changes = {}) {
  return judgeText(JSON.stringify(value), changes);
}

function envelopeOf(value: unknown, changes: Changes): Envelope {
  const outcome = judge(value, changes);
  expect(outcome?.notes.map(({ verdict }) => verdict)).toContain("REPAIR");
  return outcome?.document?.value as unknown as Envelope;
}

const numbers = (count: number): number[] => Array.from({ length: count }, (_, index) => index);
const nested = (depth: number): unknown => (depth === 0 ? 1 : [nested(depth - 1)]);

describe("bounds", () => {
  test("the example of the source document", () => {
    const outcome = judge({ items: numbers(2_000) });
    expect(notesOf(outcome)).toEqual(["OUTPUT_SIZE: array_length_exceeded: 2000 > 1000"]);
    expect(outcome?.notes[0]?.verdict).toBe("BLOCK");
    expect(outcome?.document).toBeUndefined();
  });

  test.each([
    [numbers(1_000), {}, []],
    [numbers(1_001), {}, ["array_length_exceeded: 1001 > 1000"]],
    ["x".repeat(10_000), {}, []],
    ["x".repeat(10_001), {}, ["string_length_exceeded: 10001 > 10000"]],
    ["😀".repeat(10_000), {}, []],
    [nested(20), {}, []],
    [nested(21), {}, ["depth_exceeded: 21 > 20"]],
    ["x".repeat(98), { max_bytes: 100 }, []],
    ["x".repeat(99), { max_bytes: 100 }, ["bytes_exceeded: 101 > 100"]],
    ["é".repeat(49), { max_bytes: 100 }, []],
    ["é".repeat(50), { max_bytes: 100 }, ["bytes_exceeded: 102 > 100"]],
    ["x".repeat(38), { max_tokens: 10 }, []],
    ["x".repeat(39), { max_tokens: 10 }, ["tokens_exceeded: 11 > 10"]],
    ["x".repeat(18), { max_tokens: 10, chars_per_token: 2 }, []],
    ["x".repeat(19), { max_tokens: 10, chars_per_token: 2 }, ["tokens_exceeded: 11 > 10"]],
    [{ a: { b: [] } }, { max_depth: 2 }, ["depth_exceeded: 3 > 2"]],
    [null, { max_depth: 0, max_array_length: 0 }, []],
  ] as [unknown, Changes, string[]][])("case %#", (value, changes, wanted) => {
    expect(judge(value, changes)?.notes.map(({ text }) => text)).toEqual(wanted);
  });

  test("all that are passed are told", () => {
    const texts = judge([["x".repeat(300)], 1, 2], {
      max_bytes: 100,
      max_tokens: 20,
      max_depth: 1,
      max_array_length: 2,
    });
    expect(texts?.notes.map(({ text }) => text.replace(/:.*/, ""))).toEqual([
      "bytes_exceeded",
      "tokens_exceeded",
      "depth_exceeded",
      "array_length_exceeded",
    ]);
  });

  test("a call without output has no size", () => {
    expect(outputSize.after?.(afterOf(settingsOf("output_size"), undefined, {}, undefined))).toEqual({
      notes: [],
    });
  });
});

describe("truncate", () => {
  const truncate = { truncation_mode: "truncate" } as const;

  test("cuts long strings, arrays and deep values and says so in the envelope", () => {
    expect(envelopeOf({ data: "x".repeat(200_000) }, truncate)).toEqual({
      partial: true,
      truncated_at: "data[10000]",
      original_size: 200_011,
      returned_size: 10_011,
      data: { data: "x".repeat(10_000) },
      continuation: null,
    });
    expect(envelopeOf({ items: numbers(1_500), n: 1 }, truncate)).toMatchObject({
      truncated_at: "items[1000]",
      data: { items: numbers(1_000), n: 1 },
    });
    const deep = judge({ a: nested(30) }, truncate)?.document;
    expect(deep?.text).toContain(`"data":{"a":${"[".repeat(18)}null${"]".repeat(18)}}`);
  });

  test("fills the room that bytes leave, front to back, and leaves small members in", () => {
    const value = { big: numbers(900), list: ["a", "b"], ok: true };
    const envelope = envelopeOf(value, { ...truncate, max_bytes: 1_000 });
    expect(envelope.data).toMatchObject({ big: numbers((envelope.data as { big: number[] }).big.length) });
    expect((envelope.data as { big: number[] }).big.length).toBeGreaterThan(150);
    expect(envelope.truncated_at).toBe(`big[${(envelope.data as { big: number[] }).big.length}]`);
  });

  test("cuts on the borders of characters", () => {
    for (const max_bytes of [300, 301, 302, 303]) {
      const { data } = envelopeOf("😀".repeat(200), { ...truncate, max_bytes });
      expect(data).toMatch(/^(?:😀)+$/u);
    }
    expect(envelopeOf("a😀".repeat(20), { ...truncate, max_string_length: 15 }).data).toBe(
      "a😀".repeat(7) + "a",
    );
  });

  test("keeps the spelling of what it keeps", () => {
    const outcome = judgeText('{"a": 1.50, "b": 12345678901234567890, "\\u0063": "\\u0064", "x": [1,2,3]}', {
      ...truncate,
      max_array_length: 2,
    });
    expect(outcome?.document?.text).toContain(
      '"data":{"a":1.50,"b":12345678901234567890,"\\u0063":"\\u0064","x":[1,2]}',
    );
  });

  test("refuses where even an envelope has no room", () => {
    const outcome = judge("x".repeat(500), { ...truncate, max_bytes: 60 });
    expect(outcome?.notes.map(({ verdict, text }) => `${verdict} ${text}`)).toEqual([
      "BLOCK bytes_exceeded: 502 > 60",
    ]);
    expect(judge([[1]], { ...truncate, max_depth: 0 })?.notes[0]?.verdict).toBe("BLOCK");
  });
});

describe("paginate", () => {
  const paginate = { truncation_mode: "paginate" } as const;

  test("says where the next page begins", () => {
    expect(envelopeOf({ items: numbers(2_500) }, paginate)).toMatchObject({
      truncated_at: "items[1000]",
      data: { items: numbers(1_000) },
      continuation: [{ path: "items", unit: "items", next_offset: 1_000, total: 2_500 }],
    });
    expect(envelopeOf("x".repeat(20_000), paginate)).toMatchObject({
      data: "x".repeat(10_000),
      continuation: [{ path: "", unit: "characters", next_offset: 10_000, total: 20_000 }],
    });
  });

  test("pages hold whole items, and all pages together hold every item", () => {
    const items = numbers(40).map((id) => ({ id, text: "y".repeat(id) }));
    let seen: unknown[] = [];
    while (seen.length < items.length) {
      const outcome = judge(items.slice(seen.length), { ...paginate, max_bytes: 600 });
      const page =
        (outcome?.document?.value as { data?: unknown[] } | undefined)?.data ?? items.slice(seen.length);
      expect(page.length).toBeGreaterThan(0);
      seen = [...seen, ...page];
    }
    expect(seen).toEqual(items);
  });

  test("a single item larger than a page is cut", () => {
    expect(envelopeOf(["z".repeat(3_000)], { ...paginate, max_bytes: 600 })).toMatchObject({
      continuation: [{ path: "[0]", unit: "characters", total: 3_000 }],
    });
  });
});
