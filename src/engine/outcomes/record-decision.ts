import type { Decision, Finding } from "../../domain/decision.ts";
import type { CallerId } from "../../domain/ids.ts";
import type { Operation } from "../../domain/intent.ts";
import type { Now } from "../../domain/time.ts";
import type { EffectivePolicy } from "../policy/effective-policy.ts";
import type { World } from "../world.ts";

/** A decision that took or refused an operation, with what its record says beside the policy. */
export interface DecidedOperation {
  readonly decision: Decision;
  readonly operation: Operation;
  readonly policy: EffectivePolicy;
  readonly caller: CallerId;
  readonly tenant: string;
  readonly executionId: string;
  readonly labels: { readonly [name: string]: string };
}

/** Keeps a policy record: which values judged which operation, and how. Outcomes are joined to it by the decision's id. */
export function recordDecision(world: World, decided: DecidedOperation, now: Now): void {
  const { decision, operation, policy, caller, tenant, executionId, labels } = decided;
  const { operations, attributes, profile } = policy.settings;
  world.outcomes.remember(decision.decisionId, { caller, tenant, executionId, outcome: new Map() });
  world.generations.append("outcomes", {
    at_ms: now.wallMs,
    tenant,
    subject: decision.decisionId,
    kind: "decision",
    body: {
      caller,
      tenant,
      execution_id: executionId,
      labels,
      overrides: policy.overrides,
      policy_etag: decision.policyEtag,
      policy_generation: world.policy.generation,
      risk_profile: profile,
      risk_threshold: operations.require_confirmation_above_risk,
      max_material_delta: attributes["material_delta_percent"]?.max_abs,
      allow_new_violations: allowsNewViolations(attributes),
      operation: { op_type: operation.name, risk_score: operation.risk, attributes: operation.attributes },
      verdict: decision.verdict,
      reasons: decision.findings.filter(isEnforced).map(({ reason }) => reason),
      approval_ids: decision.approvalIds,
    },
  });
}

function isEnforced({ shadow, verdict }: Finding): boolean {
  return shadow !== true && verdict !== "ALLOW";
}

function allowsNewViolations(attributes: EffectivePolicy["settings"]["attributes"]): boolean {
  const most = attributes["new_violations"]?.max;
  return most === undefined || most > 0;
}
