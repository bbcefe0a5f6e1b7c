// What a measured process answers to the driver: CPU of its main thread and its memory.

export interface Sample {
  /** CPU of the main thread since the start, µs. */
  readonly cpuUs: number;
  readonly rss: number;
}

/** Answers every message with a sample; says `ready` now. */
export function answerSamples(stop: () => Promise<void> | void): void {
  process.on("message", (message) => {
    if (message === "stop") {
      void Promise.resolve(stop()).then(() => process.exit(0));
      return;
    }
    const { user, system } = process.threadCpuUsage();
    process.send?.({ cpuUs: user + system, rss: process.memoryUsage.rss() } satisfies Sample);
  });
  process.on("disconnect", () => process.exit(0));
  process.send?.("ready");
}
