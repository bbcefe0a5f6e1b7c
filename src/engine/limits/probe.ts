import { SPENT, SPENT_STRIDE } from "../../domain/counters.ts";
import type { Intent } from "../../domain/intent.ts";
import { TOTAL_TOKENS } from "./compiled-limits.ts";

/** What an intent would add on top of what is used and held. */
export interface Probe {
  /** By counter, and TOTAL_TOKENS. */
  readonly add: BigInt64Array;
  readonly entersDepth: boolean;
  readonly custom: { readonly [name: string]: bigint };
  readonly signature: string | undefined;
  readonly resultDigest: string | undefined;
  readonly stepName: string | undefined;
  readonly tool: string | undefined;
  /** Modifications that the caller knows of in this session: a number higher than the engine's own wins. */
  readonly toldModifications: bigint;
}

/** Nothing: for judging what stands already. */
export const EMPTY_PROBE: Probe = {
  add: new BigInt64Array(SPENT_STRIDE + 1),
  entersDepth: false,
  custom: Object.freeze({}),
  signature: undefined,
  resultDigest: undefined,
  stepName: undefined,
  tool: undefined,
  toldModifications: 0n,
};

/**
 * The probe of an intent; `costNanoUsd` is its priced estimate, `announced` says that its discovered step was planned before,
 * `mutating` that its operation changes something. `add`: a row to write the amounts to.
 */
export function probeIntent(
  intent: Intent,
  costNanoUsd: bigint,
  announced: boolean,
  mutating: boolean,
  add: BigInt64Array = new BigInt64Array(SPENT_STRIDE + 1),
): Probe {
  add.fill(0n);
  const { step, tokens } = intent;
  if (step !== undefined) {
    if (step.plannedOnly !== true) add[SPENT.steps] = 1n;
    if ((step.discovered === true || step.plannedOnly === true) && !announced)
      add[SPENT.discoveredSteps] = 1n;
  }
  if (tokens !== undefined) {
    const input = tokens.input ?? 0n;
    const output = tokens.output ?? 0n;
    add[SPENT.inputTokens] = input;
    add[SPENT.outputTokens] = output;
    add[TOTAL_TOKENS] = input + output;
    add[SPENT.cacheRead] = tokens.cacheRead ?? 0n;
    add[SPENT.cacheWrite] = tokens.cacheWrite ?? 0n;
    add[SPENT.cacheWriteLong] = tokens.cacheWriteLong ?? 0n;
    add[SPENT.reasoning] = tokens.reasoning ?? 0n;
    add[SPENT.audioIn] = tokens.audioIn ?? 0n;
    add[SPENT.audioOut] = tokens.audioOut ?? 0n;
  }
  add[SPENT.costNanoUsd] = costNanoUsd;
  add[SPENT.requests] = intent.weight;
  add[SPENT.toolCalls] = intent.toolCalls;
  add[SPENT.modifications] = mutating ? intent.modifications + 1n : intent.modifications;
  return {
    add,
    entersDepth: intent.entersDepth,
    custom: intent.custom,
    signature: step?.signature,
    resultDigest: step?.resultDigest,
    stepName: step?.name,
    tool: intent.tool,
    toldModifications: intent.operation?.modificationsThisSession ?? 0n,
  };
}
