import {
  type Decision,
  type Finding,
  type GuardDetail,
  NO_FINDINGS,
  type Obligation,
  type ResolvedHost,
} from "../../domain/decision.ts";
import type { Detail } from "../../domain/intent.ts";
import {
  ObligationType,
  type Decision as WireDecision,
  type GuardDetail as WireGuardDetail,
  type ResolvedHost as WireHost,
  type Obligation as WireObligation,
} from "../../gen/tollgate/enforcement/v1/decision_pb.ts";
import type { Finding as WireFinding } from "../../gen/tollgate/enforcement/v1/finding_pb.ts";
import { DetailLevel, WaitMode } from "../../gen/tollgate/enforcement/v1/request_pb.ts";
import { remainingToProto } from "./amounts.ts";
import { findingToProto, VERDICT_TO_PROTO } from "./findings.ts";
import { durationToProto, timestampToProto } from "./times.ts";

// One literal of the generated shape per answer: `create()` would cost as much as the decision itself.

/** `askingId` is the execution that asked; an ALLOW in MINIMAL is verdict, ids and etag. */
export function decisionToProto(decision: Decision, detail: Detail, askingId: string): WireDecision {
  const { findings, approvalIds, remaining, retryAfterMs, obligations, guardDetails, pinnedHosts } = decision;
  const short = detail === "MINIMAL" && decision.verdict === "ALLOW";
  return {
    $typeName: "tollgate.enforcement.v1.Decision",
    verdict: VERDICT_TO_PROTO[decision.verdict],
    allowed: decision.allowed,
    findings:
      findings === NO_FINDINGS || findings.length === 0 ? [] : findingsToProto(findings, detail, askingId),
    retryAfter: retryAfterMs === undefined ? undefined : durationToProto(retryAfterMs),
    approvalIds: approvalIds as string[],
    remaining: detail === "MINIMAL" ? [] : remaining.map(remainingToProto),
    obligations: obligations.length === 0 ? [] : obligations.map(obligationToProto),
    guardDetails: guardDetails === undefined ? [] : detailsToProto(guardDetails, detail),
    advice: decision.advice as string[],
    uncertain: decision.uncertain ? true : undefined,
    decisionId: decision.decisionId,
    policyEtag: decision.policyEtag,
    decidedAt: short ? undefined : timestampToProto(decision.decidedAtMs),
    resolvedHosts: pinnedHosts === undefined ? [] : pinnedHosts.map(hostToProto),
  };
}

const OBLIGATIONS: { readonly [T in Obligation["type"]]: ObligationType } = {
  redact: ObligationType.REDACT,
  log: ObligationType.LOG,
  notify: ObligationType.NOTIFY,
  max_tokens: ObligationType.MAX_TOKENS,
};

function obligationToProto(obligation: Obligation): WireObligation {
  return {
    $typeName: "tollgate.enforcement.v1.Obligation",
    type: OBLIGATIONS[obligation.type],
    ruleId: obligation.ruleId,
    maxTokens: obligation.type === "max_tokens" ? BigInt(obligation.maxTokens) : undefined,
  };
}

/** Guards that had nothing to say are listed in FULL only. */
function detailsToProto(details: readonly GuardDetail[], detail: Detail): WireGuardDetail[] {
  const told = detail === "FULL" ? details : details.filter((one) => one.verdict !== "ALLOW");
  return told.map(({ guardId, verdict, reason, message, repaired, shadow }) => ({
    $typeName: "tollgate.enforcement.v1.GuardDetail",
    guardId,
    verdict: VERDICT_TO_PROTO[verdict],
    reason,
    message,
    repaired,
    shadow,
  }));
}

function hostToProto({ host, addresses }: ResolvedHost): WireHost {
  return { $typeName: "tollgate.enforcement.v1.ResolvedHost", host, addresses: [...addresses] };
}

function findingsToProto(findings: readonly Finding[], detail: Detail, askingId: string): WireFinding[] {
  const told = detail === "FULL" ? findings : findings.filter((one) => one.verdict !== "ALLOW");
  return told.map((one) => findingToProto(one, askingId));
}

/** MINIMAL where the request says nothing; the table of request checks has refused unknown values. */
export function detailFromProto(detail: DetailLevel | undefined): Detail {
  if (detail === DetailLevel.REMAINING) return "REMAINING";
  return detail === DetailLevel.FULL ? "FULL" : "MINIMAL";
}

export function waitFromProto(wait: WaitMode | undefined): "DURABLE" | "ACCEPTED" {
  return wait === WaitMode.ACCEPTED ? "ACCEPTED" : "DURABLE";
}

export function reachedToProto(reached: "DURABLE" | "ACCEPTED"): WaitMode {
  return reached === "DURABLE" ? WaitMode.DURABLE : WaitMode.ACCEPTED;
}
