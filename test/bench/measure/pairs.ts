// From runs in pairs to one figure with its interval.

export interface Figure {
  readonly value: number;
  /** Least and greatest of the pairs. */
  readonly interval: readonly [number, number];
  /** What both come from. */
  readonly values: readonly number[];
}

export function figureOf(values: readonly number[]): Figure {
  return { value: median(values), interval: [Math.min(...values), Math.max(...values)], values };
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((one, other) => one - other);
  const middle = sorted.length / 2;
  const upper = sorted[Math.floor(middle)] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : (upper + (sorted[middle - 1] ?? Number.NaN)) / 2;
}

export interface Pairs<T> {
  readonly pairs: readonly { readonly echo: T; readonly daemon: T }[];
}

/** Runs of both, in the order A B, B A, A B …: what drifts falls on both. */
export async function runPairs<T>(
  count: number,
  echo: () => Promise<T>,
  daemon: () => Promise<T>,
): Promise<Pairs<T>> {
  await echo();
  await daemon();
  const pairs: { echo: T; daemon: T }[] = [];
  for (let at = 0; at < count; at++) {
    if (at % 2 === 0) {
      const first = await echo();
      pairs.push({ echo: first, daemon: await daemon() });
    } else {
      const first = await daemon();
      pairs.push({ daemon: first, echo: await echo() });
    }
  }
  return { pairs };
}

export function ratios<T>({ pairs }: Pairs<T>, of: (echo: T, daemon: T) => number): Figure {
  return figureOf(pairs.map(({ echo, daemon }) => of(echo, daemon)));
}

/** The same figure of echo against echo: what the machine alone does to it. */
export function sameRatios<T>({ pairs }: Pairs<T>, of: (echo: T, other: T) => number): Figure {
  return figureOf(pairs.slice(1).map(({ echo }, at) => of(pairs[at]?.echo ?? echo, echo)));
}
