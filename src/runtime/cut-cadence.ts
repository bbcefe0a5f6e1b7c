// How long cuts keep apart. A commit that stands behind a checkpoint or another program's writes takes ten times as long as the others:
// what the disk usually takes is the median of the last ones, so that one slow commit holds up nobody after it.

/** Least time between the starts of two cuts, ms. */
export const CUT_GAP_MS = 2;
/** The gap is at least so many times what a commit takes: a third of the disk's time is ours. */
const GAP_COMMITS = 3;
/** Commits that are remembered; odd, so that one of them is the median. */
const REMEMBERED = 9;

export class CutCadence {
  readonly #commits: number[] = [];
  #next = 0;
  /** Least time from the start of the last cut to that of the next, ms. */
  gapMs = CUT_GAP_MS;

  /** @param commitMs what the last commit took */
  note(commitMs: number): void {
    this.#commits[this.#next] = commitMs;
    this.#next = (this.#next + 1) % REMEMBERED;
    const sorted = this.#commits.toSorted((one, other) => one - other);
    const median = sorted[sorted.length >> 1] as number;
    this.gapMs = Math.max(CUT_GAP_MS, GAP_COMMITS * median);
  }
}
