import { mkdirSync, mkdtempSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { BUILT_IN_POLICY, readPolicy } from "../../../src/config/policy/read-policy.ts";

const PRICES = `apiVersion: tollgate.dev/v1
kind: Prices
models:
  - {provider: a, model: b, usd_per_million: {input: 1, output: 2}}
`;

function directoryWith(files: { readonly [name: string]: string }): string {
  const directory = mkdtempSync(join(tmpdir(), "tollgate-policy-"));
  for (const [name, text] of Object.entries(files)) writeFileSync(join(directory, name), text);
  return directory;
}

describe("readPolicy", () => {
  test("a directory that is missing or empty is the built-in policy", async () => {
    expect(await readPolicy("/nowhere/policy")).toBe(BUILT_IN_POLICY);
    expect(await readPolicy(directoryWith({ "README.md": "# notes" }))).toBe(BUILT_IN_POLICY);
  });

  test("reads documents in a thread of its own", async () => {
    const { prices } = await readPolicy(directoryWith({ "prices.yaml": PRICES }));
    expect(prices).toMatchObject([
      { provider: "a", model: "b", prices: { tokens: { input: 1_000_000_000n } } },
    ]);
  });

  test("reads a mounted ConfigMap, whose files are links into a hidden directory", async () => {
    const directory = directoryWith({});
    mkdirSync(join(directory, "..2026"));
    writeFileSync(join(directory, "..2026", "prices.yaml"), PRICES);
    symlinkSync("..2026", join(directory, "..data"));
    symlinkSync("..data/prices.yaml", join(directory, "prices.yaml"));
    expect((await readPolicy(directory)).prices).toHaveLength(1);
  });

  test("a file that leads out of the directory is refused", async () => {
    const directory = directoryWith({});
    symlinkSync(join(directoryWith({ "p.yaml": PRICES }), "p.yaml"), join(directory, "p.yaml"));
    await expect(readPolicy(directory)).rejects.toThrow(
      `${directory}/p.yaml: leads out of the policy directory`,
    );
  });

  test("a document above 256 KiB is refused before it is parsed", async () => {
    const directory = directoryWith({ "p.yaml": `${PRICES}${"#".repeat(262_144)}` });
    await expect(readPolicy(directory)).rejects.toThrow("a document has at most 262144");
  });

  test("errors name the whole path", async () => {
    const directory = directoryWith({ "p.yaml": "kind: Prices\n" });
    await expect(readPolicy(directory)).rejects.toThrow(`${directory}/p.yaml:1:1: apiVersion: is required`);
  });
});
