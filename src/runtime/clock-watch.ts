import { keepViolation } from "../engine/events/push.ts";
import type { EngineHost } from "./engine-host.ts";

// Reads the clock of an idle daemon often enough that a jump is confirmed a second later, and makes what was confirmed a
// fact that operators see.

/** As long as two readings that confirm a jump are apart. */
const READ_EVERY_MS = 1_000;

export class ClockWatch {
  readonly #host: EngineHost;
  readonly #timer: NodeJS.Timeout;

  constructor(host: EngineHost) {
    this.#host = host;
    this.#timer = setInterval(() => host.now(), READ_EVERY_MS);
    this.#timer.unref();
  }

  /** A jump was confirmed, perhaps in the middle of a turn: it is told in a turn of its own. */
  noticed(byMs: number): void {
    setImmediate(() => {
      this.#host.turn((world, now) => {
        const message = `the wall clock jumped ahead by ${byMs} ms`;
        // It concerns the daemon, no execution and no tenant.
        keepViolation(world, { verdict: "WARN", kind: "STATE", reason: "CLOCK_STEP", message }, now, "", "", undefined, undefined);
        world.effects.push({ type: "clock_step", byMs });
      });
    });
  }

  stop(): void {
    clearInterval(this.#timer);
  }
}
