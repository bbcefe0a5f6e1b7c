import { TollgateError } from "../../domain/errors.ts";
import type { Now } from "../../domain/time.ts";

/** How long the answer to a request with an id is remembered, ms, and how many are. */
const MEMORY_MS = 600_000;
const MAX_REMEMBERED = 10_000;

interface Remembered {
  readonly content: string;
  readonly answer: Promise<unknown>;
  readonly untilMs: number;
}

/**
 * First answers of requests that name an id, so that a retry is not a new request. In memory only: every operator's write
 * is harmless when it is done again.
 */
export class RequestMemory {
  readonly #byId = new Map<string, Remembered>();

  /** @throws TollgateError REQUEST_CONFLICT for the same id with other content */
  once<A>(requestId: string | undefined, content: string, now: Now, run: () => Promise<A>): Promise<A> {
    if (requestId === undefined) return run();
    const known = this.#byId.get(requestId);
    if (known !== undefined && known.untilMs > now.monoMs) {
      if (known.content === content) return known.answer as Promise<A>;
      throw new TollgateError("REQUEST_CONFLICT", `request ${requestId} was made with other content`, {
        fields: [{ field: "request_id", description: "was used for another request; use a new id" }],
      });
    }
    this.#forgetOld(now);
    const answer = run();
    this.#byId.delete(requestId);
    this.#byId.set(requestId, { content, answer, untilMs: now.monoMs + MEMORY_MS });
    // A request that failed may be tried again under its id.
    answer.catch(() => this.#byId.delete(requestId));
    return answer;
  }

  #forgetOld(now: Now): void {
    for (const [id, { untilMs }] of this.#byId) {
      if (untilMs > now.monoMs && this.#byId.size < MAX_REMEMBERED) return;
      this.#byId.delete(id);
    }
  }
}
