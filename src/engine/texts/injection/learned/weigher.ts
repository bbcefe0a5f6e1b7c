// How far the words of a text are those of an order against whom the agent answers to. What a word weighs was learned from the texts in
// training/: what such orders have weighs above zero, what honest texts have below it.

const FEATURE_BITS = 19;
export const FEATURE_COUNT = 1 << FEATURE_BITS;
/** Tokens that are weighed together: an order hides in a longer text. */
const WINDOW_BITS = 6;
const WINDOW = 1 << WINDOW_BITS;
/** Keeps the words of a short text from weighing too much. */
const FEW = 10;
/** The heaviest of many windows weighs more by chance alone: what is taken off as a text grows by its e-fold. */
const LONGER = 0.25;
/** Bits of the features whose last place is remembered, and how many these are. */
const SEEN_BITS = 12;
const SEEN = 1 << SEEN_BITS;
/** Of a place that was seen: which of its features it was, and above that the number of the token. */
const TAG_BITS = FEATURE_BITS - SEEN_BITS;
/** Numbers of tokens go on from text to text up to here: with the bits of a feature they are a whole number. */
const MAX_TOKENS = 1 << (31 - TAG_BITS);

/** Tokens of a text that weigh most together, from `first` up to before `end`, and what they weigh. */
export interface Heaviest {
  readonly weight: number;
  readonly first: number;
  readonly end: number;
}

/**
 * Weighs a window of tokens at a time, by two features each: the token, and the token behind the one before it. What a window has twice
 * counts once.
 */
export class Weigher {
  readonly #weights: Int8Array | Float64Array;
  /** What each token of the window adds, by its number modulo WINDOW. */
  readonly #recent: Int32Array | Float64Array;
  /** By feature modulo SEEN: which it was, and which token had it last; one number, since most of the time goes into finding it. */
  readonly #seen = new Int32Array(SEEN);
  /** So that what another text had is too far away. */
  #next = WINDOW;

  /** `weights`: by feature, of FEATURE_COUNT. */
  constructor(weights: Int8Array | Float64Array) {
    this.#weights = weights;
    this.#recent = weights instanceof Int8Array ? new Int32Array(WINDOW) : new Float64Array(WINDOW);
  }

  /** `hashes`: of the tokens, `count` of them. One pass. */
  weigh(hashes: Int32Array, count: number): Heaviest {
    const weights = this.#weights;
    const recent = this.#recent.fill(0);
    const seen = this.#seen;
    const from = this.#begin(count);
    const window = Math.min(WINDOW, count);
    let before = 0;
    let sum = 0;
    let most = Number.NEGATIVE_INFINITY;
    let end = 0;
    for (let at = 0; at < count; at += 1) {
      const token = from + at;
      const slot = token & (WINDOW - 1);
      const hash = hashes[at] as number;
      sum -= recent[slot] as number;
      // What the window has already counts where it stands last. Computed rather than branched on: words come again unforeseen.
      const feature = featureOf(hash);
      const place = feature & (SEEN - 1);
      const mark = (token << TAG_BITS) | (feature >>> SEEN_BITS);
      const since = tokensSince(mark, seen[place] as number);
      seen[place] = mark;
      const weight = weights[feature] as number;
      const again = weight * isInWindow(since);
      const pair = featureOfPair(before, hash);
      const pairPlace = pair & (SEEN - 1);
      const pairMark = (token << TAG_BITS) | (pair >>> SEEN_BITS);
      const pairSince = tokensSince(pairMark, seen[pairPlace] as number);
      seen[pairPlace] = pairMark;
      const pairWeight = weights[pair] as number;
      const pairAgain = pairWeight * isInWindow(pairSince);
      recent[slot] = weight + pairWeight;
      const last = (token - since) & (WINDOW - 1);
      recent[last] = (recent[last] as number) - again;
      const pairLast = (token - pairSince) & (WINDOW - 1);
      recent[pairLast] = (recent[pairLast] as number) - pairAgain;
      sum += weight - again;
      sum += pairWeight - pairAgain;
      before = hash;
      if (at < window - 1 || sum <= most) continue;
      most = sum;
      end = at + 1;
    }
    return { weight: count === 0 ? 0 : most * shareOf(window, count), first: end - window, end };
  }

  /** Of one token, with what stands before it. */
  weightOf(hashes: Int32Array, token: number): number {
    const hash = hashes[token] as number;
    const before = token === 0 ? 0 : (hashes[token - 1] as number);
    return (
      (this.#weights[featureOf(hash)] as number) + (this.#weights[featureOfPair(before, hash)] as number)
    );
  }

  #begin(count: number): number {
    const from = this.#next;
    if (from + count + WINDOW < MAX_TOKENS) {
      this.#next = from + count + WINDOW;
      return from;
    }
    this.#seen.fill(0);
    this.#next = count + 2 * WINDOW;
    return WINDOW;
  }
}

/** How many tokens before this one it was seen; of another feature, more than fit into a window. */
function tokensSince(mark: number, seen: number): number {
  const apart = mark - seen;
  return (apart >>> TAG_BITS) | (apart << (32 - TAG_BITS));
}

/** 1 or 0. */
function isInWindow(since: number): number {
  return ((since >>> WINDOW_BITS) - 1) >>> 31;
}

/** What each weight counts in a window of so many tokens, of a text of `count`. */
export function shareOf(window: number, count: number): number {
  return 1 / (Math.sqrt(window + FEW) * (1 + LONGER * Math.log(count / window)));
}

/** Of a token by its hash. */
export function featureOf(hash: number): number {
  return Math.imul(hash ^ (hash >>> 15), 0x9e37_79b1) >>> (32 - FEATURE_BITS);
}

/** Of a token behind another one, 0 where there is none. */
export function featureOfPair(before: number, hash: number): number {
  return featureOf((Math.imul(before, 0x85eb_ca6b) + hash + 1) | 0);
}
