import type { PolicyDocument, PolicyIssue, PolicyPath } from "../../../domain/policy/document.ts";
import { formatPolicyPath } from "../../../domain/policy/document.ts";
import type { Fields } from "../../../domain/policy/field.ts";
import { findPlace, NO_PLACES, type PlaceTable } from "../../../domain/policy/place-table.ts";
import { BUILT_IN_BASELINE } from "../../../domain/policy/profiles.ts";
import {
  OVERRIDE_SECTIONS,
  SECTION_FIELDS,
  type SectionName,
  TENANT_SECTIONS,
} from "../../../domain/policy/section-fields.ts";
import { createMemo } from "../../memos/memo.ts";
import { finish, type Steps } from "../../steps.ts";
import { type LabelMatch, readMatch } from "../label-match.ts";
import { type Reading, readFields, type Tree } from "./read-node.ts";
import { isMapping, showValue } from "./read-value.ts";

// A `Baseline` or `Tenant` document as written values: what every section says, and what its overrides set for some labels.

/** What one override sets for executions whose labels match. */
export interface ReadOverride {
  readonly match: readonly LabelMatch[];
  /** `district=08A`. */
  readonly name: string;
  readonly values: Tree;
  readonly path: PolicyPath;
}

export interface ReadDocument {
  readonly kind: "Baseline" | "Tenant";
  /** Undefined for what is built in. */
  readonly name: string | undefined;
  readonly places: PlaceTable;
  /** Of a Tenant. */
  readonly tenant: string | undefined;
  readonly values: Tree;
  /** Of a Baseline: the loosest values any tier may choose. */
  readonly ceilings: Tree;
  readonly overrides: readonly ReadOverride[];
  readonly issues: readonly PolicyIssue[];
}

export const API_VERSION = "tollgate.dev/v1";
/** Overrides of one document: each is tried at every registration with other labels. */
const MAX_OVERRIDES = 1_000;
/** Longest name of a tenant, as of every id of a principal. */
const MAX_TENANT = 128;
const HEADER = ["apiVersion", "kind"];
const OVERRIDE_FIELDS: Fields = Object.fromEntries(
  OVERRIDE_SECTIONS.map((name) => [name, SECTION_FIELDS[name]]),
);
const BASELINE_FIELDS: Fields = Object.fromEntries(
  Object.entries(SECTION_FIELDS).filter(([name]) => !TENANT_SECTIONS.includes(name as SectionName)),
);

const read = createMemo<PolicyDocument, ReadDocument>();

/** Reads a document once, in however many sets of documents it stands. */
export function readDocument(document: PolicyDocument): ReadDocument {
  return read.get(document) ?? finish(readDocumentInSteps(document));
}

export function* readDocumentInSteps(document: PolicyDocument): Steps<ReadDocument> {
  const known = read.get(document);
  if (known !== undefined) return known;
  const made = yield* readSections(document);
  read.set(document, made);
  return made;
}

function* readSections(document: PolicyDocument): Steps<ReadDocument> {
  const issues: PolicyIssue[] = [];
  const isBaseline = document.kind === "Baseline";
  const reading: Reading = { document: document.name, isBaseline, hasCeilings: isBaseline, issues };
  const { apiVersion } = document.value;
  if (apiVersion !== API_VERSION)
    issues.push({
      document: document.name,
      path: ["apiVersion"],
      message: `${showValue(apiVersion)} must be ${API_VERSION}`,
    });
  const sections: { [key: string]: unknown } = {};
  for (const [key, raw] of Object.entries(document.value)) {
    if (!HEADER.includes(key) && key !== "overrides" && (isBaseline || key !== "tenant")) sections[key] = raw;
  }
  const { value, ceiling } = yield* readFields(
    reading,
    isBaseline ? BASELINE_FIELDS : SECTION_FIELDS,
    sections,
    [],
  );
  return {
    kind: document.kind,
    name: document.name,
    places: document.places,
    tenant: isBaseline ? undefined : readTenant(document, issues),
    values: value as Tree,
    ceilings: (ceiling ?? {}) as Tree,
    overrides: yield* readOverrides({ ...reading, hasCeilings: false }, document.value["overrides"]),
    issues,
  };
}

/** What is on without any file, read as a Baseline is. */
export const BUILT_IN_DOCUMENT: ReadDocument = readBuiltIn();

function readBuiltIn(): ReadDocument {
  const reading: Reading = { document: "", isBaseline: true, hasCeilings: true, issues: [] };
  const { value, ceiling } = finish(readFields(reading, BASELINE_FIELDS, BUILT_IN_BASELINE, []));
  return {
    kind: "Baseline",
    name: undefined,
    places: NO_PLACES,
    tenant: undefined,
    values: value as Tree,
    ceilings: ceiling as Tree,
    overrides: [],
    issues: reading.issues,
  };
}

function readTenant(document: PolicyDocument, issues: PolicyIssue[]): string | undefined {
  const { tenant } = document.value;
  if (typeof tenant === "string" && tenant.length > 0 && tenant.length <= MAX_TENANT) return tenant;
  issues.push({
    document: document.name,
    path: ["tenant"],
    message: `${showValue(tenant)} must be text of 1 to ${MAX_TENANT} characters`,
  });
  return undefined;
}

function* readOverrides(reading: Reading, raw: unknown): Steps<readonly ReadOverride[]> {
  if (raw === undefined) return [];
  if (!Array.isArray(raw) || raw.length > MAX_OVERRIDES) {
    refuse(reading, ["overrides"], `must be a list of at most ${MAX_OVERRIDES} entries`);
    return [];
  }
  const overrides: ReadOverride[] = [];
  for (const [place, one] of raw.entries()) {
    const override = yield* readOverride(reading, one, ["overrides", place]);
    if (override !== undefined) overrides.push(override);
    yield;
  }
  return overrides;
}

function* readOverride(reading: Reading, raw: unknown, path: PolicyPath): Steps<ReadOverride | undefined> {
  const keys = isMapping(raw) ? Object.keys(raw) : [];
  if (!isMapping(raw) || !isMapping(raw["match"]) || !isMapping(raw["set"]) || keys.length !== 2) {
    refuse(reading, path, "must be a mapping with match and set");
    return undefined;
  }
  const match = readMatch(raw["match"]);
  if (typeof match === "string") {
    refuse(reading, [...path, "match"], match);
    return undefined;
  }
  const setPath = [...path, "set"];
  const { value } = yield* readFields(reading, OVERRIDE_FIELDS, raw["set"], setPath);
  return { match, name: match.map(({ text }) => text).join(","), values: value as Tree, path: setPath };
}

function refuse({ issues, document }: Reading, path: PolicyPath, message: string): void {
  issues.push({ document, path, message });
}

/** The line of a path, or of the nearest part around it that has one. */
export function lineOf(document: ReadDocument, path: PolicyPath): number | undefined {
  for (let length = path.length; length > 0; length--) {
    const place = findPlace(document.places, formatPolicyPath(path.slice(0, length)));
    if (place !== undefined) return place.line;
  }
  return findPlace(document.places, "")?.line;
}
