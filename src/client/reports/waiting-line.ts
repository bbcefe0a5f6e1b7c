interface Waiter {
  readonly until: number;
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
}

/** Promises that wait for a number to be reached. Numbers may come in any order; waiting in rising order costs nothing. */
export class WaitingLine {
  readonly #waiters: Waiter[] = [];

  wait(until: number): Promise<void> {
    return new Promise((resolve, reject) => {
      let at = this.#waiters.length;
      while (at > 0 && (this.#waiters[at - 1] as Waiter).until > until) at--;
      this.#waiters.splice(at, 0, { until, resolve, reject });
    });
  }

  /** Lets go everyone who waits for `reached` or less. */
  advance(reached: number): void {
    while (this.#waiters.length > 0 && (this.#waiters[0] as Waiter).until <= reached)
      this.#waiters.shift()?.resolve();
  }

  fail(error: Error): void {
    for (const waiter of this.#waiters.splice(0)) waiter.reject(error);
  }
}
