// The shapes of what an agent reports. The generated messages of the wire have the same fields, so that a batch of a
// thousand reports is judged without being copied first (docs/decisions/0002).

/** Tokens by kind. `cacheRead`, `cacheWrite`, `cacheWriteLong`, `audioIn` are parts of `input`; `reasoning`, `audioOut` of `output`. */
export interface TokenUsage {
  readonly input?: bigint | undefined;
  readonly output?: bigint | undefined;
  readonly cacheRead?: bigint | undefined;
  readonly cacheWrite?: bigint | undefined;
  readonly cacheWriteLong?: bigint | undefined;
  readonly reasoning?: bigint | undefined;
  readonly audioIn?: bigint | undefined;
  readonly audioOut?: bigint | undefined;
}

export interface ExtraCost {
  readonly kind: string;
  /** How many; absent means 1. */
  readonly quantity?: bigint | undefined;
  /** The whole cost; absent: the price book's price of `kind` times `quantity`, else nothing. */
  readonly nanoUsd?: bigint | undefined;
}

export interface StepUsage {
  readonly name?: string | undefined;
  readonly signature?: string | undefined;
  /** The agent added this step to its own plan while running. */
  readonly discovered?: boolean | undefined;
  /** Announced only: counts as discovered, not as a step. */
  readonly plannedOnly?: boolean | undefined;
  readonly resultDigest?: string | undefined;
}

export interface Instant {
  readonly seconds: bigint;
  readonly nanos: number;
}

/** One entry saying what was used. Amounts are at least 0 and at most 2^48; absent means none. */
export interface Usage {
  readonly steps?: bigint | undefined;
  readonly tokens?: TokenUsage | undefined;
  readonly costNanoUsd?: bigint | undefined;
  readonly extraCosts: readonly ExtraCost[];
  readonly requests?: bigint | undefined;
  readonly cpuMillis?: bigint | undefined;
  readonly memoryMibMillis?: bigint | undefined;
  /** Memory in use now, bytes: a gauge. */
  readonly memoryBytes?: bigint | undefined;
  /** Storage in use now, bytes: a gauge of the principal, which replaces what was reported before. */
  readonly storageBytes?: bigint | undefined;
  readonly toolCalls?: bigint | undefined;
  readonly modifications?: bigint | undefined;
  readonly custom: { readonly [name: string]: bigint };
  readonly depthDelta?: number | undefined;
  readonly step?: StepUsage | undefined;
  readonly settlesReservationId?: string | undefined;
  readonly operation?: string | undefined;
  readonly occurredAt?: Instant | undefined;
}

/** Reports of one execution, one provider and model; the sequences are `firstSequence`, + 1, + 2 … */
export interface UsageGroup {
  readonly executionId: string;
  readonly provider?: string | undefined;
  readonly model?: string | undefined;
  readonly route?: string | undefined;
  readonly firstSequence: bigint;
  readonly wantDecision?: boolean | undefined;
  readonly usage: readonly Usage[];
}

/** The intent's estimate and a settlement's true usage: a report that was not sent as one. */
export const NO_USAGE: Usage = Object.freeze({ extraCosts: Object.freeze([]), custom: Object.freeze({}) });
