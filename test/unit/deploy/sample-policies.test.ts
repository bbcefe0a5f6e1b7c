import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { ValidateFunction } from "ajv";
import { Ajv2020 } from "ajv/dist/2020.js";
import { beforeAll, describe, expect, test } from "vitest";
import { parse, parseAllDocuments } from "yaml";
import { readPolicy } from "../../../src/config/policy/read-policy.ts";
import { judgeFiles } from "../../../src/daemon/policy/good-policy.ts";

const ROOT = "deploy/policies";
const FOLDERS = ["solo-agent", "platform", "regulated"];
const FILES = [
  ...FOLDERS.flatMap((folder) => readdirSync(join(ROOT, folder)).map((name) => join(folder, name))),
  "quotas.yaml",
];

const judges = new Map<string, ValidateFunction>();

beforeAll(() => {
  for (const kind of ["baseline", "tenant", "prices", "tools", "quotas"]) {
    const schema = parse(readFileSync(join(ROOT, "schema", `${kind}.json`), "utf8")) as object;
    judges.set(kind, new Ajv2020({ strict: true, inlineRefs: false, allErrors: true }).compile(schema));
  }
});

describe("sample policies", () => {
  test.each(FILES)("%s is valid under the schema that its first line names", (name) => {
    const text = readFileSync(join(ROOT, name), "utf8");
    expect(text).toMatch(/^# yaml-language-server: \$schema=\.{1,2}\/schema\/\w+\.json\n/);
    for (const document of parseAllDocuments(text)) {
      const value = document.toJS() as { readonly kind?: string };
      const judge = judges.get((value.kind ?? "Quotas").toLowerCase());
      judge?.(value);
      expect(judge?.errors ?? []).toEqual([]);
    }
  });

  test.each(FOLDERS)("%s is good as a whole: nothing wrong, nothing clamped", async (folder) => {
    const files = await readPolicy({ directory: join(ROOT, folder), quotas: join(ROOT, "quotas.yaml") });
    const { good, problems, tenantProblems, clamped } = await judgeFiles(files, undefined);
    expect(problems).toEqual([]);
    expect([...tenantProblems.values()].flat()).toEqual([]);
    expect([...clamped.values()].flat()).toEqual([]);
    expect(good?.files.quotas?.principals).toHaveLength(5);
  });
});
