import type { Finding } from "../../domain/decision.ts";
import { findBlocking, isAllowedOperation, isMutating } from "./compile-operations.ts";
import { judgeAttributes } from "./judge-attributes.ts";
import { formatPair } from "./number-text.ts";
import { missingFinding, type OperationFacts, settingFields, sourceText } from "./operation-facts.ts";

// What tiers and session say about a named business action: whether it is allowed at all, authorised by the user, within
// the bounds of its attributes, and below the risk that a person wants to look at.

/** In their order: blocked, not allowed, not authorised, attributes, risk. */
export function judgeOperation(facts: OperationFacts): Finding[] {
  const found: Finding[] = [];
  judgeName(facts, found);
  judgeAuthorisation(facts, found);
  judgeAttributes(facts, found);
  judgeRisk(facts, found);
  return facts.isShadow ? found.map((finding) => ({ ...finding, shadow: true })) : found;
}

function judgeName({ operation, operations, sourceOf }: OperationFacts, found: Finding[]): void {
  const { name } = operation;
  const pattern = findBlocking(operations, name);
  if (pattern !== undefined) {
    const source = sourceOf("operations.blocked");
    found.push({
      verdict: "BLOCK",
      kind: "OPERATION",
      reason: "OPERATION_BLOCKED",
      message: `operation ${name} is blocked by "${pattern}"${sourceText(source)}`,
      ...settingFields("operations.blocked", source),
    });
  }
  if (isAllowedOperation(operations, name)) return;
  const source = sourceOf("operations.allowed");
  found.push({
    verdict: "BLOCK",
    kind: "OPERATION",
    reason: "OPERATION_NOT_ALLOWED",
    message: `operation ${name} is not among the allowed ones${sourceText(source)}`,
    ...settingFields("operations.allowed", source),
  });
}

function judgeAuthorisation({ operation, operations, allowChanges }: OperationFacts, found: Finding[]): void {
  if (allowChanges || !isMutating(operations, operation.name)) return;
  found.push({
    verdict: "BLOCK",
    kind: "OPERATION",
    reason: "USER_AUTHORIZATION_REQUIRED",
    message: "User did not authorize plan changes (allow_changes=false)",
    sourceId: "allow_changes",
    tier: "session",
  });
}

const RISK = "operations.require_confirmation_above_risk";

function judgeRisk({ operation, operations, sourceOf }: OperationFacts, found: Finding[]): void {
  const threshold = operations.require_confirmation_above_risk;
  if (threshold === undefined) return;
  const { risk, name } = operation;
  if (risk === undefined) {
    if (!isMutating(operations, name)) return;
    const finding = missingFinding("OPERATION", "risk", "operations.missing", operations.missing, sourceOf);
    if (finding !== undefined) found.push(finding);
    return;
  }
  if (risk <= threshold) return;
  const source = sourceOf(RISK);
  const [value, bound] = formatPair(risk, threshold);
  found.push({
    verdict: "PAUSE",
    kind: "OPERATION",
    reason: "RISK_CONFIRMATION_REQUIRED",
    message: `risk ${value} exceeds ${bound}${sourceText(source)}: a person has to confirm ${name}`,
    current: { kind: "ratio", value: risk },
    limit: { kind: "ratio", value: threshold },
    ...settingFields(RISK, source),
  });
}
