import { describe, expect, test } from "vitest";
import { z } from "zod";
import { parsePolicy } from "../../../src/config/policy/parse-policy.ts";
import { PRICES_SCHEMA } from "../../../src/config/policy/prices-schema.ts";

const HEAD = "apiVersion: tollgate.dev/v1\nkind: Prices\nmodels:\n";

function problemsOf(text: string): readonly string[] {
  const parsed = parsePolicy([{ name: "prices.yaml", text }]);
  return parsed.kind === "refused" ? parsed.problems : [];
}

function etag(name: string, text: string): unknown {
  const parsed = parsePolicy([{ name, text }]);
  return parsed.kind === "parsed" ? parsed.documents.etag : undefined;
}

describe("parsePolicy", () => {
  test("turns USD per million into nano-USD per million, from numbers and from decimal text", () => {
    const text = `${HEAD}  - provider: openai
    model: gpt-5
    usd_per_million: {input: 1.25, output: "10.00", cache_read: 0.125, reasoning: 0.000000001}
    usd_per_request: 0.01
`;
    const parsed = parsePolicy([{ name: "prices.yaml", text }]);
    expect(parsed).toMatchObject({
      kind: "parsed",
      documents: {
        prices: [
          {
            provider: "openai",
            model: "gpt-5",
            prices: {
              tokens: {
                input: 1_250_000_000n,
                output: 10_000_000_000n,
                cache_read: 125_000_000n,
                reasoning: 1n,
              },
              request: 10_000_000n,
            },
          },
        ],
      },
    });
  });

  test("no decimal is lost on the way through a floating-point number", () => {
    const prices = ["0.1", "0.3", "1.005", "999999.999999999"];
    for (const price of prices) {
      const parsed = parsePolicy([
        {
          name: "p.yaml",
          text: `${HEAD}  - {provider: a, model: b, usd_per_million: {input: ${price}, output: 0}}\n`,
        },
      ]);
      const text = parsePolicy([
        {
          name: "p.yaml",
          text: `${HEAD}  - {provider: a, model: b, usd_per_million: {input: "${price}", output: 0}}\n`,
        },
      ]);
      expect(parsed.kind === "parsed" && parsed.documents.prices).toEqual(
        text.kind === "parsed" && text.documents.prices,
      );
    }
  });

  test("names file, line, column, value and what is allowed, all errors at once", () => {
    const text = `${HEAD}  - provider: openai
    model: gpt-5
    usd_per_million: {input: -1, outptu: 2}
    free: true
  - provider: "two words"
    model: 5
    usd_per_million: {input: 0.0000000001, output: 1}
`;
    expect(problemsOf(text)).toEqual([
      "prices.yaml:6:30: models[0].usd_per_million.input: -1 must be an amount in USD from 0 to 1000000, with at most 9 decimals, such as 2.50",
      "prices.yaml:6:22: models[0].usd_per_million.output: is required",
      "prices.yaml:6:34: models[0].usd_per_million.outptu: is no key of this document",
      "prices.yaml:7:5: models[0].free: is no key of this document",
      'prices.yaml:8:15: models[1].provider: "two words" must be text of 1 to 128 visible ASCII characters',
      "prices.yaml:9:12: models[1].model: 5 must be text of 1 to 128 visible ASCII characters",
    ]);
    const tooFine = `${HEAD}  - {provider: a, model: b, usd_per_million: {input: 0.0000000001, output: 1}}\n`;
    expect(problemsOf(tooFine)[0]).toMatch(
      /^prices\.yaml:4:\d+: models\[0\]\.usd_per_million\.input: "1e-10" has more than 9 decimals/,
    );
  });

  test("a model with two prices is refused, in one document and in two", () => {
    const entry = "  - {provider: a, model: b, usd_per_million: {input: 1, output: 1}}\n";
    expect(problemsOf(HEAD + entry + entry)).toEqual([
      "prices.yaml:5:26: a/b has a price already, at prices.yaml:4:26",
    ]);
    const parsed = parsePolicy([
      { name: "1.yaml", text: HEAD + entry },
      { name: "2.yaml", text: HEAD + entry },
    ]);
    expect(parsed).toEqual({
      kind: "refused",
      problems: ["2.yaml:4:26: a/b has a price already, at 1.yaml:4:26"],
    });
  });

  test.each(["Baseline", "Tenant", "Tools", "Quotas"])(
    "a %s document is refused: what it says would not be in force",
    (kind) => {
      expect(problemsOf(`apiVersion: tollgate.dev/v1\nkind: ${kind}\n`)).toEqual([
        `prices.yaml:2:7: kind ${kind} is not read by this version, and what it says would not be in force: take it out of the policy directory`,
      ]);
    },
  );

  test("what is no policy document is refused", () => {
    expect(problemsOf("apiVersion: tollgate.dev/v2\nkind: Prices\nmodels: []\n")).toHaveLength(2);
    expect(problemsOf("kind: Deployment\n")[0]).toBe("prices.yaml:1:7: kind Deployment: must be Prices");
    expect(problemsOf("- 1\n")[0]).toBe(
      "prices.yaml:1:1: a policy document is a mapping with apiVersion and kind",
    );
    expect(problemsOf("a: [1\n")[0]).toMatch(/^prices\.yaml:\d+:\d+: /);
  });

  test("anchors, aliases, duplicate keys and bottomless nesting are refused", () => {
    expect(problemsOf("a: &x [1]\nb: *x\n")).toEqual([
      "prices.yaml:1:7: anchors and aliases are not allowed",
      "prices.yaml:2:4: anchors and aliases are not allowed",
    ]);
    expect(problemsOf("a: 1\na: 2\n")[0]).toMatch(/^prices\.yaml:2:1: /);
    expect(problemsOf("[".repeat(100_000))).not.toEqual([]);
  });

  test("equal directories have equal etags, others do not", () => {
    const files = [{ name: "a.yaml", text: "" }];
    expect(parsePolicy(files)).toEqual(parsePolicy(files));
    expect(new Set([etag("a.yaml", ""), etag("b.yaml", ""), etag("a.yaml", " ")]).size).toBe(3);
  });

  test("the published schema is the schema in the code", async () => {
    const schema = { title: "Tollgate prices", ...z.toJSONSchema(PRICES_SCHEMA) };
    await expect(`${JSON.stringify(schema, undefined, 2)}\n`).toMatchFileSnapshot(
      "../../../docs/schemas/prices.schema.json",
    );
  });
});
