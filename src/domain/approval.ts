/** Open approvals of one execution and of one tenant; beyond: BLOCK APPROVALS_FULL. */
export const MAX_OPEN_APPROVALS = 8;
export const MAX_OPEN_APPROVALS_PER_TENANT = 1_000;
/** How long a person has to answer where no policy says otherwise. */
export const APPROVAL_TIMEOUT_MS = 3_600_000;

export type ApprovalState = "open" | "approved" | "rejected" | "expired" | "withdrawn" | "used";

/** An open question about an execution that is paused. */
export interface Approval {
  readonly approvalId: string;
  readonly executionId: string;
  readonly tenant: string;
  /** The limit, rule or bound that asks, e.g. `cost_alert_threshold_usd`. */
  readonly cause: string;
  readonly message: string;
  readonly currentNanoUsd: bigint;
  readonly limitNanoUsd: bigint;
  readonly state: ApprovalState;
  readonly openedAtMs: number;
  readonly expiresAtMs: number;
  readonly answeredAtMs: number | undefined;
  readonly answeredBy: string | undefined;
  readonly note: string | undefined;
}
