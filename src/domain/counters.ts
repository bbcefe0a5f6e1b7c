// The places of the counters in the rows of the engine's typed arrays. An execution and a quota window use the same
// places, so that one vector of what was used is added to both.

/** What was spent: grows only. */
export const SPENT = {
  steps: 0,
  discoveredSteps: 1,
  inputTokens: 2,
  outputTokens: 3,
  costNanoUsd: 4,
  requests: 5,
  toolCalls: 6,
  modifications: 7,
  cpuMillis: 8,
  memoryMibMillis: 9,
  cacheRead: 10,
  cacheWrite: 11,
  cacheWriteLong: 12,
  reasoning: 13,
  audioIn: 14,
  audioOut: 15,
} as const;

/** Counters of one row: 16 × 8 bytes, two cache lines. */
export const SPENT_STRIDE = 16;

/** What is held by reservations and carves: the first eight places are those of SPENT. */
export const HELD = {
  steps: 0,
  discoveredSteps: 1,
  inputTokens: 2,
  outputTokens: 3,
  costNanoUsd: 4,
  requests: 5,
  toolCalls: 6,
  modifications: 7,
  /** Tokens held without saying of which kind: what a carve holds. */
  plainTokens: 8,
} as const;

/** Held amounts of one row; padded to a multiple of 8 bytes × 10. */
export const HELD_STRIDE = 10;
/** Places of HELD that are in use. */
export const HELD_COUNT = 9;

/** The units that a carve can slice, in the order of its vectors. */
export const CARVE_UNITS = ["steps", "tokens", "costNanoUsd", "toolCalls"] as const;

/** Place in a held row of each carve unit. */
export const CARVE_HELD = [HELD.steps, HELD.plainTokens, HELD.costNanoUsd, HELD.toolCalls] as const;
