// Arguments against the JSON Schema of the tool: what is missing, unknown, of the wrong type or out of bounds, and, with
// `coerce_types`, its repair. docs/guards/schema-strictness.md
import type { GuardSettings } from "../../../domain/policy/guard-fields.ts";
import { type BeforeInput, type Guard, type GuardNote, type GuardOutcome, PASS } from "../guard.ts";
import { coerceArguments } from "./schema/coerce-arguments.ts";
import { compileToolSchema, isToolSchema } from "./schema/compile-tool-schema.ts";
import { findSchemaViolations, type SchemaViolation } from "./schema/schema-violations.ts";

export type SchemaStrictnessSettings = Omit<
  GuardSettings<"schema_strictness">,
  "level" | "mode" | "tools" | "namespaces"
>;

export const schemaStrictness: Guard<SchemaStrictnessSettings> = {
  id: "schema_strictness",
  before: checkSchemaStrictness,
};

type Input = Pick<BeforeInput<SchemaStrictnessSettings, unknown>, "arguments" | "settings"> & {
  readonly call: Pick<BeforeInput<SchemaStrictnessSettings, unknown>["call"], "tool" | "entry">;
};

export function checkSchemaStrictness(input: Input): GuardOutcome {
  const { settings, call } = input;
  if (call.entry === undefined) return { notes: [unknownTool(call.tool, settings.unknown_tool)] };
  if (call.entry.schema === undefined) return PASS;
  const schema = compileToolSchema(call.entry.schema);
  if (!isToolSchema(schema)) {
    const text = `The schema of '${call.tool}' cannot be used: ${schema.issue}`;
    return { notes: [{ verdict: "BLOCK", reason: "SCHEMA_VIOLATION", text }] };
  }
  if (!settings.coerce_types) {
    const violations = findSchemaViolations(schema, settings, input.arguments.value);
    return violations.length === 0 ? PASS : { notes: violations.map(refusal) };
  }
  const { document, repaired, violations } = coerceArguments(schema, settings, input.arguments);
  if (violations.length > 0) return { notes: violations.map(refusal) };
  if (repaired.length === 0) return PASS;
  return { notes: repaired.map(repair), document };
}

function unknownTool(tool: string, choice: SchemaStrictnessSettings["unknown_tool"]): GuardNote {
  const verdict = ({ block: "BLOCK", warn: "WARN", allow: "ALLOW" } as const)[choice];
  const text = `No Tools document names '${tool}'`;
  return { verdict, reason: "TOOL_UNKNOWN", text, setting: "unknown_tool" };
}

function refusal({ kind, text }: SchemaViolation): GuardNote {
  const setting = SETTING_OF[kind];
  return { verdict: "BLOCK", reason: "SCHEMA_VIOLATION", text, ...(setting && { setting }) };
}

const SETTING_OF: Readonly<Partial<Record<SchemaViolation["kind"], string>>> = {
  missing: "require_all_required",
  unknown: "allow_extra_fields",
  type: "coerce_types",
  empty: "reject_empty_strings",
};

function repair({ text }: SchemaViolation): GuardNote {
  return { verdict: "REPAIR", reason: "SCHEMA_VIOLATION", text, setting: "coerce_types" };
}
