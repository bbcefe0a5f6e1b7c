import type { Answer } from "../src/client/answer.ts";
import { CallError } from "../src/client/call-error.ts";
import { tell, tellMore, tellWayOut } from "./screen.ts";
import { insist, type Session } from "./session.ts";

// The person who is asked when a run is paused. Always the same answer to the same run, so that a replay is the same.

/** One paused run in so many is not worth more money. */
const REJECTED_OF = 3;

/** Nothing is left to answer. */
const SETTLED: ReadonlySet<string> = new Set(["APPROVAL_ANSWERED", "APPROVAL_NOT_FOUND"]);

/** Answers the open approval of a paused run through the admin socket. */
export async function answerPause(
  session: Session,
  run: { readonly executionId: string; readonly name: string; readonly index: number },
  answer: Answer,
): Promise<void> {
  const finding = answer.decision.findings[0];
  const approvalId = answer.decision.approvalIds[0] ?? finding?.approvalId;
  if (approvalId === undefined) throw new Error(`${run.executionId} is paused and names no approval`);
  const isRejected = run.index % REJECTED_OF === 0;
  try {
    if (isRejected) await insist(() => session.approvals.reject({ approvalId, note: "not worth it" }));
    else await insist(() => session.approvals.approve({ approvalId, note: "go on" }));
  } catch (error) {
    // Answered before a kill, though nobody heard of it: the next question finds out.
    if (!(error instanceof CallError) || !SETTLED.has(error.reason ?? "")) throw error;
  }
  tell(run.name, "PAUSED", finding?.message ?? "", "paused");
  tellWayOut(finding);
  tellMore(
    isRejected
      ? "the operator rejects: the run ends"
      : "the operator approves: the run goes on, up to a new threshold",
  );
}
