/** Latencies in ms, kept one by one. */
export class Latencies {
  readonly #all: number[] = [];

  add(ms: number): void {
    this.#all.push(ms);
  }

  get count(): number {
    return this.#all.length;
  }

  /** The latency that a share of all stays below. */
  at(share: number): number {
    const sorted = this.#all.toSorted((one, other) => one - other);
    return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
  }
}

/** Calls `send` so often per second for so long, in bursts of a millisecond; told is when the burst was due. */
export async function pace(
  perSecond: number,
  durationMs: number,
  send: (dueMs: number) => void,
): Promise<void> {
  const startMs = performance.now();
  let sent = 0;
  for (;;) {
    const nowMs = performance.now();
    const elapsedMs = Math.min(nowMs - startMs, durationMs);
    const due = Math.floor((elapsedMs * perSecond) / 1_000);
    for (; sent < due; sent++) send(nowMs);
    if (elapsedMs >= durationMs) return;
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
}
