import type { PolicyDocument } from "../../src/domain/policy/document.ts";
import { NO_PLACES } from "../../src/domain/policy/place-table.ts";
import type { QuotasFile } from "../../src/domain/quotas/quotas-file.ts";
import { readDocument } from "../../src/engine/policy/documents/read-document.ts";
import type { PolicySources } from "../../src/engine/policy/policy-set.ts";
import { createPolicySet } from "../../src/engine/policy/resolve-policy.ts";
import type { Policy } from "../../src/engine/world.ts";
import type { Json } from "./case-file.ts";

/** The policy that the documents of a case make. What is wrong in a document fails the case. */
export function casePolicy(documents: readonly Json[], generation: number): Policy {
  const files = documents.filter(isQuotasFile);
  const read = documents.filter((one) => !isQuotasFile(one)).map(caseDocument);
  const tenants = read.filter(({ kind }) => kind === "Tenant");
  const sources: PolicySources = {
    baseline: read.find(({ kind }) => kind === "Baseline"),
    tenants: tenants.map((file) => ({
      tenant: String(file.value["tenant"]),
      file,
      api: undefined,
      isInvalid: false,
    })),
  };
  const platformRates = { file: files.map(quotasFile)[0], fallback: { rps: 20, burst: 40 } };
  return {
    generation,
    etag: `case-${generation}`,
    set: createPolicySet(sources),
    prices: undefined,
    platformRates,
  };
}

/** The `version: 1` file of rates stands among the documents as it is. */
function isQuotasFile(value: Json): boolean {
  return value["version"] === 1;
}

function quotasFile(value: Json): QuotasFile {
  const { defaults, principals, endpoint_multipliers: endpointMultipliers = {} } = value;
  return { defaults, principals, endpointMultipliers } as QuotasFile;
}

function caseDocument(value: Json, place: number): PolicyDocument {
  const fields: { readonly [key: string]: unknown } = value;
  const { kind } = fields;
  if (kind !== "Baseline" && kind !== "Tenant")
    throw new Error(`document ${place + 1}: kind is not read yet`);
  const document = {
    kind,
    name: `${kind.toLowerCase()}-${place + 1}.yaml`,
    value: fields,
    places: NO_PLACES,
  } as const;
  const [issue] = readDocument(document).issues;
  if (issue !== undefined) throw new Error(`${document.name}: ${issue.path.join(".")} ${issue.message}`);
  return document;
}
