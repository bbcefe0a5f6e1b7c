// One budget divided among members: max-min by weight. Everybody gets what the weights give, but never less than what is
// taken already, and no more than is wanted or allowed; what some leave goes to those who need more.

export interface Claim {
  /** Parts of the pool beside the others': millionths. */
  readonly weight: bigint;
  /** What it gets in any case: what it has used and holds, and its `min`. */
  readonly floor: bigint;
  /** What it gets at most: its `max`. */
  readonly ceiling: bigint;
  /** What it is expected to need until the window ends. */
  readonly demand: bigint;
}

/**
 * Shares in the order of the claims, in the unit of `total`. Their sum is at most `total`, unless the floors alone are more. What is left
 * when every demand is met is divided by weight as well.
 */
export function dividePool(total: bigint, claims: readonly Claim[]): readonly bigint[] {
  const wanted = claims.map((claim) => ({
    ...claim,
    ceiling: atLeast(claim.floor, atMost(claim.demand, claim.ceiling)),
  }));
  const needed = fill(total, wanted);
  const rest = claims.map((claim, at) => ({
    ...claim,
    floor: needed[at] as bigint,
    ceiling: atLeast(needed[at] as bigint, claim.ceiling),
  }));
  return sum(needed) < total ? fill(total, rest) : needed;
}

type Bounded = Pick<Claim, "weight" | "floor" | "ceiling">;

/** The highest level at which all together still fit: everybody has its weight times the level, between its bounds. */
function fill(total: bigint, claims: readonly Bounded[]): readonly bigint[] {
  let low = 0n;
  // At the highest level the lightest member there can be, a millionth, has all.
  let high = total * STEPS + 1n;
  while (low < high) {
    const middle = (low + high + 1n) / 2n;
    if (sum(sharesAt(middle, claims)) <= total) low = middle;
    else high = middle - 1n;
  }
  return sharesAt(low, claims);
}

/** What a weight of 1 is. */
export const MILLION = 1_000_000n;
/** Levels to a unit of a weight of one millionth: so fine that what rounding loses is no unit of anybody. */
const STEPS = MILLION * MILLION * MILLION;

function sharesAt(level: bigint, claims: readonly Bounded[]): readonly bigint[] {
  return claims.map(({ weight, floor, ceiling }) =>
    atLeast(floor, atMost((weight * level) / STEPS, ceiling)),
  );
}

function sum(amounts: readonly bigint[]): bigint {
  return amounts.reduce((all, one) => all + one, 0n);
}

function atLeast(floor: bigint, value: bigint): bigint {
  return value < floor ? floor : value;
}

function atMost(value: bigint, ceiling: bigint): bigint {
  return value > ceiling ? ceiling : value;
}
