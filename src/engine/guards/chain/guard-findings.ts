import type { Finding, GuardDetail, Verdict } from "../../../domain/decision.ts";
import { rankOf } from "../../../domain/decision.ts";
import type { GuardId, GuardLevel } from "../../../domain/policy/guard-ids.ts";
import type { GuardNote } from "../guard.ts";

// From what a guard has to say to what the answer says: levels, shadow mode and their words.

/** At `warn` nothing refuses and nothing is repaired: the guard says what it would have done. */
export function verdictAt(level: GuardLevel, verdict: GuardNote["verdict"]): GuardNote["verdict"] {
  return level === "warn" && verdict !== "ALLOW" ? "WARN" : verdict;
}

export function findingOf(id: GuardId, note: GuardNote, verdict: Verdict, shadow: boolean): Finding {
  const { current, limit, retryAfterMs, violationType, fatal, evidence } = note;
  return {
    verdict,
    kind: "GUARD",
    reason: note.reason,
    message: note.text,
    sourceId: id,
    setting: `guards.${id}${note.setting === undefined ? "" : `.${note.setting}`}`,
    violationType,
    category: violationType === undefined ? undefined : "policy_violation",
    retryable: note.reason === "CONCURRENCY_LIMIT" || retryAfterMs !== undefined ? true : undefined,
    fatal,
    current,
    limit,
    retryAfterMs,
    evidence,
    shadow: shadow ? true : undefined,
  };
}

/** The one line per guard: its highest verdict with the words of the note that gave it. */
export function detailOf(
  id: string,
  findings: readonly Pick<Finding, "verdict" | "reason" | "message">[],
  more: { readonly repaired?: boolean; readonly shadow?: boolean },
): GuardDetail {
  let top: (typeof findings)[number] | undefined;
  for (const one of findings) if (top === undefined || rankOf(one.verdict) > rankOf(top.verdict)) top = one;
  return {
    guardId: id,
    verdict: top?.verdict ?? "ALLOW",
    reason: top?.reason,
    message: top?.message,
    repaired: more.repaired === true ? true : undefined,
    shadow: more.shadow === true ? true : undefined,
  };
}
