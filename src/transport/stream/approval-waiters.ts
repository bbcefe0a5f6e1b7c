import type { Effect } from "../../engine/world.ts";
import type { EngineAccess } from "../engine-access.ts";

/** Polls that wait for the answer to an approval. */
export class ApprovalWaiters {
  readonly #waiting = new Map<string, Set<() => void>>();

  constructor(host: EngineAccess) {
    host.onEffect((effect) => this.#onEffect(effect));
  }

  /** Resolves when the approval is answered, after `ms`, or when `stop` is called, whichever comes first. */
  wait(approvalId: string, ms: number): { readonly answered: Promise<void>; readonly stop: () => void } {
    let stop = (): void => undefined;
    const answered = new Promise<void>((resolve) => {
      const timer = setTimeout(() => stop(), ms);
      const waiting = this.#waiting.get(approvalId) ?? new Set();
      this.#waiting.set(approvalId, waiting);
      stop = () => {
        clearTimeout(timer);
        waiting.delete(stop);
        if (waiting.size === 0) this.#waiting.delete(approvalId);
        resolve();
      };
      waiting.add(stop);
    });
    return { answered, stop };
  }

  stopAll(): void {
    for (const waiting of [...this.#waiting.values()]) for (const stop of [...waiting]) stop();
  }

  #onEffect(effect: Effect): void {
    if (effect.type !== "approval_answered") return;
    for (const stop of [...(this.#waiting.get(effect.approvalId) ?? [])]) stop();
  }
}
