import { formatPolicyPath, type PolicyDocument } from "../../domain/policy/document.ts";
import { createMemo } from "../memos/memo.ts";
import { readDocument } from "./documents/read-document.ts";
import { isMapping } from "./documents/read-value.ts";
import type { Written } from "./meet.ts";

// What counts pod by pod although people may take it for one sum: a quota of a day or a month is there once for every pod, and
// begins anew with a pod that has lost its file.

/** Keys by what they need. */
export interface UnsharedQuotas {
  /** Quotas of a day or a month with `scope: pod`. */
  readonly perPod: readonly string[];
  /** What is written with `scope: cluster`: it counts per pod as long as there is no shared store. */
  readonly cluster: readonly string[];
}

const LONG_WINDOWS = ["day", "month"];

const found = createMemo<PolicyDocument, UnsharedQuotas>();

/** Found once per document, which was read before. */
export function findUnshared(document: PolicyDocument): UnsharedQuotas {
  const known = found.get(document);
  if (known !== undefined) return known;
  const { values, ceilings, overrides } = readDocument(document);
  const perPod = new Set<string>();
  const cluster = new Set<string>();
  for (const tree of [values, ceilings, ...overrides.map((one) => one.values)]) {
    for (const section of ["quotas", "rates"]) {
      for (const { path, isShared } of boundsIn(tree[section], [section])) {
        const isLong = section === "quotas" && LONG_WINDOWS.includes(path.at(-1) ?? "");
        if (isShared) cluster.add(formatPolicyPath(path));
        else if (isLong) perPod.add(formatPolicyPath(path));
      }
    }
    for (const { id } of (tree["pools"] ?? []) as readonly { readonly id: string }[])
      perPod.add(formatPolicyPath(["pools", id]));
  }
  const made = { perPod: [...perPod], cluster: [...cluster] };
  found.set(document, made);
  return made;
}

interface WrittenBound {
  readonly path: readonly string[];
  readonly isShared: boolean;
}

/** Every bound below a section: what has a value or a scope. */
function* boundsIn(tree: Written, path: readonly string[]): Generator<WrittenBound> {
  if (!isMapping(tree)) return;
  if (["value", "rps", "scope"].some((key) => Object.hasOwn(tree, key))) {
    const isBound = tree["mode"] !== "off" && tree["value"] !== null;
    if (isBound) yield { path, isShared: tree["scope"] === "cluster" };
    return;
  }
  for (const [key, part] of Object.entries(tree)) yield* boundsIn(part, [...path, key]);
}
