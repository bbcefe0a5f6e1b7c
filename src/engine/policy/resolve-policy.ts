import { BUILT_IN_DOCUMENT, type ReadDocument, readDocument } from "./documents/read-document.ts";
import type { EffectivePolicy } from "./effective-policy.ts";
import { type Labels, matchesLabels } from "./label-match.ts";
import type { PolicySet, PolicySources, TenantSource } from "./policy-set.ts";
import { combineTiers } from "./tiers/combine-tiers.ts";

// From documents to the policy of a request. Tenants are read and resolved when they are first seen.

export function createPolicySet(sources: PolicySources, previous?: PolicySet): PolicySet {
  const baseline = sources.baseline === undefined ? undefined : readDocument(sources.baseline);
  const tenants = new Map(sources.tenants.map((source) => [source.tenant, source]));
  const start = { baseline, builtIn: BUILT_IN_DOCUMENT, tenants };
  const base = combineTiers(start, undefined, [], [], undefined, previous?.base);
  return { ...start, memo: new Map(), previous: previous?.memo, base };
}

/** What is on without any file. */
export const NO_DOCUMENTS: PolicySources = Object.freeze({ baseline: undefined, tenants: Object.freeze([]) });

/** Most effective policies that are kept to be shared; more are resolved for their request alone. */
const MAX_MEMO = 20_000;

/** The policy of a tenant for some labels; `strictest`: as if `missing_label` said so. */
export function resolvePolicy(
  set: PolicySet,
  tenant: string,
  labels: Labels,
  missing: "as written" | "strictest" = "as written",
): EffectivePolicy {
  const source = set.tenants.get(tenant);
  const documents = source === undefined ? NO_READ : documentsOf(source);
  const plain = source === undefined ? set.base : resolveWith(set, source, NO_PLACES, []);
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
    : resolveWith(set, source, bounds, overrides);
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

const documentsBySource = new WeakMap<TenantSource, readonly ReadDocument[]>();

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

function resolveWith(
  set: PolicySet,
  source: TenantSource | undefined,
  bounds: readonly number[],
  overrides: readonly (readonly number[])[],
): EffectivePolicy {
  const places = overrides.length === 0 ? "" : overrides.map((one) => one.join(",")).join("\n");
  const key = `${source === undefined ? "" : `=${source.tenant}`}\n${bounds.join(",")}\n${places}`;
  const known = set.memo.get(key);
  if (known !== undefined) return known;
  const documents = source === undefined ? NO_READ : documentsOf(source);
  const made = combineTiers(
    set,
    source,
    bounds.flatMap((place) => set.baseline?.overrides[place] ?? []),
    documents.flatMap((document, at) =>
      document.overrides
        .filter((_one, place) => overrides[at]?.includes(place))
        .map((override) => [document, override] as const),
    ),
    set.base,
    set.previous?.get(key),
  );
  if (set.memo.size < MAX_MEMO) set.memo.set(key, made);
  return made;
}
