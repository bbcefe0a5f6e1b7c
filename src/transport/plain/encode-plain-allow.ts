import type { Decision } from "../../domain/decision.ts";
import { Verdict } from "../../gen/tollgate/enforcement/v1/finding_pb.ts";

// The answer to most checks: allowed, and nothing else to say. Of its bytes only the two ids differ.

/** CheckResponse.decision; Decision.verdict, .allowed, .decision_id and .policy_etag. */
const DECISION = 0x0a;
const VERDICT = 0x08;
const ALLOWED = 0x10;
const DECISION_ID = 0x6a;
const POLICY_ETAG = 0x72;
/** Bytes beside the ids: of the answer's head, the verdict, and the heads of both ids. */
const HEAD = 2;
const AROUND = HEAD + 4 + 2 + 2;
/** Lengths below this take one byte. */
const SHORT = 0x80;

/** A CheckResponse that says ALLOW and the ids; undefined where there is more to tell. */
export function encodePlainAllow(decision: Decision): Uint8Array | undefined {
  const { decisionId, policyEtag } = decision;
  const length = AROUND + decisionId.length + policyEtag.length;
  if (!isPlain(decision) || length - HEAD >= SHORT) return undefined;
  const bytes = Buffer.allocUnsafe(length);
  bytes[0] = DECISION;
  bytes[1] = length - HEAD;
  bytes[2] = VERDICT;
  bytes[3] = Verdict.ALLOW;
  bytes[4] = ALLOWED;
  bytes[5] = 1;
  const etagAt = writeId(bytes, 6, DECISION_ID, decisionId);
  return writeId(bytes, etagAt, POLICY_ETAG, policyEtag) === length ? bytes : undefined;
}

function isPlain(decision: Decision): boolean {
  return (
    decision.verdict === "ALLOW" &&
    decision.findings.length === 0 &&
    decision.obligations.length === 0 &&
    decision.advice.length === 0 &&
    decision.approvalIds.length === 0 &&
    !decision.uncertain &&
    decision.retryAfterMs === undefined &&
    decision.guardDetails === undefined &&
    decision.pinnedHosts === undefined
  );
}

/** Where the next field begins; 0 for an id that is not of ASCII, or empty. */
function writeId(bytes: Uint8Array, from: number, tag: number, id: string): number {
  const { length } = id;
  if (length === 0) return 0;
  bytes[from] = tag;
  bytes[from + 1] = length;
  for (let at = 0; at < length; at++) {
    const code = id.charCodeAt(at);
    if (code >= SHORT) return 0;
    bytes[from + 2 + at] = code;
  }
  return from + 2 + length;
}
