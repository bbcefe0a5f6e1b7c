import { performance } from "node:perf_hooks";

/** Ten readings a second: a stall of the 50 ms that matter is seen about every second time, and an idle daemon stays idle. */
const READ_EVERY_MS = 100;

/** Measures how late a timer fires: what every request waits before it is looked at. */
export class EventLoopWatch {
  readonly #timer: NodeJS.Timeout;
  #expectedMs = performance.now() + READ_EVERY_MS;

  constructor(onDelay: (seconds: number) => void) {
    this.#timer = setInterval(() => {
      const now = performance.now();
      onDelay(Math.max(0, now - this.#expectedMs) / 1_000);
      this.#expectedMs = now + READ_EVERY_MS;
    }, READ_EVERY_MS);
    this.#timer.unref();
  }

  stop(): void {
    clearInterval(this.#timer);
  }
}
