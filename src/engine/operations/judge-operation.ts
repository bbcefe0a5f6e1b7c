import type { Finding } from "../../domain/decision.ts";
import { findBlocking, isAllowedOperation, isMutating } from "./compile-operations.ts";
import { judgeAttributes } from "./judge-attributes.ts";
import { formatPair } from "./number-text.ts";
import { decidingKey, missingFinding, type OperationFacts } from "./operation-facts.ts";

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

function judgeName(facts: OperationFacts, found: Finding[]): void {
  const { operations } = facts;
  const { name } = facts.operation;
  const pattern = findBlocking(operations, name);
  if (pattern !== undefined) {
    const { text, fields } = decidingKey(facts, ["operations", "blocked"]);
    found.push({
      verdict: "BLOCK",
      kind: "OPERATION",
      reason: "OPERATION_BLOCKED",
      message: `operation ${name} is blocked by "${pattern}"${text}`,
      ...fields,
    });
  }
  if (isAllowedOperation(operations, name)) return;
  const { text, fields } = decidingKey(facts, ["operations", "allowed"]);
  found.push({
    verdict: "BLOCK",
    kind: "OPERATION",
    reason: "OPERATION_NOT_ALLOWED",
    message: `operation ${name} is not among the allowed ones${text}`,
    ...fields,
  });
}

function judgeAuthorisation(facts: OperationFacts, found: Finding[]): void {
  const { operation, operations, allowChanges } = facts;
  if (!isMutating(operations, operation.name)) return;
  const reason = "USER_AUTHORIZATION_REQUIRED";
  if (!allowChanges)
    found.push({
      verdict: "BLOCK",
      kind: "OPERATION",
      reason,
      message: "User did not authorize plan changes (allow_changes=false)",
      sourceId: "allow_changes",
      tier: "session",
    });
  else if (operations.allow_changes === false) {
    const { text, fields } = decidingKey(facts, ["operations", "allow_changes"]);
    const message = `no session may authorise changes${text}`;
    found.push({ verdict: "BLOCK", kind: "OPERATION", reason, message, ...fields });
  }
}

const RISK = ["operations", "require_confirmation_above_risk"] as const;

function judgeRisk(facts: OperationFacts, found: Finding[]): void {
  const { operation, operations } = facts;
  const threshold = operations.require_confirmation_above_risk;
  if (threshold === undefined) return;
  const { risk, name } = operation;
  if (risk === undefined) {
    if (!isMutating(operations, name)) return;
    const path = ["operations", "missing"];
    const finding = missingFinding(facts, "OPERATION", "risk", path, operations.missing);
    if (finding !== undefined) found.push(finding);
    return;
  }
  if (risk <= threshold) return;
  const { text, fields } = decidingKey(facts, RISK);
  const [value, bound] = formatPair(risk, threshold);
  found.push({
    verdict: "PAUSE",
    kind: "OPERATION",
    reason: "RISK_CONFIRMATION_REQUIRED",
    message: `risk ${value} exceeds ${bound}${text}: a person has to confirm ${name}`,
    unit: "risk",
    current: { kind: "ratio", value: risk },
    limit: { kind: "ratio", value: threshold },
    ...fields,
  });
}
