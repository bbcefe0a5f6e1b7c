// How long a burst of messages may hold up everything else. A peer or a thread that was late finds a hundred messages at once,
// and they would all be applied in one turn of the event loop: receipts of the file, other calls and timers would wait for the
// last of them. After a while the rest waits for the next turn, one message of each stream; behind it reading pauses.

/** Messages of streams are applied in one turn of the event loop until so much of it has passed, ms. */
const TURN_MS = 2;

/** A stream that keeps a message back. */
export interface WaitingReader {
  /** Reads what it has kept back, and goes on. */
  readOn(): void;
}

export class ReadingTurns {
  /** Instants of the first and the last message of this turn, ms; no turn is open without one. */
  #firstMs: number | undefined;
  #lastMs = 0;
  /** In the order in which they had to wait. */
  #waiting: WaitingReader[] = [];

  /** A message was applied at `nowMs`, monotonic. */
  note(nowMs: number): void {
    this.#lastMs = nowMs;
    if (this.#firstMs !== undefined) return;
    this.#firstMs = nowMs;
    setImmediate(this.#next);
  }

  /** True when the message at hand has to wait: `reader` is told when it may go on. */
  defers(reader: WaitingReader): boolean {
    if (!this.#isSpent()) return false;
    this.#waiting.push(reader);
    return true;
  }

  #isSpent(): boolean {
    return this.#firstMs !== undefined && this.#lastMs - this.#firstMs >= TURN_MS;
  }

  readonly #next = (): void => {
    this.#firstMs = undefined;
    if (this.#waiting.length === 0) return;
    const waiting = this.#waiting;
    let read = 0;
    while (read < waiting.length && !this.#isSpent()) waiting[read++]?.readOn();
    this.#waiting = waiting.slice(read);
    // Whoever waits on is never forgotten: a message that was refused notes no instant.
    if (this.#waiting.length > 0 && this.#firstMs === undefined) setImmediate(this.#next);
  };
}
