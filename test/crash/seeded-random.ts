// Random numbers that a printed seed brings back.

export class SeededRandom {
  #state: number;

  constructor(seed: number) {
    this.#state = seed | 0;
  }

  /** 0 ≤ result < 1. (mulberry32, public domain) */
  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0;
    let t = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  }

  /** A whole number, 0 ≤ result < `below`. */
  below(below: number): number {
    return Math.floor(this.next() * below);
  }
}

/** The seed of this run: TOLLGATE_TEST_SEED, or a new one. Printed, so that a failure can be run again. */
export function printedSeed(name: string): number {
  const given = process.env["TOLLGATE_TEST_SEED"];
  const seed = given === undefined ? Math.floor(Math.random() * 0x7fffffff) : Number(given);
  console.log(`${name}: TOLLGATE_TEST_SEED=${seed}`);
  return seed;
}

/** How often: the smaller figure in `npm test`, the larger one in `npm run test:full`. */
export function atScale(normal: number, full: number): number {
  return process.env["TOLLGATE_TEST_SCALE"] === "full" ? full : normal;
}
