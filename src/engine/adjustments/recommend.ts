/** What one past window asked for: what was used, or with what was refused more. */
export type PastDemand = bigint;

/** Of past use, what a value may have refused: one percent. */
const REFUSED_PERCENT = 1n;

/**
 * The least value that would have refused at most one percent of past demand; undefined without any. Arithmetic that a person can
 * redo: what each window asked for above the value, together, against the whole.
 */
export function recommendQuota(past: readonly PastDemand[]): bigint | undefined {
  const whole = past.reduce((all, one) => all + one, 0n);
  if (whole === 0n) return undefined;
  let low = 0n;
  let high = past.reduce((most, one) => (one > most ? one : most), 0n);
  while (low < high) {
    const middle = (low + high) / 2n;
    const refused = past.reduce((all, one) => all + (one > middle ? one - middle : 0n), 0n);
    if (refused * 100n <= whole * REFUSED_PERCENT) high = middle;
    else low = middle + 1n;
  }
  return high;
}
