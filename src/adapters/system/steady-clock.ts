import { createNow, HOUR_MS, type Now } from "../../domain/time.ts";
import type { Clock } from "../../ports/clock.ts";
import type { RawClock } from "./system-clock.ts";

// The clock that the engine is told. A wall clock that jumps ahead by more than an hour within one boot is not believed at
// once: until two readings a second apart agree, the wall time goes on as the monotonic clock says, so that one wrong
// reading ends no quota window. Steps back and small steps are believed at once: they end nothing.

/** A jump further ahead than this has to be confirmed. */
export const CLOCK_STEP_MS = HOUR_MS;
/** How far apart the two agreeing readings are. */
export const CONFIRM_AFTER_MS = 1_000;
/** Two readings agree when they differ by less than this, beyond the time between them. */
const AGREEMENT_MS = 500;

export interface ClockStep {
  readonly byMs: number;
}

export class SteadyClock implements Clock {
  readonly bootId: string;
  readonly #raw: RawClock;
  readonly #onStep: (step: ClockStep) => void;
  /** Wall time minus monotonic time, as believed. */
  #offsetMs: number;
  /** A jump that waits to be confirmed. */
  #suspect: { readonly offsetMs: number; readonly sinceMonoMs: number } | undefined;

  /** `onStep` is told of every jump that was confirmed, outside of any engine turn or within one: it must only take note. */
  constructor(raw: RawClock, onStep: (step: ClockStep) => void) {
    this.bootId = raw.bootId;
    this.#raw = raw;
    this.#onStep = onStep;
    this.#offsetMs = raw.wallMs() - raw.monoMs();
  }

  /** Goes on from an instant that the last cut of the same boot kept: a jump between two starts is seen as well. */
  resumeFrom(last: { readonly monoMs: number; readonly wallMs: number }): void {
    const monoMs = this.#raw.monoMs();
    const toldMs = this.#raw.wallMs() - monoMs;
    const offsetMs = last.wallMs - last.monoMs;
    const isStep = toldMs - offsetMs > CLOCK_STEP_MS;
    this.#suspect = isStep ? { offsetMs: toldMs, sinceMonoMs: monoMs } : undefined;
    this.#offsetMs = isStep ? offsetMs : toldMs;
  }

  /** True while a jump waits to be confirmed: read the clock again within about a second. */
  get isSuspect(): boolean {
    return this.#suspect !== undefined;
  }

  now(): Now {
    const monoMs = this.#raw.monoMs();
    const offsetMs = this.#raw.wallMs() - monoMs;
    const byMs = offsetMs - this.#offsetMs;
    if (byMs > CLOCK_STEP_MS) this.#judgeStep(offsetMs, monoMs, byMs);
    else {
      this.#offsetMs = offsetMs;
      this.#suspect = undefined;
    }
    return createNow(monoMs, Math.floor(monoMs + this.#offsetMs));
  }

  #judgeStep(offsetMs: number, monoMs: number, byMs: number): void {
    const suspect = this.#suspect;
    if (suspect === undefined || Math.abs(offsetMs - suspect.offsetMs) > AGREEMENT_MS) {
      this.#suspect = { offsetMs, sinceMonoMs: monoMs };
      return;
    }
    if (monoMs - suspect.sinceMonoMs < CONFIRM_AFTER_MS) return;
    this.#offsetMs = offsetMs;
    this.#suspect = undefined;
    this.#onStep({ byMs: Math.round(byMs) });
  }
}
