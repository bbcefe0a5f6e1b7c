import type { z } from "zod";
import { formatPolicyPath } from "../../../domain/policy/document.ts";
import { positionOf } from "../yaml/position.ts";
import type { YamlSource } from "../yaml/yaml-source.ts";

/** What a schema refuses, one line each: `FILE:LINE:COLUMN: path: value, and what is allowed`. */
export function describeIssues(error: z.ZodError, source: YamlSource): readonly string[] {
  return error.issues.flatMap((issue) => describeIssue(issue, source));
}

/** One line about the value at a path. */
export function problemAt(source: YamlSource, path: readonly PropertyKey[], message: string): string {
  const formatted = formatPath(path);
  return `${positionOf(source, path)}: ${formatted === "" ? "" : `${formatted}: `}${message}`;
}

function describeIssue(issue: z.core.$ZodIssue, source: YamlSource): readonly string[] {
  if (issue.code === "unrecognized_keys")
    return issue.keys.map((key) => {
      const path = [...issue.path, key];
      return problemAt(source, path, "is no key of this document");
    });
  if (issue.code === "invalid_key")
    return [problemAt(source, issue.path, lowered(issue.issues[0]?.message ?? issue.message))];
  const value = valueAt(source.value, issue.path);
  if (value === undefined) return [problemAt(source, issue.path, "is required")];
  const shown = typeof value === "object" ? "" : `${JSON.stringify(value)} `;
  return [problemAt(source, issue.path, `${shown}${lowered(issue.message)}`)];
}

function valueAt(value: unknown, path: readonly PropertyKey[]): unknown {
  let at: unknown = value;
  for (const key of path)
    at =
      typeof at === "object" && at !== null
        ? (at as { readonly [name: PropertyKey]: unknown })[key]
        : undefined;
  return at;
}

function formatPath(path: readonly PropertyKey[]): string {
  return formatPolicyPath(path as readonly (string | number)[]);
}

function lowered(message: string): string {
  return message.charAt(0).toLowerCase() + message.slice(1);
}
