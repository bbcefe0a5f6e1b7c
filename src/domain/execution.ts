import type { ExecutionId } from "./ids.ts";
import type { LimitOverrides } from "./limits.ts";
import type { TokenUsage } from "./usage.ts";

/** Who pays and who asks. Absent levels take no part. */
export interface Principal {
  readonly tenant: string;
  readonly team?: string | undefined;
  readonly user?: string | undefined;
  readonly apiKeyId?: string | undefined;
  readonly agent?: string | undefined;
}

/** The same for two principals that agree in every level, and for no others. */
export function principalKey(principal: Principal): string {
  return [
    principal.tenant,
    principal.team ?? "",
    principal.user ?? "",
    principal.apiKeyId ?? "",
    principal.agent ?? "",
  ].join("\n");
}

export const EXECUTION_STATES = ["RUNNING", "PAUSED", "HALTED", "COMPLETED"] as const;
export type ExecutionState = (typeof EXECUTION_STATES)[number];

/** The same states as numbers, as they stand in the engine's arrays and in the file. */
export const STATE = { running: 0, paused: 1, halted: 2, completed: 3 } as const;

/** Deepest tree of executions: what is read by walking up is bounded by it. */
export const MAX_TREE_DEPTH = 32;
/** Labels of one execution. */
export const MAX_LABELS = 32;
/** Events kept of one execution. */
export const MAX_EVENTS = 256;
/** Names of custom counters that a policy may declare. */
export const MAX_CUSTOM_COUNTERS = 8;

/** A slice of what remains above a child, taken for it when it registers. Absent units are not carved. */
export interface Carve {
  readonly steps?: bigint | undefined;
  readonly tokens?: bigint | undefined;
  readonly costNanoUsd?: bigint | undefined;
  readonly toolCalls?: bigint | undefined;
}
export type CarveMode = "cap" | "floor";

/** The principal as a request names it: a child inherits what it leaves out. */
export type RequestedPrincipal = { readonly [K in keyof Principal]?: string | undefined };

/** The tenant of a request that names none, where nothing is pinned. */
export const DEFAULT_TENANT = "default";

/** What a client sends to start or rejoin an execution. */
export interface Registration {
  readonly executionId: ExecutionId;
  readonly principal: RequestedPrincipal | undefined;
  readonly session?: string | undefined;
  readonly labels: { readonly [name: string]: string };
  readonly parentId?: ExecutionId | undefined;
  /** The parent discovered this child: it starts one level deeper. */
  readonly discovered: boolean;
  readonly requested: LimitOverrides;
  readonly carve?: Carve | undefined;
  readonly carveMode?: CarveMode | undefined;
}

/** Everything counted about one execution. Times in ms, money in nano-USD, memory in bytes. */
export interface UsageSnapshot {
  readonly executionId: string;
  readonly tenantId: string;
  readonly steps: bigint;
  readonly discoveredSteps: bigint;
  readonly discoveryDepth: number;
  readonly maxDiscoveryDepth: number;
  readonly tokens: Required<{ [K in keyof TokenUsage]: bigint }>;
  readonly totalTokens: bigint;
  readonly costNanoUsd: bigint;
  readonly requests: bigint;
  readonly toolCalls: bigint;
  readonly modifications: bigint;
  readonly cpuMillis: bigint;
  readonly memoryMibMillis: bigint;
  readonly memoryBytes: bigint;
  readonly custom: { readonly [name: string]: bigint };
  readonly wallTimeMs: number;
  readonly workingTimeMs: number;
  readonly idleMs: number;
}
