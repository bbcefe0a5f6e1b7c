import { type Figure, figureOf, median } from "./pairs.ts";

export interface Budget extends Figure {
  readonly id: string;
  readonly what: string;
  /** The least or the most allowed; absent: printed without a bound. */
  readonly bound?: { readonly atLeast: number } | { readonly atMost: number };
  readonly unit: string;
  /** The echo against itself, and absolute figures. */
  readonly beside?: string;
}

export function budget(
  id: string,
  what: string,
  figure: Figure,
  unit: string,
  bound?: Budget["bound"],
  beside?: string,
): Budget {
  return {
    id,
    what,
    ...figure,
    unit,
    ...(bound === undefined ? {} : { bound }),
    ...(beside === undefined ? {} : { beside }),
  };
}

/** The same budget, measured several times: a bound that was measured as well is in the middle of what it was. */
export function together(measured: readonly Budget[]): Budget {
  const [first] = measured;
  if (first === undefined) throw new RangeError("no measurement");
  const boundOf = ({ bound }: Budget): number =>
    bound === undefined ? Number.NaN : "atLeast" in bound ? bound.atLeast : bound.atMost;
  const bound = median(measured.map(boundOf));
  const besides = new Set(measured.flatMap(({ beside }) => beside ?? []));
  return {
    ...first,
    ...figureOf(measured.flatMap(({ values }) => values)),
    ...(first.bound === undefined
      ? {}
      : { bound: "atLeast" in first.bound ? { atLeast: bound } : { atMost: bound } }),
    ...(besides.size === 0 ? {} : { beside: [...besides].join("; then ") }),
  };
}

/** Fails only when the whole interval is beyond the bound. */
export function isHeld({ bound, interval }: Budget): boolean {
  if (bound === undefined) return true;
  return "atLeast" in bound ? interval[1] >= bound.atLeast : interval[0] <= bound.atMost;
}

/** The figure itself is beyond the bound, though not its whole interval. */
export function isNear(one: Budget): boolean {
  if (one.bound === undefined || !isHeld(one)) return false;
  return "atLeast" in one.bound ? one.value < one.bound.atLeast : one.value > one.bound.atMost;
}

export function formatFigure({ value, interval }: Figure, digits = 3): string {
  return `${round(value, digits)} (${round(interval[0], digits)} … ${round(interval[1], digits)})`;
}

export function round(value: number, digits = 3): string {
  return String(Number(value.toPrecision(digits)));
}
