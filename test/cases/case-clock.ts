import { createNow, type Now } from "../../src/domain/time.ts";
import type { Clock } from "../../src/ports/clock.ts";

/** Stands still unless a case moves it. */
export class CaseClock implements Clock {
  readonly bootId = "boot-of-the-case";
  #monoMs = 10_000_000;
  #wallMs: number;

  constructor(at: string) {
    this.#wallMs = Date.parse(at);
    if (Number.isNaN(this.#wallMs)) throw new Error(`"${at}" is no instant`);
  }

  now(): Now {
    return createNow(this.#monoMs, this.#wallMs);
  }

  advance(ms: number): void {
    this.#monoMs += ms;
    this.#wallMs += ms;
  }
}
