import { formatPolicyPath } from "../../domain/policy/document.ts";
import type { PolicyDifference, PolicyKind, PolicyOrigin } from "../../ports/policy-admin.ts";
import type { KeptDocument } from "./compile-policy.ts";
import type { GoodPolicy } from "./good-policy.ts";

// What two policies differ in, value by value. Documents that did not change are the same objects and are passed over.

/** All documents of one policy. */
export interface PolicyContent {
  readonly good: GoodPolicy;
  readonly kept: ReadonlyMap<string, KeptDocument>;
}

interface Content {
  readonly kind: PolicyKind;
  readonly tenant: string | undefined;
  readonly origin: PolicyOrigin;
  readonly value: unknown;
}

/** Differences that are told. */
export const MAX_DIFFERENCES = 1_000;

/** By document, then by path; one more than are told when there are more. */
export function diffPolicies(
  from: PolicyContent,
  to: PolicyContent,
  tenant: string | undefined,
): readonly PolicyDifference[] {
  const before = contentsOf(from, tenant);
  const after = contentsOf(to, tenant);
  const differences: PolicyDifference[] = [];
  for (const key of [...new Set([...before.keys(), ...after.keys()])].toSorted()) {
    const { kind, tenant: whose, origin } = (after.get(key) ?? before.get(key)) as Content;
    const found = diffValues(
      before.get(key)?.value,
      after.get(key)?.value,
      [],
      MAX_DIFFERENCES + 1 - differences.length,
    );
    for (const { path, left, right } of found)
      differences.push({
        kind,
        tenant: whose,
        origin,
        path: formatPolicyPath(path),
        before: jsonOf(left),
        after: jsonOf(right),
      });
    if (differences.length > MAX_DIFFERENCES) break;
  }
  return differences;
}

function contentsOf({ good, kept }: PolicyContent, tenant: string | undefined): ReadonlyMap<string, Content> {
  const contents = new Map<string, Content>();
  const add = (kind: PolicyKind, whose: string | undefined, origin: PolicyOrigin, value: unknown): void => {
    if (value !== undefined && (tenant === undefined || tenant === whose))
      contents.set(`${kind}\n${whose ?? ""}\n${origin}`, { kind, tenant: whose, origin, value });
  };
  const { baseline, prices, tools, quotas } = good.files;
  add("Baseline", undefined, "file", baseline?.document.value);
  add(
    "Prices",
    undefined,
    "file",
    prices && { models: prices.models, charges: Object.fromEntries(prices.charges) },
  );
  add("Tools", undefined, "file", tools?.entries);
  add("Quotas", undefined, "file", quotas);
  for (const [whose, { document }] of good.tenants) add("Tenant", whose, "file", document.value);
  for (const [whose, { document }] of kept) add("Tenant", whose, "api", document.value);
  return contents;
}

interface Difference {
  readonly path: readonly (string | number)[];
  readonly left: unknown;
  readonly right: unknown;
}

function diffValues(
  left: unknown,
  right: unknown,
  path: Difference["path"],
  most: number,
): readonly Difference[] {
  if (Object.is(left, right) || most <= 0) return [];
  if (!isTree(left) || !isTree(right) || Array.isArray(left) !== Array.isArray(right))
    return [{ path, left, right }];
  const found: Difference[] = [];
  for (const key of new Set([...Object.keys(left), ...Object.keys(right)])) {
    const inner = [...path, Array.isArray(left) ? Number(key) : key];
    found.push(...diffValues(left[key], right[key], inner, most - found.length));
  }
  return found;
}

function isTree(value: unknown): value is { readonly [key: string]: unknown } {
  return typeof value === "object" && value !== null;
}

function jsonOf(value: unknown): string | undefined {
  if (value === undefined) return undefined;
  return JSON.stringify(value, (_key, one: unknown) => (typeof one === "bigint" ? String(one) : one));
}
