// What a measured process answers to the driver: CPU of its main thread and its memory.

import { readThreadCpuMs } from "../measure/thread-cpu.ts";
import type { LongestTurn } from "./watch-turns.ts";

export interface Sample {
  /** CPU of the main thread since the start, µs. */
  readonly cpuUs: number;
  readonly rss: number;
}

/** Answers every message with a sample, or with the longest turn where turns are watched; says `ready` now. */
export function answerSamples(stop: () => Promise<void> | void, longest?: () => LongestTurn): void {
  process.on("message", (message) => {
    if (message === "stop") {
      void Promise.resolve(stop()).then(() => process.exit(0));
      return;
    }
    if (message === "longest turn") {
      process.send?.(longest?.());
      return;
    }
    process.send?.({ cpuUs: readThreadCpuMs() * 1_000, rss: process.memoryUsage.rss() } satisfies Sample);
  });
  process.on("disconnect", () => process.exit(0));
  process.send?.("ready");
}
