import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { type Decision, DecisionSchema } from "../gen/tollgate/enforcement/v1/decision_pb.ts";
import { FindingKind, Role, Verdict } from "../gen/tollgate/enforcement/v1/finding_pb.ts";
import type { Intent, IntentSchema } from "../gen/tollgate/enforcement/v1/intent_pb.ts";

// What the client answers when no daemon does. Nothing here talks to anybody.

/** How much may be used while no daemon answers; a bound left out does not bound. */
export interface UnattendedUsage {
  readonly requests?: number;
  /** Input and output tokens of the estimates together. */
  readonly tokens?: bigint;
  readonly costNanoUsd?: bigint;
}

/** What to do while no daemon answers. */
export type OnUnavailable =
  | { readonly kind: "block" }
  | { readonly kind: "allow_for"; readonly durationMs: number; readonly maxUsage: UnattendedUsage };

/** The default: what cannot be judged is refused. */
export const BLOCK: OnUnavailable = Object.freeze({ kind: "block" });

/**
 * Goes on without a daemon until either bound is reached, counted from the last contact; then refuses.
 *
 * @param durationMs how long, milliseconds
 */
export function allowFor(durationMs: number, maxUsage: UnattendedUsage): OnUnavailable {
  if (!(durationMs > 0)) throw new RangeError("durationMs must be above 0");
  return Object.freeze({ kind: "allow_for", durationMs, maxUsage });
}

const REASON = "SIDECAR_UNAVAILABLE";

/** Decides while no daemon answers. One per client: the bounds are those of the process. */
export class UnattendedDecider {
  readonly #choice: OnUnavailable;
  readonly #nowMs: () => number;
  #lastContactMs: number;
  #requests = 0;
  #tokens = 0n;
  #costNanoUsd = 0n;

  constructor(choice: OnUnavailable, nowMs: () => number = () => performance.now()) {
    this.#choice = choice;
    this.#nowMs = nowMs;
    this.#lastContactMs = nowMs();
  }

  /** A daemon has answered: the bounds begin anew. */
  noteContact(): void {
    this.#lastContactMs = this.#nowMs();
    this.#requests = 0;
    this.#tokens = 0n;
    this.#costNanoUsd = 0n;
  }

  /** The decision about one intent: WARN while the bounds allow it, else BLOCK. */
  decide(intent: MessageInitShape<typeof IntentSchema> | undefined): Decision {
    if (this.#choice.kind === "block")
      return localDecision(Verdict.BLOCK, "no daemon answers; what cannot be judged is refused");
    const { durationMs, maxUsage } = this.#choice;
    const awayMs = this.#nowMs() - this.#lastContactMs;
    if (awayMs >= durationMs)
      return localDecision(
        Verdict.BLOCK,
        `no daemon has answered for ${Math.floor(awayMs)} ms, as long as allowed`,
      );
    const asked = usageOf(intent as Partial<Intent> | undefined);
    const requests = this.#requests + asked.requests;
    const tokens = this.#tokens + asked.tokens;
    const costNanoUsd = this.#costNanoUsd + asked.costNanoUsd;
    const isWithin =
      requests <= (maxUsage.requests ?? Number.POSITIVE_INFINITY) &&
      (maxUsage.tokens === undefined || tokens <= maxUsage.tokens) &&
      (maxUsage.costNanoUsd === undefined || costNanoUsd <= maxUsage.costNanoUsd);
    if (!isWithin)
      return localDecision(Verdict.BLOCK, "no daemon answers; as much as may go unjudged is used up");
    this.#requests = requests;
    this.#tokens = tokens;
    this.#costNanoUsd = costNanoUsd;
    return localDecision(Verdict.WARN, "no daemon answers; allowed unjudged for a while");
  }
}

function usageOf(intent: Partial<Intent> | undefined): {
  requests: number;
  tokens: bigint;
  costNanoUsd: bigint;
} {
  const estimate = intent?.estimate;
  return {
    requests: Number(intent?.weight ?? 1n),
    tokens: (estimate?.tokens?.input ?? 0n) + (estimate?.tokens?.output ?? 0n),
    costNanoUsd: estimate?.costNanoUsd ?? 0n,
  };
}

function localDecision(verdict: Verdict, message: string): Decision {
  const allowed = verdict === Verdict.WARN;
  return create(DecisionSchema, {
    verdict,
    allowed,
    findings: [
      {
        verdict,
        kind: FindingKind.STATE,
        reason: REASON,
        message,
        retryable: true,
        remedy: {
          setting: "onUnavailable",
          role: Role.AGENT,
          text: "start the daemon, or let the client go on with allowFor",
        },
      },
    ],
  });
}
