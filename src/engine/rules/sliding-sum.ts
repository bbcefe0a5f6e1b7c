// What was counted within a window that slides: sixty buckets, of which the oldest leaves as a new one begins. The sum reaches
// back between 59 and 60 sixtieths of the window.

export const BUCKETS = 60;

export interface SlidingSum {
  windowMs: number;
  /** Number of the newest bucket: its instant divided by the length of a bucket. */
  newest: number;
  /** By the bucket's number modulo BUCKETS. */
  readonly buckets: bigint[];
  total: bigint;
}

export function createSlidingSum(windowMs: number): SlidingSum {
  return { windowMs, newest: 0, buckets: new Array<bigint>(BUCKETS).fill(0n), total: 0n };
}

/** Adds to the bucket of an instant; one that lies before the newest bucket is added to the newest. */
export function addToSum(sum: SlidingSum, amount: bigint, wallMs: number): void {
  advance(sum, wallMs);
  const place = sum.newest % BUCKETS;
  sum.buckets[place] = (sum.buckets[place] as bigint) + amount;
  sum.total += amount;
}

/** What is in the window at an instant. Changes nothing. */
export function sumAt(sum: SlidingSum, wallMs: number): bigint {
  const steps = bucketOf(sum, wallMs) - sum.newest;
  if (steps <= 0) return sum.total;
  if (steps >= BUCKETS) return 0n;
  let total = sum.total;
  for (let step = 1; step <= steps; step++) total -= sum.buckets[(sum.newest + step) % BUCKETS] as bigint;
  return total;
}

/** Milliseconds until at least `excess` has left the window; the whole window when it never does before. */
export function timeToLeave(sum: SlidingSum, excess: bigint, wallMs: number): number {
  const length = sum.windowMs / BUCKETS;
  const newest = Math.max(sum.newest, bucketOf(sum, wallMs));
  let left = 0n;
  for (let step = 1; step <= BUCKETS; step++) {
    const bucket = newest + step;
    // A bucket that began after the newest known one holds nothing.
    if (bucket - BUCKETS <= sum.newest) left += sum.buckets[bucket % BUCKETS] as bigint;
    if (left >= excess) return Math.max(1, Math.ceil(bucket * length - wallMs));
  }
  return sum.windowMs;
}

/** A window of another length from now on: what was counted keeps its instants, as far as buckets know them. */
export function resizeSum(sum: SlidingSum, windowMs: number, wallMs: number): void {
  if (sum.windowMs === windowMs) return;
  const old = { length: sum.windowMs / BUCKETS, newest: sum.newest, buckets: sum.buckets.slice() };
  sum.windowMs = windowMs;
  sum.newest = bucketOf(sum, wallMs);
  sum.buckets.fill(0n);
  sum.total = 0n;
  for (let back = 0; back < BUCKETS; back++) {
    const from = old.newest - back;
    const amount = from < 0 ? 0n : (old.buckets[from % BUCKETS] as bigint);
    // The end of the old bucket: nothing leaves before its time.
    const bucket = Math.min(sum.newest, Math.floor(((from + 1) * old.length - 1) / (windowMs / BUCKETS)));
    if (amount === 0n || sum.newest - bucket >= BUCKETS || bucket < 0) continue;
    sum.buckets[bucket % BUCKETS] = (sum.buckets[bucket % BUCKETS] as bigint) + amount;
    sum.total += amount;
  }
}

/** Whether everything has left the window. */
export function isSumOver(sum: SlidingSum, wallMs: number): boolean {
  return sum.total === 0n || bucketOf(sum, wallMs) - sum.newest >= BUCKETS;
}

function bucketOf(sum: SlidingSum, wallMs: number): number {
  return Math.floor(wallMs / (sum.windowMs / BUCKETS));
}

function advance(sum: SlidingSum, wallMs: number): void {
  const bucket = bucketOf(sum, wallMs);
  const steps = bucket - sum.newest;
  if (steps <= 0) return;
  if (steps >= BUCKETS) {
    sum.buckets.fill(0n);
    sum.total = 0n;
  } else
    for (let step = 1; step <= steps; step++) {
      const place = (sum.newest + step) % BUCKETS;
      sum.total -= sum.buckets[place] as bigint;
      sum.buckets[place] = 0n;
    }
  sum.newest = bucket;
}
