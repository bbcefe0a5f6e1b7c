import type { Principal } from "../../domain/execution.ts";
import type { Operation, RequestKind } from "../../domain/intent.ts";

/** A whole request as access rules, rules and their expressions see it: what was said, no counters. */
export interface RequestFacts {
  readonly kind: RequestKind;
  readonly principal: Principal;
  readonly session: string;
  /** Those of the execution and those that the request adds. */
  readonly labels: { readonly [name: string]: string };
  readonly scopes: readonly string[];
  readonly sourceIp: string | undefined;
  readonly allowChanges: boolean;
  readonly route: string | undefined;
  readonly provider: string | undefined;
  readonly model: string | undefined;
  readonly tool: string | undefined;
  readonly feature: string | undefined;
  readonly integration: string | undefined;
  readonly operation: Operation | undefined;
  /** The operation is one that changes something. */
  readonly mutating: boolean;
  readonly stepName: string | undefined;
  readonly networkTarget: string | undefined;
  readonly inputTokens: bigint;
  readonly outputTokens: bigint;
  readonly costNanoUsd: bigint;
  readonly requests: bigint;
  readonly toolCalls: bigint;
}
