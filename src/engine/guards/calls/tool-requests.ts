import type { Circumstances, Detail, Operation } from "../../../domain/intent.ts";
import type { StepUsage, TokenUsage, Usage } from "../../../domain/usage.ts";
import type { Capability } from "../guard.ts";

/** What a call is expected to use beside itself. */
export interface ToolEstimate {
  readonly tokens?: TokenUsage | undefined;
  readonly costNanoUsd?: bigint | undefined;
  readonly custom: { readonly [name: string]: bigint };
  readonly toolCalls: bigint;
  readonly modifications: bigint;
}

/** Asks before a tool is called. */
export interface ToolCallRequest extends Circumstances {
  readonly executionId: string;
  readonly callId: string;
  readonly tool: string;
  /** JSON as it came; undefined means `{}`. */
  readonly argumentsJson: Uint8Array | undefined;
  readonly namespace: string | undefined;
  readonly turnId: string | undefined;
  readonly planId: string | undefined;
  readonly idempotencyKey: string | undefined;
  /** A token that was verified already. */
  readonly capability: Capability | undefined;
  /** Call ids. */
  readonly parents: readonly string[];
  readonly reserve: { readonly estimate: ToolEstimate; readonly ttlMs: number } | undefined;
  readonly operation: Operation | undefined;
  /** Undefined: a plain step whose signature comes from tool and arguments. */
  readonly step: (StepUsage & { readonly entersDepth: boolean }) | undefined;
  readonly route: string | undefined;
  readonly provider: string | undefined;
  readonly weight: bigint;
  readonly detail: Detail;
  readonly acceptsRepair: boolean;
  readonly approvalId: string | undefined;
  /** Names that the first pass asked for, and what they were resolved to. */
  readonly addresses: ReadonlyMap<string, readonly string[]> | undefined;
  /** Canonical text of the request without approval and wait: what a repeated call is compared by. */
  readonly fingerprint: () => string;
}

/** Tells what a tool gave. */
export interface ToolOutputRequest {
  readonly executionId: string;
  readonly callId: string;
  readonly outputJson: Uint8Array | undefined;
  readonly durationMs: number | undefined;
  readonly errorClass: string | undefined;
  readonly usage: Usage | undefined;
  readonly provider: string | undefined;
  readonly model: string | undefined;
  readonly detail: Detail;
  readonly acceptsRepair: boolean;
  readonly fingerprint: () => string;
}
