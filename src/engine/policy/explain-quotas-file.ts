import { appendToPath } from "../../domain/policy/document.ts";
import type { QuotasFile } from "../../domain/quotas/quotas-file.ts";
import type { ExplainedValue } from "./explain-policy.ts";

const FILE = "quotas_file";

/** What the `version: 1` file says that can be about a tenant: names of other tenants are left out. */
export function explainQuotasFile(file: QuotasFile | undefined, tenant: string): readonly ExplainedValue[] {
  if (file === undefined) return [];
  const { defaults, principals, endpointMultipliers, document } = file;
  const row = (key: string, value: unknown, line?: number): ExplainedValue => ({
    key,
    valueJson: JSON.stringify(value),
    tier: "baseline",
    document,
    line,
    from: undefined,
    ceilingJson: undefined,
    isClamped: false,
    said: [],
  });
  return [
    ...(defaults === undefined ? [] : [row(`${FILE}.defaults`, defaults)]),
    ...principals
      .filter(({ principal }) => !principal.startsWith("tenant:") || principal === `tenant:${tenant}`)
      .map(({ principal, line, ...rate }) => row(appendToPath(`${FILE}.principals`, principal), rate, line)),
    ...Object.entries(endpointMultipliers).map(([route, factor]) =>
      row(appendToPath(`${FILE}.endpoint_multipliers`, route), factor),
    ),
  ];
}
