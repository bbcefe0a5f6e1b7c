import { create } from "@bufbuild/protobuf";
import { type Decision, DecisionSchema } from "../gen/tollgate/enforcement/v1/decision_pb.ts";
import { type Finding, Role, Verdict } from "../gen/tollgate/enforcement/v1/finding_pb.ts";

/** What came of asking: programs test `allowed` and nothing else. */
export interface Answer {
  readonly allowed: boolean;
  /** The verdict; one that this client does not know is VERDICT_BLOCK. */
  readonly verdict: Verdict;
  readonly decision: Decision;
  /** True when the client decided because no daemon answered. */
  readonly local: boolean;
}

const ALLOWING: ReadonlySet<Verdict> = new Set([Verdict.ALLOW, Verdict.WARN, Verdict.REPAIR]);
const REFUSING: ReadonlySet<Verdict> = new Set([Verdict.THROTTLE, Verdict.PAUSE, Verdict.BLOCK]);

/** The answer in a decision. No decision, or a verdict that is not known, counts as BLOCK. */
export function answerFrom(decision: Decision | undefined, local = false): Answer {
  const told = decision ?? create(DecisionSchema, { verdict: Verdict.BLOCK });
  const isAllowing = ALLOWING.has(told.verdict);
  const verdict = isAllowing || REFUSING.has(told.verdict) ? told.verdict : Verdict.BLOCK;
  return { allowed: told.allowed && isAllowing, verdict, decision: told, local };
}

const ROLES: { readonly [R in Role]: string } = {
  [Role.UNSPECIFIED]: "",
  [Role.AGENT]: "the agent",
  [Role.VIEWER]: "a viewer",
  [Role.AUDITOR]: "an auditor",
  [Role.APPROVER]: "an approver",
  [Role.TENANT_ADMIN]: "the tenant administrator",
  [Role.PLATFORM_ADMIN]: "the platform administrator",
};

/** One line of a finding with its way out: `step_limit exceeded: 6 / 5 (120%); way out: max_steps (the tenant administrator)`. */
export function formatFinding(finding: Finding): string {
  const { remedy } = finding;
  if (remedy === undefined) return finding.message;
  const who = ROLES[remedy.role] ?? "";
  const setting = remedy.setting === "" ? "" : `${remedy.setting}${who === "" ? "" : ` (${who})`}`;
  const wayOut = [setting, remedy.text ?? ""].filter((part) => part !== "").join(": ");
  return wayOut === "" ? finding.message : `${finding.message}; way out: ${wayOut}`;
}

/** Everything the findings of an answer say, one line each, the first being the primary one. */
export function formatFindings(answer: Answer): string {
  return answer.decision.findings.map(formatFinding).join("\n");
}
