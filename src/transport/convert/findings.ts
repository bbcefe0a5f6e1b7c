import {
  type Evidence,
  type Finding,
  type FindingKind,
  type FindingUnit,
  remedyOf,
  type Severity,
  type Verdict,
} from "../../domain/decision.ts";
import type { Category, Tier, ViolationType } from "../../domain/limits.ts";
import type { RuleType } from "../../domain/policy/rule-fields.ts";
import type { Role } from "../../domain/reasons.ts";
import { Unit } from "../../gen/tollgate/enforcement/v1/amount_pb.ts";
import {
  type Remedy,
  Category as WireCategory,
  type Evidence as WireEvidence,
  type Finding as WireFinding,
  FindingKind as WireKind,
  Role as WireRole,
  RuleType as WireRuleType,
  Severity as WireSeverity,
  Tier as WireTier,
  Verdict as WireVerdict,
  ViolationType as WireViolationType,
} from "../../gen/tollgate/enforcement/v1/finding_pb.ts";
import { amountToProto, customNameOf, unitOfKey } from "./amounts.ts";
import { durationToProto } from "./times.ts";

export const VERDICT_TO_PROTO: { readonly [V in Verdict]: WireVerdict } = {
  ALLOW: WireVerdict.ALLOW,
  WARN: WireVerdict.WARN,
  REPAIR: WireVerdict.REPAIR,
  THROTTLE: WireVerdict.THROTTLE,
  PAUSE: WireVerdict.PAUSE,
  BLOCK: WireVerdict.BLOCK,
};

const KINDS: { readonly [K in FindingKind]: WireKind } = {
  LIMIT: WireKind.LIMIT,
  QUOTA: WireKind.QUOTA,
  RATE: WireKind.RATE,
  RULE: WireKind.RULE,
  GUARD: WireKind.GUARD,
  ACCESS: WireKind.ACCESS,
  OPERATION: WireKind.OPERATION,
  ATTRIBUTE: WireKind.ATTRIBUTE,
  STATE: WireKind.STATE,
};

const VIOLATION_TYPES: { readonly [V in ViolationType]: WireViolationType } = {
  step_limit: WireViolationType.STEP_LIMIT,
  token_limit: WireViolationType.TOKEN_LIMIT,
  wall_time_limit: WireViolationType.WALL_TIME_LIMIT,
  memory_limit: WireViolationType.MEMORY_LIMIT,
  concurrency_limit: WireViolationType.CONCURRENCY_LIMIT,
  rate_limit: WireViolationType.RATE_LIMIT,
  network_violation: WireViolationType.NETWORK_VIOLATION,
  discovered_step_limit: WireViolationType.DISCOVERED_STEP_LIMIT,
  discovery_depth_limit: WireViolationType.DISCOVERY_DEPTH_LIMIT,
  cost_threshold: WireViolationType.COST_THRESHOLD,
  idle_timeout: WireViolationType.IDLE_TIMEOUT,
  same_step_loop: WireViolationType.SAME_STEP_LOOP,
  request_limit: WireViolationType.REQUEST_LIMIT,
  tool_call_limit: WireViolationType.TOOL_CALL_LIMIT,
  modification_limit: WireViolationType.MODIFICATION_LIMIT,
  custom_limit: WireViolationType.CUSTOM_LIMIT,
};

const CATEGORIES: { readonly [C in Category]: WireCategory } = {
  timeout: WireCategory.TIMEOUT,
  quota_exceeded: WireCategory.QUOTA_EXCEEDED,
  llm_error: WireCategory.LLM_ERROR,
  policy_violation: WireCategory.POLICY_VIOLATION,
};

const RULE_TYPES: { readonly [T in RuleType]: WireRuleType } = {
  content: WireRuleType.CONTENT,
  security: WireRuleType.SECURITY,
  prompt: WireRuleType.PROMPT,
  cost: WireRuleType.COST,
  quota: WireRuleType.QUOTA,
  policy: WireRuleType.POLICY,
};

const SEVERITIES: { readonly [S in Severity]: WireSeverity } = {
  low: WireSeverity.LOW,
  medium: WireSeverity.MEDIUM,
  high: WireSeverity.HIGH,
  critical: WireSeverity.CRITICAL,
};

export const TIER_TO_PROTO: { readonly [T in Tier]: WireTier } = {
  default: WireTier.DEFAULT,
  baseline: WireTier.BASELINE,
  tenant: WireTier.TENANT,
  session: WireTier.SESSION,
  adjusted: WireTier.ADJUSTED,
};

/** Operators are platform administrators until credentials tell them apart. */
const ROLES: { readonly [R in Exclude<Role, "nobody">]: WireRole } = {
  agent: WireRole.AGENT,
  approver: WireRole.APPROVER,
  "tenant administrator": WireRole.TENANT_ADMIN,
  "platform administrator": WireRole.PLATFORM_ADMIN,
  operator: WireRole.PLATFORM_ADMIN,
};

/** `askingId` is the execution that asked: a finding names another one only. */
export function findingToProto(finding: Finding, askingId: string): WireFinding {
  const { kind, sourceId, violationType, current, limit, remaining, overrun, held, executionId } = finding;
  return {
    $typeName: "tollgate.enforcement.v1.Finding",
    verdict: VERDICT_TO_PROTO[finding.verdict],
    kind: KINDS[kind],
    reason: finding.reason,
    message: finding.message,
    violationType: violationType === undefined ? undefined : VIOLATION_TYPES[violationType],
    code: violationType,
    category: finding.category === undefined ? undefined : CATEGORIES[finding.category],
    retryable: finding.retryable === true ? true : undefined,
    fatal: finding.fatal === true ? true : undefined,
    severity: finding.severity === undefined ? undefined : SEVERITIES[finding.severity],
    tier: finding.tier === undefined ? undefined : TIER_TO_PROTO[finding.tier],
    ruleId: kind === "RULE" || kind === "ACCESS" ? sourceId : undefined,
    limitId: kind === "RULE" || kind === "ACCESS" || kind === "GUARD" ? undefined : sourceId,
    guardId: kind === "GUARD" ? sourceId : undefined,
    document: finding.document,
    line: finding.line,
    unit: unitOf(finding),
    customName: sourceId === undefined ? undefined : customNameOf(sourceId),
    current: current === undefined ? undefined : amountToProto(current),
    limit: limit === undefined ? undefined : amountToProto(limit),
    remaining: remaining === undefined ? undefined : amountToProto(remaining),
    overrun: overrun === undefined ? undefined : amountToProto(overrun),
    held: held === undefined ? undefined : amountToProto(held),
    percent: finding.percent === undefined ? undefined : BigInt(finding.percent),
    approvalId: finding.approvalId,
    shadow: finding.shadow === true ? true : undefined,
    remedy: finding.verdict === "ALLOW" ? undefined : remedyToProto(finding),
    retryAfter: finding.retryAfterMs === undefined ? undefined : durationToProto(finding.retryAfterMs),
    principal: finding.principal,
    executionId: executionId === askingId ? undefined : executionId,
    sequence: finding.sequence === undefined ? undefined : BigInt(finding.sequence),
    evidence: finding.evidence === undefined ? [] : finding.evidence.map(evidenceToProto),
    ruleType: finding.ruleType === undefined ? undefined : RULE_TYPES[finding.ruleType],
    ruleConfigJson:
      finding.ruleConfig === undefined ? undefined : encoder.encode(JSON.stringify(finding.ruleConfig)),
  };
}

const UNITS: { readonly [U in FindingUnit]: Unit } = {
  steps: Unit.STEPS,
  tool_calls: Unit.TOOL_CALLS,
  requests: Unit.REQUESTS,
  tokens: Unit.TOKENS,
  cost: Unit.COST,
  firings: Unit.FIRINGS,
  attribute: Unit.ATTRIBUTE,
  risk: Unit.RISK,
};

const encoder = new TextEncoder();

function evidenceToProto({ kind, path, offset, length, digest }: Evidence): WireEvidence {
  return {
    $typeName: "tollgate.enforcement.v1.Evidence",
    kind,
    path,
    offset: offset === undefined ? undefined : BigInt(offset),
    length: length === undefined ? undefined : BigInt(length),
    digest,
  };
}

function unitOf(finding: Finding): Unit | undefined {
  if (finding.current === undefined && finding.limit === undefined) return undefined;
  if (finding.unit !== undefined) return UNITS[finding.unit];
  if (finding.kind === "RATE") return Unit.RATE;
  if (finding.sourceId !== undefined) return unitOfKey(finding.sourceId);
  if (finding.reason === "STEP_TIMEOUT") return Unit.TIME_BUDGET;
  return finding.current?.kind === "nanoUsd" ? Unit.COST : undefined;
}

function remedyToProto(finding: Finding): Remedy | undefined {
  const { setting, role } = remedyOf(finding);
  if (role === "nobody") return undefined;
  return { $typeName: "tollgate.enforcement.v1.Remedy", setting, role: ROLES[role] };
}
