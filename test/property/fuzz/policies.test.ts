// Policy files of any bytes, and good ones with words changed: every one is read or refused with a message that names the file,
// and what is read and found good can be put in force.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { TierDocument } from "../../../src/config/policy/documents.ts";
import { parseFiles } from "../../../src/config/policy/files/parse-files.ts";
import { compileToolSchema } from "../../../src/engine/guards/input/schema/compile-tool-schema.ts";
import { checkDocument } from "../../../src/engine/policy/check-document.ts";
import { createPolicySet, resolvePolicy } from "../../../src/engine/policy/resolve-policy.ts";
import { atScale, printedSeed, SeededRandom } from "../../crash/seeded-random.ts";

const RUN_MS = atScale(1_000, 20_000);

const SAMPLES = [
  ...["solo-agent", "platform", "regulated"].flatMap((folder) =>
    readdirSync(join("deploy/policies", folder)).map((name) => join("deploy/policies", folder, name)),
  ),
  "deploy/policies/quotas.yaml",
].map((path) => readFileSync(path, "utf8"));

/** Words of YAML and of policies, and values that are out of place. */
const WORDS = [
  ...[
    "- ",
    ": ",
    "{",
    "}",
    "[",
    "]",
    "&a ",
    "*a",
    "!!str ",
    "---\n",
    "...\n",
    "|\n",
    ">-\n",
    "? ",
    "# ",
    "\n",
    "\n  ",
    "\t",
    "'",
    '"',
  ],
  ...[
    "null",
    "true",
    "~",
    "0",
    "-1",
    "1e999",
    "0x1F",
    ".inf",
    ".nan",
    "2026-01-01",
    "1_000",
    "9".repeat(40),
    "\u0000",
    "\ufeff",
    "é",
  ],
  ...[
    "kind",
    "Tenant",
    "Baseline",
    "tenant",
    "guards",
    "level",
    "off",
    "block",
    "__proto__",
    "constructor",
    "max",
    "default",
    "[]",
    "{}",
  ],
  ...[
    "pattern: (a+)+$",
    "expression: 'has(x'",
    "$ref: '#'",
    "allOf: [{$ref: '#'}]",
    "*",
    "**",
    "10.0.0.0/8",
    "https://",
    "mode: shadow",
  ],
];

test("fuzz: policy files are read or refused, and nothing breaks", { timeout: RUN_MS + 120_000 }, () => {
  const random = new SeededRandom(printedSeed("fuzz policies"));
  const pick = <T>(from: readonly T[]): T => from[random.below(from.length)] as T;
  const counts = { inputs: 0, read: 0, refused: 0, inForce: 0 };
  const until = performance.now() + RUN_MS;
  let text = "";
  try {
    while (performance.now() < until) {
      counts.inputs++;
      text = random.below(4) === 0 ? noise(random) : spoil(pick(SAMPLES), random, pick);
      const tenants: TierDocument[] = [];
      const problems: string[] = [];
      const { baseline, tools, ...read } = parseFiles(
        [{ name: "p.yaml", path: "/policy/p.yaml", text }],
        new Map(),
        (reading) => {
          if (reading.type === "read") tenants.push(reading.document);
          if (reading.type === "refused") problems.push(...reading.problems);
        },
      );
      problems.push(...read.problems);
      for (const problem of problems) expect(problem).toMatch(/p\.yaml/);
      if (problems.length > 0) counts.refused++;
      else counts.read++;
      for (const { schema } of tools?.entries ?? []) if (schema !== undefined) compileToolSchema(schema);
      const good = [baseline, ...tenants].filter(
        (one): one is TierDocument =>
          one !== undefined &&
          [
            ...checkDocument(one.document, { baseline: one === baseline ? undefined : baseline?.document }),
          ].every((issue) => issue === undefined),
      );
      if (good.length === 0 || (baseline !== undefined && !good.includes(baseline))) continue;
      const set = createPolicySet({
        baseline: baseline?.document,
        tenants: good
          .filter((one) => one !== baseline)
          .map(({ document }) => ({
            tenant: String(document.value["tenant"]),
            file: document,
            api: undefined,
            isInvalid: false,
          })),
      });
      for (const tenant of ["default", ...good.map(({ document }) => String(document.value["tenant"]))])
        expect(resolvePolicy(set, tenant, {}).settings).toBeDefined();
      counts.inForce++;
    }
  } catch (error) {
    console.log(`fuzz policies: the input was ${JSON.stringify(text)}`);
    throw error;
  } finally {
    console.log(`fuzz policies: ${JSON.stringify(counts)}`);
  }
  expect(counts.inputs).toBeGreaterThan(0);
});

function noise(random: SeededRandom): string {
  const bytes = Uint8Array.from({ length: random.below(512) }, () =>
    random.below(random.below(3) === 0 ? 256 : 128),
  );
  return Buffer.from(bytes).toString(random.below(2) === 0 ? "utf8" : "latin1");
}

function spoil(text: string, random: SeededRandom, pick: (from: readonly string[]) => string): string {
  let spoiled = text;
  for (let times = 1 + random.below(4); times > 0; times--) {
    const at = random.below(spoiled.length);
    const to = Math.min(spoiled.length, at + random.below(20));
    const how = random.below(4);
    if (how === 0) spoiled = spoiled.slice(0, at) + spoiled.slice(to);
    else if (how === 1) spoiled = spoiled.slice(0, at) + pick(WORDS) + spoiled.slice(at);
    else if (how === 2) spoiled = spoiled.slice(0, at) + pick(WORDS) + spoiled.slice(to);
    else spoiled = spoiled.slice(0, to) + spoiled.slice(at);
  }
  return spoiled;
}
