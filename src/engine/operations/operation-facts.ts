import type { Finding } from "../../domain/decision.ts";
import type { Operation } from "../../domain/intent.ts";
import { formatPolicyPath, type PolicyPath } from "../../domain/policy/document.ts";
import type { AttributeSettings, FindSource, OperationSettings } from "./operation-settings.ts";

export interface OperationFacts {
  readonly operation: Operation;
  /** Session authorisation. */
  readonly allowChanges: boolean;
  readonly tenant: string;
  readonly operations: OperationSettings;
  readonly attributes: AttributeSettings;
  readonly sourceOf: FindSource;
  /** True where the whole document is only tried out. */
  readonly isShadow: boolean;
}

/** What a finding says of the key that decided. */
export interface Deciding {
  /** ` (tenant xto, override district=08A)` */
  readonly text: string;
  readonly fields: Pick<Finding, "sourceId" | "setting" | "tier" | "document" | "line">;
}

export function decidingKey(
  { sourceOf, tenant }: Pick<OperationFacts, "sourceOf" | "tenant">,
  path: PolicyPath,
  sourceId?: string,
): Deciding {
  const { tier, document, line, from } = sourceOf(path);
  const setting = formatPolicyPath(path);
  const who = tier === "tenant" ? `tenant ${tenant}` : tier;
  return {
    text: from === undefined || tier === "default" ? ` (${who})` : ` (${who}, ${from})`,
    fields: { sourceId: sourceId ?? setting, setting, tier, document, line },
  };
}

/** What is bound and not told, for an operation that changes something; undefined where policy allows that. */
export function missingFinding(
  facts: OperationFacts,
  kind: "OPERATION" | "ATTRIBUTE",
  name: string,
  path: PolicyPath,
  missing: OperationSettings["missing"],
): Finding | undefined {
  if (missing === "allow") return undefined;
  const { text, fields } = decidingKey(facts, path);
  return {
    verdict: missing === "warn" ? "WARN" : "BLOCK",
    kind,
    reason: "ATTRIBUTE_MISSING",
    message: `${name} is missing: operations that change something must name it${text}`,
    ...fields,
  };
}
