import { readFileSync } from "node:fs";
import type { ValidateFunction } from "ajv";
import { Ajv2020 } from "ajv/dist/2020.js";
import { describe, expect, test } from "vitest";
import { DOCUMENT_KINDS, type DocumentKind } from "../../../../src/config/policy/documents.ts";
import { policySchema } from "../../../../src/config/policy/schema/policy-schemas.ts";

const compiled = new Map<DocumentKind, ValidateFunction>();

function validate(kind: DocumentKind, document: object): boolean {
  const judge =
    compiled.get(kind) ?? new Ajv2020({ strict: true, inlineRefs: false }).compile(policySchema(kind));
  compiled.set(kind, judge);
  return judge({ apiVersion: "tollgate.dev/v1", kind, ...document });
}

describe("policySchema", () => {
  test.each(DOCUMENT_KINDS)("the published schema of %s is fresh: `npm run generate` writes it", (kind) => {
    const published = readFileSync(`deploy/policies/schema/${kind.toLowerCase()}.json`, "utf8");
    // Compared as one value: a difference of two long texts helps nobody.
    expect(published === `${JSON.stringify(policySchema(kind), undefined, 2)}\n`).toBe(true);
  });

  test("a baseline may write a default and a ceiling, or both at once", () => {
    const written = {
      required_labels: ["district"],
      unknown_tenant: "block",
      execution: {
        max_steps: { default: 100, max: 1_000 },
        max_cost_usd: 20,
        max_tokens: { max: "unlimited" },
      },
      guards: {
        output_size: {
          level: "warn",
          max_bytes: { default: 1, max: 2 },
          tools: { "db.*": { max_bytes: 1 } },
        },
      },
    };
    expect(validate("Baseline", written)).toBe(true);
    expect(validate("Baseline", { tenant: "a" })).toBe(false);
    expect(validate("Baseline", { execution: { max_steps: { least: 1 } } })).toBe(false);
  });

  test("a tenant writes values, with overrides by label", () => {
    const written = {
      tenant: "xto",
      execution: { max_steps: 500, max_tokens: { value: 5, mode: "shadow" } },
      quotas: {
        tenant: { cost_usd: { day: 200 } },
        "user:*": { requests: { hour: { value: 100, mode: "shadow" } } },
      },
      overrides: [
        { match: { district: "08A" }, set: { attributes: { material_delta_percent: { max_abs: 0.2 } } } },
      ],
      settings: { brand_name: "XTO" },
    };
    expect(validate("Tenant", written)).toBe(true);
    expect(validate("Tenant", { ...written, quotas: "default" })).toBe(true);
    expect(validate("Tenant", { ...written, quotas: { nobody: {} } })).toBe(false);
    expect(validate("Tenant", { ...written, unknown_tenant: "block" })).toBe(false);
    expect(validate("Tenant", { execution: {} })).toBe(false);
    expect(validate("Tenant", { ...written, execution: { max_step: 5 } })).toBe(false);
    expect(validate("Tenant", { ...written, rules: [{ name: "no id" }] })).toBe(false);
  });
});
