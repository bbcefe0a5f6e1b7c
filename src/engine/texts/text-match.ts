/** Something found in a text, in UTF-16 units: from `start` to before `end`. The text itself never goes with it. */
export interface TextMatch {
  /** What it is: `email`, `override`; of a detector's published list. */
  readonly kind: string;
  readonly start: number;
  readonly end: number;
}
