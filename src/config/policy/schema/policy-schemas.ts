import { z } from "zod";
import {
  OVERRIDE_SECTIONS,
  SECTION_FIELDS,
  type SectionName,
  TENANT_SECTIONS,
} from "../../../domain/policy/section-fields.ts";
import type { DocumentKind } from "../documents.ts";
import { PRICES_SCHEMA } from "../kinds/prices-schema.ts";
import { QUOTAS_SCHEMA } from "../kinds/quotas-schema.ts";
import { TOOLS_SCHEMA } from "../kinds/tools-schema.ts";
import { fieldsSchema } from "./node-schema.ts";
import type { JsonSchema } from "./shape-schema.ts";
import { shareParts } from "./share-parts.ts";

// The published JSON Schema of every kind of document: what editors complete and check. Made from the tables that documents
// are read by, so that they cannot say anything else.

const DRAFT = "https://json-schema.org/draft/2020-12/schema";
/** Overrides of one document, labels of one match and values of one label. */
const OVERRIDES_MAX = 1_000;
const LABELS_MAX = 32;
const VALUES_MAX = 100;

const LABEL_VALUE: JsonSchema = {
  anyOf: [
    { type: "string" },
    { type: "array", items: { type: "string" }, minItems: 1, maxItems: VALUES_MAX },
  ],
};

export function policySchema(kind: DocumentKind): JsonSchema {
  switch (kind) {
    case "Baseline":
      return tierSchema(
        "Baseline",
        "What holds for everybody: defaults and ceilings. At most one such document is in force.",
      );
    case "Tenant":
      return tierSchema(
        "Tenant",
        "What holds for one tenant, within the ceilings of the baseline. One document for each tenant.",
      );
    case "Prices":
      return { title: "Tollgate prices", ...z.toJSONSchema(PRICES_SCHEMA) };
    case "Tools":
      return { title: "Tollgate tools", ...z.toJSONSchema(TOOLS_SCHEMA) };
    case "Quotas":
      return { title: "Tollgate quotas", ...z.toJSONSchema(QUOTAS_SCHEMA) };
  }
}

function tierSchema(kind: "Baseline" | "Tenant", description: string): JsonSchema {
  const isBaseline = kind === "Baseline";
  const sections = Object.fromEntries(
    Object.entries(SECTION_FIELDS).filter(
      ([name]) => !isBaseline || !TENANT_SECTIONS.includes(name as SectionName),
    ),
  );
  const written = fieldsSchema(sections, { hasCeilings: isBaseline, isBaseline });
  const tenant = {
    tenant: {
      type: "string",
      pattern: "^[\\x21-\\x7e]{1,128}$",
      description: "Name of the tenant, as requests say it.",
    },
  };
  return shareParts({
    $schema: DRAFT,
    title: `Tollgate ${kind.toLowerCase()} policy`,
    description,
    ...written,
    properties: {
      apiVersion: { const: "tollgate.dev/v1" },
      kind: { const: kind },
      ...(isBaseline ? {} : tenant),
      ...(written["properties"] as object),
      overrides: overridesSchema(isBaseline),
    },
    required: ["apiVersion", "kind", ...(isBaseline ? [] : ["tenant"])],
  });
}

function overridesSchema(isBaseline: boolean): JsonSchema {
  const fields = Object.fromEntries(OVERRIDE_SECTIONS.map((name) => [name, SECTION_FIELDS[name]]));
  const match = {
    type: "object",
    description: "Labels an execution must have, each with a value, a pattern with *, or a list of them.",
    additionalProperties: LABEL_VALUE,
    minProperties: 1,
    maxProperties: LABELS_MAX,
  };
  const set = fieldsSchema(fields, { hasCeilings: false, isBaseline });
  return {
    type: "array",
    description: "What holds for executions with some labels, too; all that match apply.",
    maxItems: OVERRIDES_MAX,
    items: {
      type: "object",
      properties: { match, set },
      required: ["match", "set"],
      additionalProperties: false,
    },
  };
}
