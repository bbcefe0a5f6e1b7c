import { mkdirSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { create, toBinary } from "@bufbuild/protobuf";
import { CheckRequestSchema } from "../../../src/gen/tollgate/enforcement/v1/check_pb.ts";

// A directory of policies as large as the design names: 1,000 tenants with 20 rules each, 10,000 access rules of the platform.

export const TENANTS = 1_000;
const RULES = 20;
const ACCESS_RULES = 10_000;
const SEVERITIES = ["low", "medium", "high"] as const;

/** Writes every document; another `variant` changes something in each of them. */
export function writePolicies(directory: string, variant: number): void {
  mkdirSync(directory, { recursive: true });
  replaceFile(join(directory, "baseline.yaml"), baseline(variant));
  for (let tenant = 0; tenant < TENANTS; tenant++)
    replaceFile(join(directory, `tenant-${tenant}.yaml`), tenantDocument(tenant, variant));
}

/** As editors and mounts do: nobody ever reads half a file. */
function replaceFile(path: string, text: string): void {
  writeFileSync(`${path}.new`, text);
  renameSync(`${path}.new`, path);
}

/** In flow style with short names: ten thousand rules fit into the 256 KiB of a document. */
function baseline(variant: number): string {
  const rules = Array.from(
    { length: ACCESS_RULES },
    (_, at) => `- {id: ${short(at)},tools: [${short(at + variant)}]}`,
  );
  return [
    "apiVersion: tollgate.dev/v1",
    "kind: Baseline",
    "execution: {max_steps: 1000000000}",
    "access:",
    " rules:",
    ...rules.map((rule) => ` ${rule}`),
    "",
  ].join("\n");
}

/** Without vowels no three letters are a word that YAML reads as something else. */
const LETTERS = "bcdfghjklmnpqrstuvwxyz";

function short(at: number): string {
  const { length } = LETTERS;
  const places = [Math.floor(at / length ** 2) % length, Math.floor(at / length) % length, at % length];
  return places.map((place) => LETTERS[place]).join("");
}

function tenantDocument(tenant: number, variant: number): string {
  const rules = Array.from({ length: RULES }, (_, at) => {
    const severity = SEVERITIES[(at + variant) % SEVERITIES.length];
    const about = `id: rule-${at}, name: Rule ${at}, description: one of many, severity: ${severity}, action: warn`;
    return `  - {${about}, ${ruleBody(tenant, at)}}`;
  });
  return [
    "apiVersion: tollgate.dev/v1",
    "kind: Tenant",
    `tenant: ${tenantName(tenant)}`,
    `execution: {max_tool_calls: ${1_000_000 + variant}}`,
    `quotas: {tenant: {requests: {day: ${100_000_000 + variant}}}}`,
    "rules:",
    ...rules,
    "",
  ].join("\n");
}

function ruleBody(tenant: number, at: number): string {
  if (at % 3 === 0) return `type: content, pattern: codeword${tenant}x${at}`;
  if (at % 3 === 1) return `type: cost, threshold: ${5 + at}`;
  return `type: policy, expression: model == "model-${at}"`;
}

export function tenantName(tenant: number): string {
  return `tenant-${tenant}`;
}

/** One question about an execution of every tenant, a call of a tool that an access rule may name. */
export function createTenantChecks(executionIds: readonly string[]): readonly Buffer[] {
  return executionIds.map((executionId, at) => {
    const request = create(CheckRequestSchema, {
      executionId,
      intent: {
        step: { name: "plan" },
        estimate: { tokens: { input: 812n, output: 147n } },
        weight: 1n,
        tool: `tool-${at}`,
        model: "demo-coder",
      },
    });
    return Buffer.from(toBinary(CheckRequestSchema, request));
  });
}
