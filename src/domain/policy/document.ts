import type { PlaceTable } from "./place-table.ts";

// A policy document as a value: what the parsing thread hands over.

/** A `Baseline` or a `Tenant`, read but not judged yet: `value` is what the YAML says. */
export interface PolicyDocument {
  readonly kind: "Baseline" | "Tenant";
  /** Name below the policy directory, or what the admin API calls it. */
  readonly name: string;
  readonly value: { readonly [key: string]: unknown };
  /** A path that is not there has the place of its nearest parent. */
  readonly places: PlaceTable;
}

export type PolicyPath = readonly (string | number)[];

/** One thing that is wrong in a document. The reader of documents turns the path into line and column. */
export interface PolicyIssue {
  readonly document: string;
  readonly path: PolicyPath;
  /** What is wrong, with the value and what is allowed. */
  readonly message: string;
  /** The value is looser than a ceiling: one that was good before the ceiling fell is clamped. */
  readonly isAboveCeiling?: true;
}

/** `rules[2].scope.tools`, `quotas["user:*"].requests.hour`. */
export function formatPolicyPath(path: PolicyPath): string {
  let formatted = "";
  for (const part of path) formatted = appendToPath(formatted, part);
  return formatted;
}

/** A formatted path with one more key, name or place. */
export function appendToPath(formatted: string, part: string | number): string {
  if (typeof part === "number") return `${formatted}[${part}]`;
  if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(part)) return `${formatted}[${JSON.stringify(part)}]`;
  return formatted === "" ? part : `${formatted}.${part}`;
}
