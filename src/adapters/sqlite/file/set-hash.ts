// The set hash of one table: the sum mod 2^64 of the elements of its rows. The element of every live row is kept in
// memory (8 bytes a row), so that a put or a delete needs no read of the old image.

/** Keys below this have their element in an array; the keys of hot tables are places in arrays and stay far below. */
const DENSE_KEYS = 4_194_304;

export class TableProof {
  /** The sum, as two unsigned halves. */
  low = 0;
  high = 0;
  rowCount = 0;
  #dense = new Uint32Array(2048);
  readonly #sparse = new Map<number, readonly [low: number, high: number]>();

  lowOf(key: number): number {
    return key < DENSE_KEYS ? (this.#dense[key * 2] ?? 0) : (this.#sparse.get(key)?.[0] ?? 0);
  }

  highOf(key: number): number {
    return key < DENSE_KEYS ? (this.#dense[key * 2 + 1] ?? 0) : (this.#sparse.get(key)?.[1] ?? 0);
  }

  /** Puts the element of a row in the place of its old one; 0, 0 is "no row". */
  replace(key: number, low: number, high: number): void {
    const oldLow = this.lowOf(key);
    const oldHigh = this.highOf(key);
    const added = low !== 0 || high !== 0;
    const removed = oldLow !== 0 || oldHigh !== 0;
    this.rowCount += (added ? 1 : 0) - (removed ? 1 : 0);
    this.#add(low, high);
    this.#subtract(oldLow, oldHigh);
    if (key >= DENSE_KEYS) {
      if (added) this.#sparse.set(key, [low, high]);
      else this.#sparse.delete(key);
      return;
    }
    if (key * 2 >= this.#dense.length) this.#grow(key);
    this.#dense[key * 2] = low;
    this.#dense[key * 2 + 1] = high;
  }

  #add(low: number, high: number): void {
    const sum = this.low + low;
    this.low = sum >>> 0;
    this.high = (this.high + high + (sum > 0xffffffff ? 1 : 0)) >>> 0;
  }

  #subtract(low: number, high: number): void {
    const difference = this.low - low;
    this.low = difference >>> 0;
    this.high = (this.high - high - (difference < 0 ? 1 : 0)) >>> 0;
  }

  #grow(key: number): void {
    const larger = new Uint32Array(Math.max(this.#dense.length * 2, (key + 1) * 2));
    larger.set(this.#dense);
    this.#dense = larger;
  }
}

/** What one transaction changed in the proofs, to take it back when the transaction fails. */
export class ProofJournal {
  readonly #proofs: readonly TableProof[];
  #entries: number[] = [];

  constructor(proofs: readonly TableProof[]) {
    this.#proofs = proofs;
  }

  replace(table: number, key: number, low: number, high: number): void {
    const proof = this.#proofs[table];
    if (proof === undefined) throw new RangeError(`table ${table} is unknown`);
    this.#entries.push(table, key, proof.lowOf(key), proof.highOf(key));
    proof.replace(key, low, high);
  }

  accept(): void {
    this.#entries = [];
  }

  /** Undoes in the reverse order: one cut may touch a key twice. */
  rollBack(): void {
    for (let at = this.#entries.length - 4; at >= 0; at -= 4) {
      const [table = 0, key = 0, low = 0, high = 0] = this.#entries.slice(at, at + 4);
      this.#proofs[table]?.replace(key, low, high);
    }
    this.#entries = [];
  }
}
