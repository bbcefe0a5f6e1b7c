import { createSlices } from "../../config/policy/slices.ts";
import { formatPolicyPath } from "../../domain/policy/document.ts";
import type { PolicyDifference } from "../../ports/policy-admin.ts";
import { jsonOf, nameOf, type PolicyContent, type Replaced } from "./policy-content.ts";

// What two policies differ in, value by value: only documents that were replaced since the older one are looked at.

/** Differences that are told. */
export const MAX_DIFFERENCES = 1_000;

/**
 * By document, then by path; one more than are told when there are more. `from` and `to` are what was replaced since the
 * policies that are compared, oldest first: nothing for `current` itself. Gives way to others between documents.
 */
export async function diffPolicies(
  from: readonly Replaced[],
  to: readonly Replaced[],
  current: PolicyContent,
  tenant: string | undefined,
): Promise<readonly PolicyDifference[]> {
  const slices = createSlices();
  const keys = new Set([...from, ...to].flatMap((one) => [...one.keys()]));
  const differences: PolicyDifference[] = [];
  for (const key of [...keys].toSorted()) {
    const name = nameOf(key);
    if (tenant !== undefined && tenant !== name.tenant) continue;
    const textIn = (since: readonly Replaced[]) => {
      const first = since.find((one) => one.has(key));
      return first === undefined ? jsonOf(current, name, slices) : first.get(key);
    };
    const [before, after] = [await textIn(from), await textIn(to)];
    if (before === after) continue;
    const most = MAX_DIFFERENCES + 1 - differences.length;
    for (const { path, left, right } of diffValues(parse(before), parse(after), [], most))
      differences.push({
        ...name,
        path: formatPolicyPath(path),
        before: JSON.stringify(left),
        after: JSON.stringify(right),
      });
    if (differences.length > MAX_DIFFERENCES) break;
    await slices.next();
  }
  return differences;
}

function parse(json: string | undefined): unknown {
  return json === undefined ? undefined : JSON.parse(json);
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
