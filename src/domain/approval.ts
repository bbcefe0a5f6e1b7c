/** Open approvals of one execution and of one tenant; beyond: BLOCK APPROVALS_FULL. */
export const MAX_OPEN_APPROVALS = 8;
export const MAX_OPEN_APPROVALS_PER_TENANT = 1_000;
/** Answered and open approvals that are remembered of one execution: an agent cannot fill memory with questions. */
export const MAX_KNOWN_APPROVALS = 1_000;

export type ApprovalState = "open" | "approved" | "rejected" | "expired" | "withdrawn" | "used";

/** `execution`: the run is PAUSED until somebody answers. `operation`: only one operation waits, and is redeemed by its id. */
export type ApprovalKind = "execution" | "operation";
