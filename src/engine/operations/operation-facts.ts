import type { Finding } from "../../domain/decision.ts";
import type { Operation } from "../../domain/intent.ts";
import type { AttributeSettings, FindSource, OperationSettings, ValueSource } from "./operation-settings.ts";

export interface OperationFacts {
  readonly operation: Operation;
  /** Session authorisation. */
  readonly allowChanges: boolean;
  readonly operations: OperationSettings;
  readonly attributes: AttributeSettings;
  readonly sourceOf: FindSource;
  /** True where the whole document is only tried out. */
  readonly isShadow: boolean;
}

/** What is bound and not told, for an operation that changes something; undefined where policy allows that. */
export function missingFinding(
  kind: "OPERATION" | "ATTRIBUTE",
  name: string,
  key: string,
  missing: OperationSettings["missing"],
  sourceOf: FindSource,
): Finding | undefined {
  if (missing === "allow") return undefined;
  const source = sourceOf(key);
  return {
    verdict: missing === "warn" ? "WARN" : "BLOCK",
    kind,
    reason: "ATTRIBUTE_MISSING",
    message: `${name} is missing: operations that change something must name it${sourceText(source)}`,
    ...settingFields(key, source),
  };
}

/** ` (tenant xto, override district=08A)`; empty where nobody knows. */
export function sourceText(source: ValueSource | undefined): string {
  if (source === undefined) return "";
  const tier =
    source.tier === "tenant" && source.tenant !== undefined ? `tenant ${source.tenant}` : source.tier;
  return source.override === undefined ? ` (${tier})` : ` (${tier}, override ${source.override})`;
}

/** Which key decided, and where it stands. */
export function settingFields(setting: string, source: ValueSource | undefined, sourceId = setting) {
  return { sourceId, setting, tier: source?.tier, document: source?.document, line: source?.line };
}
