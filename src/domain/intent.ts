import type { StepUsage, TokenUsage } from "./usage.ts";

/** What `Check`, `Charge` and `Reserve` ask about: something the agent is about to do. All parts are optional. */
export interface Intent {
  /** A step is about to be taken. */
  readonly step?: StepUsage | undefined;
  /** The step enters one more level of discovery. */
  readonly entersDepth: boolean;
  readonly tokens?: TokenUsage | undefined;
  readonly costNanoUsd?: bigint | undefined;
  readonly custom: { readonly [name: string]: bigint };
  /** Requests and rate tokens to take; 0 when the intent names no request. */
  readonly weight: bigint;
  readonly toolCalls: bigint;
  readonly modifications: bigint;
  readonly provider?: string | undefined;
  readonly model?: string | undefined;
  readonly route?: string | undefined;
  readonly operation?: string | undefined;
}

export type Detail = "MINIMAL" | "REMAINING" | "FULL";

/** What the requests that are answered by a decision share. */
export interface Ask {
  readonly executionId: string;
  readonly intent: Intent;
  readonly detail: Detail;
  readonly requestId?: string | undefined;
  readonly approvalId?: string | undefined;
  /** Canonical text of the intent: what approvals and repeated requests are compared by. Computed only when needed. */
  readonly fingerprint: () => string;
}
