import { isSweeping } from "../engine/policy/refresh-policy.ts";
import { runDue } from "../engine/time/run-due.ts";
import type { EngineHost } from "./engine-host.ts";

// One timer for all deadlines of the engine. Due work runs in slices, so that a thousand deadlines at once do not stall
// the requests between them.

/** Pieces of due work in one slice: about a millisecond, at 0.17 ms for a halt with its event and its violation. */
const SLICE = 6;
/** Longest time a Node timer can be armed for, ms; further deadlines re-arm. */
const LONGEST_TIMER_MS = 2_147_483_647;

export class DeadlineLoop {
  readonly #host: EngineHost;
  #timer: NodeJS.Timeout | undefined;
  #armedFor = Number.POSITIVE_INFINITY;
  #stopped = false;

  constructor(host: EngineHost) {
    this.#host = host;
    host.onTurn(() => this.arm());
  }

  /** Arms the timer for the earliest deadline; call when deadlines were added. */
  arm(): void {
    if (this.#stopped) return;
    const { world } = this.#host;
    const isPending = world.fanOut.pending || world.quotaFanOut.pending || isSweeping(world);
    const next = isPending ? 0 : world.deadlines.next();
    if (next === undefined || next >= this.#armedFor) return;
    clearTimeout(this.#timer);
    this.#armedFor = next;
    const wait = Math.max(0, Math.ceil(next - this.#host.now().monoMs));
    this.#timer = setTimeout(() => this.#run(), Math.min(wait, LONGEST_TIMER_MS));
  }

  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#timer);
  }

  #run(): void {
    this.#armedFor = Number.POSITIVE_INFINITY;
    const done = this.#host.turn((world, now) => runDue(world, now, SLICE));
    if (this.#stopped) return;
    if (done >= SLICE) setImmediate(() => this.#run());
    else this.arm();
  }
}
