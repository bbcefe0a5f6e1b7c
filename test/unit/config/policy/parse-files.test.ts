import { describe, expect, test } from "vitest";
import {
  type PlatformReading,
  parseFiles,
  type TenantReading,
} from "../../../../src/config/policy/files/parse-files.ts";

import { findPlace } from "../../../../src/domain/policy/place-table.ts";

const HEAD = "apiVersion: tollgate.dev/v1\nkind: Prices\nmodels:\n";
const TENANT = "apiVersion: tollgate.dev/v1\nkind: Tenant\n";

interface Parsed {
  readonly platform: PlatformReading;
  readonly tenants: readonly TenantReading[];
}

function parse(files: { readonly [name: string]: string }, known = new Map<string, string>()): Parsed {
  const tenants: TenantReading[] = [];
  const texts = Object.entries(files).map(([name, text]) => ({ name, path: name, text }));
  return { platform: parseFiles(texts, known, (reading) => tenants.push(reading)), tenants };
}

function problemsOf(text: string): readonly string[] {
  return parse({ "p.yaml": text }).platform.problems;
}

describe("parseFiles", () => {
  test("turns USD per million into nano-USD per million, from numbers and from decimal text", () => {
    const text = `${HEAD}  - provider: openai
    model: gpt-5
    usd_per_million: {input: 1.25, output: "10.00", cache_read: 0.125, reasoning: 0.000000001}
    usd_per_request: 0.01
`;
    expect(parse({ "p.yaml": text }).platform.prices?.models).toEqual([
      {
        provider: "openai",
        model: "gpt-5",
        prices: {
          tokens: { input: 1_250_000_000n, output: 10_000_000_000n, cache_read: 125_000_000n, reasoning: 1n },
          request: 10_000_000n,
        },
      },
    ]);
  });

  test.each(["0.1", "0.3", "1.005", "999999.999999999"])("%s loses no decimal as a number", (price) => {
    const entry = (written: string) =>
      parse({
        "p.yaml": `${HEAD}  - {provider: a, model: b, usd_per_million: {input: ${written}, output: 0}}\n`,
      }).platform.prices?.models;
    expect(entry(price)).toEqual(entry(`"${price}"`));
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
      "p.yaml:6:30: models[0].usd_per_million.input: -1 must be an amount in USD from 0 to 1000000, with at most 9 decimals, such as 2.50",
      "p.yaml:6:22: models[0].usd_per_million.output: is required",
      "p.yaml:6:42: models[0].usd_per_million.outptu: is no key of this document",
      "p.yaml:7:11: models[0].free: is no key of this document",
      'p.yaml:8:15: models[1].provider: "two words" must be text of 1 to 128 visible ASCII characters',
      "p.yaml:9:12: models[1].model: 5 must be text of 1 to 128 visible ASCII characters",
    ]);
    const tooFine = `${HEAD}  - {provider: a, model: b, usd_per_million: {input: 0.0000000001, output: 1}}\n`;
    expect(problemsOf(tooFine)[0]).toMatch(
      /^p\.yaml:4:\d+: models\[0\]\.usd_per_million\.input: "1e-10" has more than 9 decimals/,
    );
  });

  test("a model with two prices is refused, in one document and in two", () => {
    const entry = "  - {provider: a, model: b, usd_per_million: {input: 1, output: 1}}\n";
    expect(problemsOf(HEAD + entry + entry)).toEqual([
      "p.yaml:5:26: a/b has a price already, at p.yaml:4:26",
    ]);
    expect(parse({ "1.yaml": HEAD + entry, "2.yaml": HEAD + entry }).platform.problems).toEqual([
      "2.yaml:4:26: a/b has a price already, at 1.yaml:4:26",
    ]);
  });

  test("several documents of a file count their lines from its beginning", () => {
    const text = `# policies\n${TENANT}tenant: a\n---\n${TENANT}tenant: b\nexecution:\n  max_steps: 5\n`;
    const [a, b] = parse({ "t.yaml": text }).tenants;
    expect(a).toMatchObject({ type: "read", tenant: "a" });
    expect(b).toMatchObject({
      type: "read",
      tenant: "b",
      document: { document: { name: "t.yaml", value: { execution: { max_steps: 5 } } } },
    });
    const place = (reading: TenantReading | undefined, path: string) =>
      reading?.type === "read" ? findPlace(reading.document.document.places, path) : undefined;
    expect(place(a, "tenant")).toEqual({ line: 4, column: 9 });
    expect(place(b, "tenant")).toEqual({ line: 8, column: 9 });
    expect(place(b, "execution.max_steps")).toEqual({ line: 10, column: 14 });
    expect(place(b, "execution.max_tokens")).toBeUndefined();
  });

  test("a document of a tenant that cannot be read is told apart from what belongs to the platform", () => {
    const { platform, tenants } = parse({
      "a.yaml": `${TENANT}tenant: a\nexecution: {max_steps: 1\n`,
      "b.yaml": `${TENANT}tenant: [b]\n`,
      "c.yaml": "a: [\n",
    });
    expect(tenants).toMatchObject([
      { type: "refused", tenant: "a", name: "a.yaml" },
      { type: "refused", tenant: undefined, name: "b.yaml" },
    ]);
    expect(tenants[1]).toMatchObject({
      problems: [
        'b.yaml:3:9: tenant: ["b"] must be text of 1 to 128 visible ASCII characters: the name of the tenant',
      ],
    });
    expect(platform.problems[0]).toMatch(/^c\.yaml:/);
  });

  test("documents that are known by their hash are not read again", () => {
    const text = `${TENANT}tenant: a\n`;
    const [first] = parse({ "a.yaml": text }).tenants;
    const hash = first?.type === "read" ? first.document.hash : "";
    expect(parse({ "a.yaml": text }, new Map([[hash, "a"]])).tenants).toEqual([
      { type: "unchanged", tenant: "a", hash },
    ]);
    expect(parse({ "a.yaml": `\n${text}` }, new Map([[hash, "a"]])).tenants).toMatchObject([
      { type: "read" },
    ]);
  });

  test("what is no policy document is refused", () => {
    expect(problemsOf("apiVersion: tollgate.dev/v2\nkind: Prices\nmodels: []\n")).toHaveLength(2);
    expect(problemsOf("kind: Deployment\n")).toEqual([
      'p.yaml:1:7: kind "Deployment": must be Baseline, Tenant, Prices, Tools, Quotas',
    ]);
    expect(problemsOf("- 1\n")).toEqual([
      "p.yaml:1:1: a policy document is a mapping with apiVersion and kind",
    ]);
    expect(problemsOf("apiVersion: tollgate.dev/v1\n")[0]).toContain("kind is missing");
  });

  test("a second baseline is refused", () => {
    const text = "apiVersion: tollgate.dev/v1\nkind: Baseline\n";
    expect(parse({ "1.yaml": text, "2.yaml": text }).platform.problems).toEqual([
      "2.yaml:1:1: the baseline stands already at 1.yaml:1:1",
    ]);
  });

  test("equal files have equal hashes, others do not", () => {
    const hashes = [{ "a.yaml": TENANT }, { "b.yaml": TENANT }, { "a.yaml": `${TENANT}tenant: a` }].map(
      (files) => parse(files).platform.hash,
    );
    expect(new Set(hashes).size).toBe(3);
    expect(parse({ "a.yaml": TENANT }).platform.hash).toBe(hashes[0]);
  });
});

describe("Quotas", () => {
  const SEED = `version: 1
defaults:
  rps: 20
  burst: 40

principals:
  - principal: "tenant:acme-corp"
    rps: 100
    burst: 200
    description: "Enterprise customer"

  - principal: "ip:203.0.113.0/24"
    rps: 5
    burst: 10
    description: "Public IP range"

endpoint_multipliers:
  "/v1/embeddings": 2.5  # Allow 2.5x more for embeddings
  "/v1/dreams": 0.25     # Restrict expensive operations
`;

  test("the version 1 file is accepted as it is", () => {
    const { quotas, problems } = parse({ "quotas.yaml": SEED }).platform;
    expect(problems).toEqual([]);
    expect(quotas).toEqual({
      document: "quotas.yaml",
      defaults: { rps: 20, burst: 40 },
      principals: [
        { principal: "tenant:acme-corp", rps: 100, burst: 200, description: "Enterprise customer", line: 7 },
        { principal: "ip:203.0.113.0/24", rps: 5, burst: 10, description: "Public IP range", line: 12 },
      ],
      endpointMultipliers: { "/v1/embeddings": 2.5, "/v1/dreams": 0.25 },
    });
  });

  test("it may say its kind, and leave the burst out", () => {
    const text = "apiVersion: tollgate.dev/v1\nkind: Quotas\nversion: 1\ndefaults: {rps: 1.2}\n";
    expect(parse({ "q.yaml": text }).platform.quotas?.defaults).toEqual({ rps: 1.2, burst: 3 });
  });

  test.each([
    ["version: 2\n", "q.yaml:1:10: version: 2 must be 1"],
    ["version: 1\ndefaults: {rps: 0}\n", "rps: 0 must be a number above 0"],
    ["version: 1\ndefaults: {rps: 1, burst: 0}\n", "burst: 0 must be a whole number from 1"],
    ["version: 1\nprincipals: [{principal: acme, rps: 1}]\n", '"acme" must be tenant:NAME'],
    ["version: 1\nprincipals: [{principal: 'ip:203.0.113.0/33', rps: 1}]\n", "must be tenant:NAME"],
    [
      "version: 1\nprincipals: [{principal: 'ip:203.0.113.1/24', rps: 1}]\n",
      "without bits behind the prefix",
    ],
    [
      "version: 1\nprincipals: [{principal: 'ip:2001:db8::1/32', rps: 1}]\n",
      "without bits behind the prefix",
    ],
    ["version: 1\nprincipals: [{principal: 'ip:203.0.113.0/024', rps: 1}]\n", "must be tenant:NAME"],
    ["version: 1\nendpoint_multipliers: {v1: 2}\n", "must be a route that begins with /"],
    [
      "version: 1\nprincipals: [{principal: 'user:a', rps: 1}, {principal: 'user:a', rps: 2}]\n",
      "user:a comes twice",
    ],
  ])("%j is refused", (text, why) => {
    expect(parse({ "q.yaml": text }).platform.problems.join("\n")).toContain(why);
  });

  test("there is one such document at most", () => {
    expect(parse({ "a.yaml": SEED, "b.yaml": SEED }).platform.problems).toEqual([
      "b.yaml:1:1: quotas stand already at a.yaml:1:1: only one document may",
    ]);
  });
});

describe("Tools", () => {
  const TOOLS = "apiVersion: tollgate.dev/v1\nkind: Tools\ntools:\n";

  test("reads what is said of a tool", () => {
    const text = `${TOOLS}  - name: db.write
    schema: {type: object, properties: {id: {type: string}}, required: [id]}
    side_effect: write
    idempotent: true
    volatile_fields: [trace_id]
    timeout_ms: 5000
`;
    expect(parse({ "t.yaml": text }).platform).toMatchObject({
      problems: [],
      tools: { entries: [{ name: "db.write", side_effect: "write", idempotent: true, timeout_ms: 5000 }] },
    });
  });

  test.each([
    [`${TOOLS}  - {name: a, side_effect: harmless}\n`, '"harmless" must be read_only, write or destructive'],
    [`${TOOLS}  - {name: a, timeout_ms: 0}\n`, "0 must be a whole number of milliseconds from 1"],
    [`${TOOLS}  - {name: a, schema: 5}\n`, "5 must be a JSON Schema"],
    [`${TOOLS}  - {name: a}\n  - {name: a}\n`, "the tool a stands already at t.yaml:4:12"],
    [`${TOOLS}  - {}\n`, "t.yaml:4:5: tools[0].name: is required"],
  ])("%j is refused", (text, why) => {
    expect(parse({ "t.yaml": text }).platform.problems.join("\n")).toContain(why);
  });
});
