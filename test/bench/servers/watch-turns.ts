import { readThreadCpuMs } from "../measure/thread-cpu.ts";

/** The longest turn of the event loop since the last look. */
export interface LongestTurn {
  /** Wall clock, ms: what other programs of the machine take is in it. */
  readonly turnMs: number;
  /** CPU of the main thread, ms. */
  readonly turnCpuMs: number;
}

/** Looks at the clock once a turn from now on; the answer tells the longest turn and forgets it. */
export function watchTurns(): () => LongestTurn {
  let longest = { turnMs: 0, turnCpuMs: 0 };
  let lastMs = performance.now();
  let lastCpuMs = readThreadCpuMs();
  const look = (): void => {
    const nowMs = performance.now();
    const nowCpuMs = readThreadCpuMs();
    longest = {
      turnMs: Math.max(longest.turnMs, nowMs - lastMs),
      turnCpuMs: Math.max(longest.turnCpuMs, nowCpuMs - lastCpuMs),
    };
    lastMs = nowMs;
    lastCpuMs = nowCpuMs;
    setImmediate(look);
  };
  setImmediate(look);
  return () => {
    const told = longest;
    longest = { turnMs: 0, turnCpuMs: 0 };
    return told;
  };
}
