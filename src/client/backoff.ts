import { setTimeout as sleep } from "node:timers/promises";

/** First pause before a connection is tried again: a daemon that restarts is back in about this time. */
const FIRST_MS = 50;
/** Longest pause: short enough that a stop still reaches the agent soon after the daemon is back. */
const LONGEST_MS = 2_000;

/** Pauses that double up to 2 s, each shortened at random by up to a half so that clients do not come back at once. */
export class Backoff {
  #nextMs = FIRST_MS;
  readonly #random: () => number;

  constructor(random: () => number = Math.random) {
    this.#random = random;
  }

  /** The next pause, milliseconds. */
  next(): number {
    const pauseMs = this.#nextMs * (1 - this.#random() / 2);
    this.#nextMs = Math.min(this.#nextMs * 2, LONGEST_MS);
    return pauseMs;
  }

  /** A connection held: the pauses begin anew. */
  reset(): void {
    this.#nextMs = FIRST_MS;
  }

  /** Waits for the next pause, or until `signal`. */
  async wait(signal?: AbortSignal): Promise<void> {
    try {
      await sleep(this.next(), undefined, signal === undefined ? {} : { signal });
    } catch (error) {
      if (signal?.aborted !== true) throw error;
    }
  }
}
