import { createMemo } from "../memos/memo.ts";
import { finish, type Steps } from "../steps.ts";
import {
  BUILT_IN_DOCUMENT,
  type ReadDocument,
  type ReadOverride,
  readDocument,
  readDocumentInSteps,
} from "./documents/read-document.ts";
import type { EffectivePolicy } from "./effective-policy.ts";
import { type Labels, matchesLabels } from "./label-match.ts";
import type { PolicySet, PolicySources, TenantSource } from "./policy-set.ts";
import { combineTiers } from "./tiers/combine-tiers.ts";

// From documents to the policy of a request. Tenants are read and resolved when they are first seen.

export function createPolicySet(sources: PolicySources, previous?: PolicySet): PolicySet {
  return finish(createPolicySetInSteps(sources, previous));
}

export function* createPolicySetInSteps(sources: PolicySources, previous?: PolicySet): Steps<PolicySet> {
  const baseline = sources.baseline && (yield* readDocumentInSteps(sources.baseline));
  const tenants = new Map(sources.tenants.map((source) => [source.tenant, source]));
  const start = { baseline, builtIn: BUILT_IN_DOCUMENT, tenants };
  const base = yield* combineTiers(start, undefined, [], [], undefined, previous?.base);
  return { ...start, memo: new Map(), previous: previous?.memo, base };
}

/** Lets go of what the set before this one resolved and this one has resolved too: call when the other is no longer asked. */
export function* forgetPrevious({ memo, previous }: PolicySet): Steps<void> {
  for (const key of previous === undefined ? [] : memo.keys()) {
    previous?.delete(key);
    yield;
  }
}

/** What is on without any file. */
export const NO_DOCUMENTS: PolicySources = Object.freeze({ baseline: undefined, tenants: Object.freeze([]) });

/** Most effective policies that are kept to be shared; then the oldest makes room. */
const MAX_MEMO = 20_000;

type MissingLabel = "as written" | "strictest";

/** The policy of a tenant for some labels; `missing: strictest`: as if `missing_label` said so. */
export function resolvePolicy(
  set: PolicySet,
  tenant: string,
  labels: Labels,
  missing: MissingLabel = "as written",
): EffectivePolicy {
  for (;;) {
    const found = lookUp(set, tenant, labels, missing);
    if (!isWanted(found)) return found;
    finish(combine(set, found));
  }
}

/** The same; a tenant that nobody asked for since the set was made takes more than one step. */
export function* resolvePolicyInSteps(
  set: PolicySet,
  tenant: string,
  labels: Labels,
): Steps<EffectivePolicy> {
  for (;;) {
    const found = lookUp(set, tenant, labels, "as written");
    if (!isWanted(found)) return found;
    yield* combine(set, found);
  }
}

/** The same, where it was asked for before. */
export function findResolved(set: PolicySet, tenant: string, labels: Labels): EffectivePolicy | undefined {
  const found = lookUp(set, tenant, labels, "as written");
  return isWanted(found) ? undefined : found;
}

/** What nobody asked for yet: which documents and which of their overrides make it. */
interface Wanted {
  readonly key: string;
  readonly source: TenantSource | undefined;
  readonly bounds: readonly number[];
  readonly overrides: readonly (readonly number[])[];
}

function isWanted(found: EffectivePolicy | Wanted): found is Wanted {
  return "key" in found;
}

function lookUp(
  set: PolicySet,
  tenant: string,
  labels: Labels,
  missing: MissingLabel,
): EffectivePolicy | Wanted {
  const source = set.tenants.get(tenant);
  const plain = findPlain(set, source);
  if (isWanted(plain)) return plain;
  const documents = source === undefined ? NO_READ : documentsOf(source);
  const hasOverrides =
    (set.baseline !== undefined && set.baseline.overrides.length > 0) ||
    documents.some((document) => document.overrides.length > 0);
  if (!hasOverrides) return plain;
  const isStrictest = missing === "strictest" || plain.settings.missing_label === "strictest";
  const assumed = isStrictest ? missingLabels(plain, labels) : NO_LABELS;
  const bounds = matching(set.baseline?.overrides ?? [], labels, assumed);
  const overrides = documents.map((one) => matching(one.overrides, labels, assumed));
  return bounds.length === 0 && overrides.every((one) => one.length === 0)
    ? plain
    : findMade(set, source, bounds, overrides);
}

const NO_LABELS: readonly string[] = Object.freeze([]);

/** Required labels that are not there. */
export function missingLabels(policy: EffectivePolicy, labels: Labels): readonly string[] {
  const { required_labels: required } = policy.settings;
  for (const name of required) {
    if (!Object.hasOwn(labels, name)) return required.filter((one) => !Object.hasOwn(labels, one));
  }
  return NO_LABELS;
}

const NO_READ: readonly ReadDocument[] = Object.freeze([]);
const NO_PLACES: readonly number[] = Object.freeze([]);

const documentsBySource = createMemo<TenantSource, readonly ReadDocument[]>();

/** What the tenant's documents say, its file first; read when the tenant is first seen. */
function documentsOf(source: TenantSource): readonly ReadDocument[] {
  const known = documentsBySource.get(source);
  if (known !== undefined) return known;
  const { file, api } = source;
  const documents = [file, api].filter((one) => one !== undefined).map(readDocument);
  documentsBySource.set(source, documents);
  return documents;
}

interface HasMatch {
  readonly match: Parameters<typeof matchesLabels>[0];
}

/** Places of the overrides that match. */
function matching(
  overrides: readonly HasMatch[],
  labels: Labels,
  assumed: readonly string[],
): readonly number[] {
  const found: number[] = [];
  for (const [place, { match }] of overrides.entries())
    if (matchesLabels(match, labels, assumed)) found.push(place);
  return found;
}

/** What holds without any label. */
function findPlain(set: PolicySet, source: TenantSource | undefined): EffectivePolicy | Wanted {
  return source === undefined ? set.base : findMade(set, source, NO_PLACES, []);
}

function findMade(
  set: PolicySet,
  source: TenantSource | undefined,
  bounds: readonly number[],
  overrides: readonly (readonly number[])[],
): EffectivePolicy | Wanted {
  const places = overrides.length === 0 ? "" : overrides.map((one) => one.join(",")).join("\n");
  const key = `${source === undefined ? "" : `=${source.tenant}`}\n${bounds.join(",")}\n${places}`;
  return set.memo.get(key) ?? { key, source, bounds, overrides };
}

/** Makes what is wanted and keeps it in the set. */
function* combine(set: PolicySet, { key, source, bounds, overrides }: Wanted): Steps<void> {
  for (const document of [source?.file, source?.api])
    if (document !== undefined) yield* readDocumentInSteps(document);
  const documents = source === undefined ? NO_READ : documentsOf(source);
  const matched = documents.flatMap((document, at) =>
    (overrides[at] ?? []).flatMap((place): readonly (readonly [ReadDocument, ReadOverride])[] => {
      const override = document.overrides[place];
      return override === undefined ? [] : [[document, override]];
    }),
  );
  const bounding = bounds.flatMap((place) => set.baseline?.overrides[place] ?? []);
  // Labels leave most of a tenant as it is: what they leave is one object for all of them, and so is what was made for it.
  const plain = findPlain(set, source);
  const shared = isWanted(plain) ? set.base : plain;
  const made = yield* combineTiers(set, source, bounding, matched, shared, set.previous?.get(key));
  for (const oldest of set.memo.keys()) {
    if (set.memo.size < MAX_MEMO) break;
    set.memo.delete(oldest);
  }
  set.memo.set(key, made);
}
