import { randomUUID } from "node:crypto";
import { readFileSync } from "node:fs";
import { performance } from "node:perf_hooks";

/** What the machine's clocks say, unjudged. */
export interface RawClock {
  /** Milliseconds of CLOCK_MONOTONIC: the same origin for every process of this boot. */
  monoMs(): number;
  wallMs(): number;
  /** Names this boot of the machine. */
  readonly bootId: string;
}

export function openSystemClock(): RawClock {
  // `performance.now()` reads the same clock as hrtime, counted from the start of the process: two numbers and no bigint.
  const [seconds, nanos] = process.hrtime();
  const originMs = seconds * 1_000 + nanos / 1_000_000 - performance.now();
  return { monoMs: () => originMs + performance.now(), wallMs: () => Date.now(), bootId: readBootId() };
}

/** Without a boot id (not Linux) every start counts as another boot: time away is then read from the wall clock. */
function readBootId(): string {
  try {
    return readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim();
  } catch {
    return randomUUID();
  }
}
