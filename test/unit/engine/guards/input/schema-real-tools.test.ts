// Real tools and real calls: 399 of a public leaderboard with one valid call each, 14 of an airline with its recorded runs.
import { describe, expect, test } from "vitest";
import type { ToolSchemaSource } from "../../../../../src/engine/guards/input/schema/compile-tool-schema.ts";
import {
  checkSchemaStrictness,
  type SchemaStrictnessSettings,
} from "../../../../../src/engine/guards/input/schema-strictness.ts";
import { documentOf } from "./documents.ts";
import { hasData, readDataText, readJsonLines } from "./read-data.ts";

interface Schema {
  readonly type?: string;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly enum?: readonly unknown[];
}

interface PublicTool {
  readonly tool: string;
  readonly schema: Schema;
  readonly valid_args: Readonly<Record<string, unknown>>;
}

const settings: SchemaStrictnessSettings = {
  coerce_types: false,
  allow_extra_fields: false,
  reject_empty_strings: true,
  require_all_required: true,
  unknown_tool: "block",
};

function check(
  tool: string,
  schema: unknown,
  args: unknown,
  coerce = false,
): { said: string[]; value: unknown } {
  const document = documentOf(typeof args === "string" ? args : JSON.stringify(args));
  const outcome = checkSchemaStrictness({
    call: { tool, entry: { name: tool, schema: schema as ToolSchemaSource } },
    arguments: document,
    settings: { ...settings, coerce_types: coerce },
  });
  const said = outcome.notes.map(({ verdict, text }) => `${verdict}: ${text}`);
  return { said, value: (outcome.document ?? document).value };
}

const tools = readJsonLines<PublicTool>("bfcl-simple.jsonl");

describe.skipIf(!hasData)("399 public tools", () => {
  test("every tool compiles and accepts its valid call", () => {
    expect(tools).toHaveLength(399);
    const refused = tools.flatMap(({ tool, schema, valid_args }) =>
      check(tool, schema, valid_args).said.map((text) => `${tool}: ${text}`),
    );
    expect(refused).toEqual([]);
  });

  test("every required field is missed, and named", () => {
    for (const { tool, schema, valid_args } of tools)
      for (const name of schema.required ?? []) {
        const { [name]: _gone, ...rest } = valid_args;
        expect(check(tool, schema, rest).said).toContain(`BLOCK: Missing required field: ${name}`);
      }
  });

  test("every field too many is found, and named", () => {
    for (const { tool, schema, valid_args } of tools)
      expect(check(tool, schema, { ...valid_args, surplus: 1 }).said).toEqual([
        "BLOCK: Unknown field: surplus",
      ]);
  });

  test("every value of the wrong type is found", () => {
    let count = 0;
    for (const { tool, schema, valid_args } of tools)
      for (const [name, value] of Object.entries(valid_args)) {
        if (schema.properties?.[name]?.type === undefined) continue;
        const wrong = typeof value === "string" ? [1] : "neither number nor truth";
        const { said } = check(tool, schema, { ...valid_args, [name]: wrong });
        expect(said.join()).toMatch(
          `BLOCK: Type mismatch for '${name}': expected ${schema.properties[name].type}`,
        );
        count += 1;
      }
    expect(count).toBeGreaterThan(900);
  });

  test("every value that is not listed is found", () => {
    let count = 0;
    for (const { tool, schema, valid_args } of tools)
      for (const [name, field] of Object.entries(schema.properties ?? {})) {
        if (field.enum === undefined || field.type !== "string") continue;
        const { said } = check(tool, schema, { ...valid_args, [name]: "not listed" });
        expect(said.join()).toMatch(`BLOCK: Invalid value for '${name}': allowed are `);
        count += 1;
      }
    expect(count).toBeGreaterThan(20);
  });

  test("every value whose spelling alone is wrong is repaired to exactly what it was", () => {
    let count = 0;
    for (const { tool, schema, valid_args } of tools)
      for (const [name, value] of Object.entries(valid_args)) {
        const wrong = misspell(schema.properties?.[name]?.type, value);
        if (wrong === undefined) continue;
        const { said, value: repaired } = check(tool, schema, { ...valid_args, [name]: wrong }, true);
        expect(said.join()).toMatch(/^REPAIR: Type mismatch/);
        expect(repaired).toEqual(valid_args);
        count += 1;
      }
    expect(count).toBeGreaterThan(500);
  });
});

/** The value as models get it wrong; undefined where that would not break the schema. */
function misspell(type: string | undefined, value: unknown): unknown {
  if (type === "string") {
    const isNumber = typeof value === "string" && String(Number(value)) === value;
    return isNumber ? Number(value) : undefined;
  }
  return type === undefined || value === null ? undefined : JSON.stringify(value);
}

interface AirlineTool {
  readonly name: string;
  readonly parameters: Schema;
}

interface Run {
  readonly trajectory: number;
  readonly steps: readonly { readonly call?: string; readonly args?: string }[];
}

describe.skipIf(!hasData)("282 recorded calls of an airline's agent", () => {
  const airline = new Map(
    (hasData ? (JSON.parse(readDataText("tau-airline-tools.json")) as AirlineTool[]) : []).map((tool) => [
      tool.name,
      tool.parameters,
    ]),
  );
  const calls = readJsonLines<Run>("tau-airline-trajectories.jsonl").flatMap(({ trajectory, steps }) =>
    steps.flatMap(({ call, args }) => (call === undefined ? [] : [{ trajectory, call, args: args ?? "{}" }])),
  );

  test("pass, every one of them", () => {
    expect(calls).toHaveLength(282);
    const broken = calls.flatMap(({ trajectory, call, args }) =>
      check(call, airline.get(call), args).said.map((text) => `${trajectory} ${call}: ${text}`),
    );
    expect(broken).toEqual([]);
  });
});
