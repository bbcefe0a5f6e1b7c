import type { Finding } from "../domain/decision.ts";
import type { Now } from "../domain/time.ts";
import { keepViolation } from "../engine/events/push.ts";
import type { World } from "../engine/world.ts";
import type { EngineHost } from "./engine-host.ts";

// Reads the clock of an idle daemon often enough that a jump is confirmed a second later, and makes what was confirmed a
// fact that operators see.

/** As long as two readings that confirm a jump are apart. */
const READ_EVERY_MS = 1_000;

export class ClockWatch {
  #host: EngineHost | undefined;
  #timer: NodeJS.Timeout | undefined;
  /** Confirmed before there was an engine to tell. */
  readonly #early: number[] = [];

  start(host: EngineHost): void {
    this.#host = host;
    this.#timer = setInterval(() => host.now(), READ_EVERY_MS);
    this.#timer.unref();
    for (const byMs of this.#early.splice(0)) this.noticed(byMs);
  }

  /** A jump was confirmed, perhaps in the middle of a turn: it is told in a turn of its own. */
  noticed(byMs: number): void {
    const host = this.#host;
    if (host === undefined) this.#early.push(byMs);
    else setImmediate(() => host.turn((world, now) => keepStep(world, now, byMs)));
  }

  stop(): void {
    clearInterval(this.#timer);
  }
}

/** It concerns the daemon, no execution and no tenant. */
function keepStep(world: World, now: Now, byMs: number): void {
  const message = `the wall clock jumped ahead by ${byMs} ms`;
  const finding: Finding = { verdict: "WARN", kind: "STATE", reason: "CLOCK_STEP", message };
  keepViolation(world, finding, now, "", "", undefined, undefined);
  world.effects.push({ type: "clock_step", byMs });
}
