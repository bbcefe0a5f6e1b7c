import { setImmediate } from "node:timers/promises";

/** Longest stretch of work on the main thread before others get their turn, ms: their calls come on top of it in each turn. */
const SLICE_MS = 3;

/** Work that gives way: `next` resolves at once within a slice, and after everybody else's turn at its end. */
export interface Slices {
  next(): Promise<void> | undefined;
  /** Ends the slice now. */
  giveWay(): Promise<void>;
}

export function createSlices(): Slices {
  let startedMs = performance.now();
  const giveWay = async (): Promise<void> => {
    await setImmediate();
    startedMs = performance.now();
  };
  return { next: () => (performance.now() - startedMs < SLICE_MS ? undefined : giveWay()), giveWay };
}
