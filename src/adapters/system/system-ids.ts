import { randomBytes } from "node:crypto";
import type { Ids } from "../../ports/ids.ts";

/** Bytes behind the prefix of decision ids: two starts of one file share a prefix once in 2^40. */
const INSTANCE_BYTES = 5;
/** Bytes of an approval id: whoever holds one may not guess another. */
const APPROVAL_BYTES = 15;

/**
 * Decision ids are a prefix of this start and a counter: short, ordered, and about 50 ns each. Approval ids are random.
 */
export function createSystemIds(): Ids {
  const prefix = `${BigInt(`0x${randomBytes(INSTANCE_BYTES).toString("hex")}`).toString(36)}-`;
  let count = 0;
  return {
    decisionId: () => prefix + (++count).toString(36),
    approvalId: () => `apr_${randomBytes(APPROVAL_BYTES).toString("base64url")}`,
  };
}
