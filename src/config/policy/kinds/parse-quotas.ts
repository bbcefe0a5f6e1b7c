import { formatPolicyPath } from "../../../domain/policy/document.ts";
import { findPlace } from "../../../domain/policy/place-table.ts";
import type { QuotasFile, QuotasFileRate } from "../../../domain/quotas/quotas-file.ts";
import { positionOf } from "../yaml/position.ts";
import type { YamlSource } from "../yaml/yaml-source.ts";
import { describeIssues, problemAt } from "./describe-issues.ts";
import { QUOTAS_SCHEMA } from "./quotas-schema.ts";

/** The one quotas document there may be. Adds every problem to `problems`. */
export function parseQuotas(sources: readonly YamlSource[], problems: string[]): QuotasFile | undefined {
  const [first, ...others] = sources;
  if (first === undefined) return undefined;
  for (const other of others)
    problems.push(
      `${positionOf(other, [])}: quotas stand already at ${positionOf(first, [])}: only one document may`,
    );
  const parsed = QUOTAS_SCHEMA.safeParse(first.value);
  if (!parsed.success) {
    problems.push(...describeIssues(parsed.error, first));
    return undefined;
  }
  const { defaults, principals = [], endpoint_multipliers = {} } = parsed.data;
  const seen = new Set<string>();
  for (const [index, { principal }] of principals.entries()) {
    if (seen.has(principal))
      problems.push(problemAt(first, ["principals", index, "principal"], `${principal} comes twice`));
    seen.add(principal);
  }
  return {
    document: first.file,
    defaults: defaults === undefined ? undefined : rateOf(defaults),
    principals: principals.map(({ principal, description, ...rate }, index) => ({
      principal,
      description,
      line: findPlace(first.places, formatPolicyPath(["principals", index]))?.line,
      ...rateOf(rate),
    })),
    endpointMultipliers: endpoint_multipliers,
  };
}

function rateOf({
  rps,
  burst = Math.max(1, Math.ceil(2 * rps)),
}: {
  rps: number;
  burst?: number | undefined;
}): QuotasFileRate {
  return { rps, burst };
}
