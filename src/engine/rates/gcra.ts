// The generic cell rate algorithm (ITU-T I.371): one instant per bucket says how far ahead of time it is. What it admits
// within any time t is at most burst + rps × t, exactly: instants and intervals are whole multiples of one tick, so that
// sums of them have no rounding.

/** Ticks of a millisecond. Sums stay exact for four years of uptime; a rate of 100,000 a second is off by 0.2 % at most. */
const TICKS_PER_MS = 65_536;

export interface Rate {
  /** Requests per second; 0 lets nothing pass. */
  readonly rps: number;
  /** Requests that may come at once, at least 1 but for a rate of 0. */
  readonly burst: number;
}

/** A rate as numbers to compare with; ms of the monotonic clock, whole ticks. */
export interface CompiledRate extends Rate {
  /** Time between two requests, rounded up to a tick. */
  readonly intervalMs: number;
  /** How far a bucket may be ahead of time. */
  readonly toleranceMs: number;
}

export function compileRate(rate: Rate): CompiledRate {
  if (rate.rps === 0) return { rps: 0, burst: 0, intervalMs: Number.POSITIVE_INFINITY, toleranceMs: 0 };
  const intervalMs = Math.ceil((1000 * TICKS_PER_MS) / rate.rps) / TICKS_PER_MS;
  return { ...rate, intervalMs, toleranceMs: intervalMs * rate.burst };
}

/** The instant of a bucket after `weight` requests at `monoMs`; 0 and everything before `monoMs` is a full bucket. */
export function advance(rate: CompiledRate, instantMs: number, weight: number, monoMs: number): number {
  return startOf(rate, instantMs, monoMs) + weight * rate.intervalMs;
}

/** How long until `weight` requests pass, ms, rounded up; 0 = now. Infinity when they are above the burst. */
export function waitFor(rate: CompiledRate, instantMs: number, weight: number, monoMs: number): number {
  if (weight > rate.burst) return Number.POSITIVE_INFINITY;
  const ahead = advance(rate, instantMs, weight, monoMs) - floorTick(monoMs);
  return ahead <= rate.toleranceMs ? 0 : Math.ceil(ahead - rate.toleranceMs);
}

/** Whole requests that pass at once. */
export function remainingOf(rate: CompiledRate, instantMs: number, monoMs: number): number {
  const ahead = startOf(rate, instantMs, monoMs) - floorTick(monoMs);
  return Math.floor((rate.toleranceMs - ahead) / rate.intervalMs);
}

/** A bucket that was filled under another rate is empty at worst. */
function startOf(rate: CompiledRate, instantMs: number, monoMs: number): number {
  const now = floorTick(monoMs);
  if (instantMs <= now) return now;
  return Math.min(instantMs, now + rate.toleranceMs);
}

function floorTick(ms: number): number {
  return Math.floor(ms * TICKS_PER_MS) / TICKS_PER_MS;
}
