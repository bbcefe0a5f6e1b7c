import type { PolicyDocument } from "../../../../src/domain/policy/document.ts";
import { type PlaceTable, packPlaces } from "../../../../src/domain/policy/place-table.ts";
import type { EffectivePolicy } from "../../../../src/engine/policy/effective-policy.ts";
import type { Labels } from "../../../../src/engine/policy/label-match.ts";
import type { PolicySet } from "../../../../src/engine/policy/policy-set.ts";
import { createPolicySet, resolvePolicy } from "../../../../src/engine/policy/resolve-policy.ts";

// Documents as the reader of files hands them over, written down in a test.

interface Sections {
  readonly [section: string]: unknown;
}

export function baselineOf(sections: Sections, lines: Lines = {}): PolicyDocument {
  const value = { apiVersion: "tollgate.dev/v1", kind: "Baseline", ...sections };
  return { kind: "Baseline", name: "baseline.yaml", value, places: placesOf(lines) };
}

export function tenantOf(tenant: string, sections: Sections, lines: Lines = {}): PolicyDocument {
  const value = { apiVersion: "tollgate.dev/v1", kind: "Tenant", tenant, ...sections };
  return { kind: "Tenant", name: `${tenant}.yaml`, value, places: placesOf(lines) };
}

interface Lines {
  readonly [path: string]: number;
}

function placesOf(lines: Lines): PlaceTable {
  return packPlaces(new Map(Object.entries(lines).map(([path, line]) => [path, { line, column: 1 }])));
}

/** A set of documents; tenants by the name that they say. */
export function setOf(
  baseline: PolicyDocument | undefined,
  tenants: readonly PolicyDocument[] = [],
  previous?: PolicySet,
): PolicySet {
  const sources = tenants.map((file) => ({
    tenant: String(file.value["tenant"]),
    file,
    api: undefined,
    isInvalid: false,
  }));
  return createPolicySet({ baseline, tenants: sources }, previous);
}

/** What holds for tenant "xto" under one Baseline and its own document. */
export function resolve(
  baseline: Sections | undefined,
  tenant: Sections | undefined,
  labels: Labels = {},
): EffectivePolicy {
  const set = setOf(
    baseline === undefined ? undefined : baselineOf(baseline),
    tenant === undefined ? [] : [tenantOf("xto", tenant)],
  );
  return resolvePolicy(set, "xto", labels);
}
