/** Lines of one kind that are written within a second; the rest is counted. */
const LINES_PER_SECOND = 50;
const WINDOW_MS = 1_000;

/** Keeps a flood of refusals from becoming a flood of lines. */
export class LineBudget {
  #windowStartMs = Number.NEGATIVE_INFINITY;
  #lines = 0;
  #suppressed = 0;

  /**
   * Whether one more line may be written at this instant. `suppressed` is what was left out since the last line that was
   * written after a pause; the caller writes it down.
   */
  take(nowMs: number): { readonly isAllowed: boolean; readonly suppressed: number } {
    let suppressed = 0;
    if (nowMs - this.#windowStartMs >= WINDOW_MS) {
      suppressed = this.#suppressed;
      this.#windowStartMs = nowMs;
      this.#lines = 0;
      this.#suppressed = 0;
    }
    if (this.#lines >= LINES_PER_SECOND) {
      this.#suppressed += 1;
      return { isAllowed: false, suppressed };
    }
    this.#lines += 1;
    return { isAllowed: true, suppressed };
  }
}
