import { isSweeping } from "../engine/policy/refresh-policy.ts";
import { runDue } from "../engine/time/run-due.ts";
import type { EngineHost } from "./engine-host.ts";

// One timer for all deadlines of the engine. Due work runs in slices, so that a thousand deadlines at once do not stall
// the requests between them.

/** Most pieces of due work in one slice. */
const SLICE = 256;
/**
 * A slice ends with the piece in which this time is over, ms: most pieces take some ten microseconds, the end of a tree a
 * tenth of a millisecond, and a collection of young objects that falls into a slice must find room in a millisecond, too.
 */
const SLICE_MS = 0.1;
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
    const { fanOut, quotaFanOut, executions } = world;
    const isPending = fanOut.pending || quotaFanOut.pending || isSweeping(world) || executions.hasUnread;
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
    const endMs = performance.now() + SLICE_MS;
    const isEnough = () => performance.now() >= endMs;
    const done = this.#host.turn((world, now) => runDue(world, now, SLICE, isEnough));
    if (this.#stopped) return;
    if (done > 0 && (done >= SLICE || isEnough())) setImmediate(() => this.#run());
    else this.arm();
  }
}
