import { mkdirSync, mkdtempSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { NO_POLICY_FILES, type PolicyFiles } from "../../../../src/config/policy/documents.ts";
import { readPolicy } from "../../../../src/config/policy/read-policy.ts";

const PRICES = `apiVersion: tollgate.dev/v1
kind: Prices
models:
  - {provider: a, model: b, usd_per_million: {input: 1, output: 2}}
`;
const TENANT = "apiVersion: tollgate.dev/v1\nkind: Tenant\ntenant: ";

function directoryWith(files: { readonly [name: string]: string }): string {
  const directory = mkdtempSync(join(tmpdir(), "tollgate-policy-"));
  for (const [name, text] of Object.entries(files)) writeFileSync(join(directory, name), text);
  return directory;
}

function read(directory: string, before?: PolicyFiles): Promise<PolicyFiles> {
  return readPolicy({ directory, quotas: undefined }, before);
}

describe("readPolicy", () => {
  test("a directory that is missing or empty holds nothing", async () => {
    expect(await read("/nowhere/policy")).toBe(NO_POLICY_FILES);
    expect(await read(directoryWith({ "README.md": "# notes" }))).toBe(NO_POLICY_FILES);
  });

  test("reads documents in a thread of its own", async () => {
    const { prices, problems } = await read(directoryWith({ "prices.yaml": PRICES }));
    expect(problems).toEqual([]);
    expect(prices?.models).toMatchObject([
      { provider: "a", model: "b", prices: { tokens: { input: 1_000_000_000n } } },
    ]);
  });

  test("takes thousands of prices and tools over in parts, all of them, in order", async () => {
    const models = Array.from(
      { length: 1_000 },
      (_, at) => `  - {provider: a, model: m${at}, usd_per_million: {input: 1, output: 2}}`,
    );
    const entries = Array.from({ length: 500 }, (_, at) => `  - {name: do_${at}, schema: {type: object}}`);
    const { prices, tools, problems } = await read(
      directoryWith({
        "prices.yaml": `apiVersion: tollgate.dev/v1\nkind: Prices\ncharges: {search: 1}\nmodels:\n${models.join("\n")}\n`,
        "tools.yaml": `apiVersion: tollgate.dev/v1\nkind: Tools\ntools:\n${entries.join("\n")}\n`,
      }),
    );
    expect(problems).toEqual([]);
    expect(prices?.models.map(({ model }) => model)).toEqual(models.map((_, at) => `m${at}`));
    expect(prices?.charges.get("search")).toBe(1_000_000_000n);
    expect(tools?.entries.map(({ name }) => name)).toEqual(entries.map((_, at) => `do_${at}`));
    expect(tools?.schemaPlaces.get("do_499")).toMatch(/tools\.yaml:503:\d+: tools\[499\]\.schema:?$/);
  });

  test("reads a mounted ConfigMap, whose files are links into a hidden directory", async () => {
    const directory = directoryWith({});
    mkdirSync(join(directory, "..2026"));
    writeFileSync(join(directory, "..2026", "prices.yaml"), PRICES);
    symlinkSync("..2026", join(directory, "..data"));
    symlinkSync("..data/prices.yaml", join(directory, "prices.yaml"));
    expect((await read(directory)).prices?.models).toHaveLength(1);
  });

  test("a quotas file beside the directory is read, and holds nothing when it is not there", async () => {
    const directory = directoryWith({ "quotas.yaml": "version: 1\ndefaults: {rps: 2, burst: 3}\n" });
    const quotas = join(directory, "quotas.yaml");
    expect((await readPolicy({ directory: "/nowhere", quotas })).quotas?.defaults).toEqual({
      rps: 2,
      burst: 3,
    });
    expect(await readPolicy({ directory: "/nowhere", quotas: "/nowhere/quotas.yaml" })).toBe(NO_POLICY_FILES);
  });

  test("two documents for one tenant are refused, those of others are served", async () => {
    const directory = directoryWith({ "1.yaml": `${TENANT}a\n---\n${TENANT}b\n`, "2.yaml": `${TENANT}a\n` });
    const { tenants, refusedTenants } = await read(directory);
    expect([...tenants.keys()]).toEqual(["b"]);
    expect(refusedTenants.get("a")?.problems).toEqual([
      `${directory}/2.yaml:3:9: tenant a has a document already, at ${directory}/1.yaml:3:9`,
    ]);
  });

  test("documents that did not change are the same values as before", async () => {
    const directory = directoryWith({ "a.yaml": `${TENANT}a\n`, "b.yaml": `${TENANT}b\n` });
    const before = await read(directory);
    writeFileSync(join(directory, "b.yaml"), `${TENANT}b\nexecution: {max_steps: 1}\n`);
    const after = await read(directory, before);
    expect(after.tenants.get("a")).toBe(before.tenants.get("a"));
    expect(after.tenants.get("b")?.document.value).toMatchObject({ execution: { max_steps: 1 } });
    expect(after.hash).not.toBe(before.hash);
  });

  test("a file that leads out of the directory, or has no safe name, is refused", async () => {
    const directory = directoryWith({ "a b.yaml": PRICES });
    symlinkSync(join(directoryWith({ "p.yaml": PRICES }), "p.yaml"), join(directory, "p.yaml"));
    expect((await read(directory)).problems).toEqual([
      `${directory}/"a b.yaml": names of documents have letters, digits, dots, dashes and underscores`,
      `${directory}/p.yaml: leads out of the policy directory`,
    ]);
  });

  test("more than 16 MiB are refused before anything is parsed", async () => {
    const comment = `# ${"x".repeat(8_388_608)}\n`;
    const directory = directoryWith({ "1.yaml": comment, "2.yaml": comment });
    expect((await read(directory)).problems).toEqual([
      `${directory}: all documents together have at most 16777216 bytes`,
    ]);
  });

  test("errors name the whole path", async () => {
    const directory = directoryWith({ "p.yaml": "kind: Prices\n" });
    expect((await read(directory)).problems).toContain(`${directory}/p.yaml:1:1: apiVersion: is required`);
  });
});
