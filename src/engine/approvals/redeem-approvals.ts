import type { Finding } from "../../domain/decision.ts";
import { TollgateError } from "../../domain/errors.ts";
import type { Ask } from "../../domain/intent.ts";
import type { Now } from "../../domain/time.ts";
import type { World } from "../world.ts";
import type { ApprovalRow } from "./approval-table.ts";
import { causeOf, findApproval, keepAnswer, openApproval } from "./approvals.ts";

// Approvals of one operation: keyed by execution, cause and digest of the intent. A granted one lets that intent pass once:
// `Check` sees that it would, `Charge`, `Reserve` and `CheckToolCall` redeem it by naming its id. An intent that several
// causes stopped is redeemed by naming any one of its approvals; all of them are used up together.

/** What approvals make of the findings about an intent. */
export interface Answered {
  readonly findings: readonly Finding[];
  /** Rows that are used up if the intent is allowed. */
  readonly redeems: readonly number[];
}

/** Whether the caller only looks, or takes what is allowed. */
export type Taking = "looks" | "takes";

type Redeeming = Pick<Ask, "intentText" | "approvalId">;

/** A finding that asks a person about this one operation. */
export function asksPerson(finding: Finding): boolean {
  return (
    finding.verdict === "PAUSE" &&
    finding.kind !== "LIMIT" &&
    finding.kind !== "STATE" &&
    finding.shadow !== true
  );
}

/**
 * Lets pass what was granted, and refuses what was rejected. Changes nothing.
 * @throws TollgateError APPROVAL_NOT_FOUND when the approval named is not one of this execution
 */
export function applyApprovals(
  world: World,
  index: number,
  ask: Redeeming,
  findings: readonly Finding[],
  taking: Taking,
): Answered {
  const named = taking === "takes" ? findNamed(world, index, ask) : undefined;
  if (named === undefined && !findings.some(asksPerson)) return { findings, redeems: NO_ROWS };
  const digest = world.digest.digest128(ask.intentText());
  const problem = named === undefined ? undefined : problemOf(named, digest);
  const lets = taking === "looks" || (named?.state === "approved" && problem === undefined);
  const redeems: number[] = named !== undefined && lets ? [named.row] : [];
  const answered: Finding[] = [];
  for (const finding of findings) {
    if (!asksPerson(finding)) {
      answered.push(finding);
      continue;
    }
    const known = findApproval(world, index, { kind: "operation", cause: causeOf(finding), digest });
    if (known?.state === "approved" && lets) {
      if (!redeems.includes(known.row)) redeems.push(known.row);
    } else answered.push(refusalOf(finding, known));
  }
  if (problem !== undefined) answered.push(problem);
  return { findings: answered, redeems: taking === "takes" ? redeems : NO_ROWS };
}

const NO_ROWS: readonly number[] = Object.freeze([]);

/** The approval that the caller names; undefined for one that needs no redeeming: that of a pause. */
function findNamed(world: World, index: number, { approvalId }: Redeeming): ApprovalRow | undefined {
  if (approvalId === undefined) return undefined;
  const entry = world.approvals.find(approvalId);
  if (entry?.index !== index)
    throw new TollgateError("APPROVAL_NOT_FOUND", `approval ${approvalId} is not known of this execution`);
  return entry.kind === "operation" ? entry : undefined;
}

/** Why an approval that was named does not let the intent pass; undefined while it does, or is still open. */
function problemOf(named: ApprovalRow, digest: string): Finding | undefined {
  const { approvalId, cause } = named;
  const about = { verdict: "BLOCK", kind: "STATE", approvalId, setting: cause } as const;
  if (named.digest !== digest)
    return {
      ...about,
      reason: "APPROVAL_MISMATCH",
      message: `approval ${approvalId} was given for another operation`,
    };
  if (named.state === "used")
    return { ...about, reason: "APPROVAL_USED", message: `approval ${approvalId} was already used` };
  return undefined;
}

/** What an intent is answered whose approval is not granted, or not named. */
function refusalOf(finding: Finding, known: ApprovalRow | undefined): Finding {
  if (known === undefined) return finding;
  const { approvalId, answeredBy, note, state } = known;
  if (state === "open") return { ...finding, approvalId };
  if (state === "approved")
    return {
      ...finding,
      approvalId,
      message: `${finding.message}; approved: name the approval to redeem it`,
    };
  if (state === "rejected")
    return {
      ...finding,
      verdict: "BLOCK",
      reason: "APPROVAL_REJECTED",
      message: `${finding.message}; rejected by ${answeredBy ?? ""}${note === undefined || note === "" ? "" : `: ${note}`}`,
    };
  if (state === "expired")
    return {
      ...finding,
      verdict: "BLOCK",
      reason: "APPROVAL_EXPIRED",
      message: `${finding.message}; approval ${approvalId} expired: nobody answered`,
    };
  return finding;
}

/** Opens the approvals that findings ask for. Nothing is opened for what is refused anyway. */
export function openOperationApprovals(
  world: World,
  index: number,
  ask: Pick<Ask, "intentText" | "intent">,
  findings: readonly Finding[],
  now: Now,
): readonly Finding[] {
  if (!findings.some(asksPerson)) return findings;
  if (findings.some((one) => one.verdict === "BLOCK" && one.shadow !== true)) return findings;
  const digest = world.digest.digest128(ask.intentText());
  const operation = ask.intent.operation?.name;
  return findings.map((finding) => {
    if (!asksPerson(finding) || finding.approvalId !== undefined) return finding;
    const question = { kind: "operation", cause: causeOf(finding), finding, digest, operation } as const;
    const approvalId = openApproval(world, index, question, now);
    return approvalId === undefined ? approvalsFull(finding) : { ...finding, approvalId };
  });
}

export function approvalsFull(finding: Finding): Finding {
  return {
    ...finding,
    verdict: "BLOCK",
    reason: "APPROVALS_FULL",
    message: "as many approvals are open as may be",
  };
}

/** Uses approvals up, durably: the intent that they were given for was allowed. */
export function redeemApprovals(world: World, rows: readonly number[], now: Now): void {
  for (const row of rows) {
    const entry = world.approvals.entries[row];
    if (entry?.state !== "approved") continue;
    world.rows.approvals.touch(row);
    entry.state = "used";
    keepAnswer(world, entry, now);
  }
}
