/** Places at first; a power of two. */
const FIRST_PLACES = 1_024;
const NONE = -1;

/**
 * The generations in which rows were marked, of rows that are few among their keys: events have 256 keys per execution, and an array over all of
 * them would be a hundred megabytes for 100,000 executions, copied whenever it grows. Only rows that are marked are in it.
 * Open addressing in typed arrays: nothing for V8 to collect.
 */
export class SparseStamps {
  #keys = new Float64Array(FIRST_PLACES).fill(NONE);
  #stamps = new Int32Array(FIRST_PLACES);
  #size = 0;

  /** Rows that are marked. */
  get size(): number {
    return this.#size;
  }

  /** 0 when the row is not marked. */
  get(key: number): number {
    return this.#stamps[this.#find(key)] as number;
  }

  /** 0 takes the mark away. */
  set(key: number, stamp: number): void {
    const place = this.#find(key);
    const isKnown = this.#keys[place] === key;
    if (stamp === 0) {
      if (isKnown) this.#remove(place);
      return;
    }
    this.#keys[place] = key;
    this.#stamps[place] = stamp;
    if (isKnown) return;
    this.#size++;
    if (this.#size * 2 > this.#keys.length) this.#grow();
  }

  /** Where the key is, or the free place where it belongs. */
  #find(key: number): number {
    const keys = this.#keys;
    let place = this.#home(key);
    while (keys[place] !== key && keys[place] !== NONE) place = (place + 1) & (keys.length - 1);
    return place;
  }

  #home(key: number): number {
    // Keys of one execution are neighbours, those of its siblings 256 apart: multiplied they spread over all places.
    return (Math.imul(key, 0x9e37_79b1) >>> 7) & (this.#keys.length - 1);
  }

  /** What follows without a gap and belongs further up moves there, so that nothing is ever looked for in vain. */
  #remove(place: number): void {
    const keys = this.#keys;
    const mask = keys.length - 1;
    let gap = place;
    for (let at = (gap + 1) & mask; keys[at] !== NONE; at = (at + 1) & mask) {
      const distance = (at - this.#home(keys[at] as number)) & mask;
      if (distance < ((at - gap) & mask)) continue;
      keys[gap] = keys[at] as number;
      this.#stamps[gap] = this.#stamps[at] as number;
      gap = at;
    }
    keys[gap] = NONE;
    this.#stamps[gap] = 0;
    this.#size--;
  }

  #grow(): void {
    const keys = this.#keys;
    const stamps = this.#stamps;
    this.#keys = new Float64Array(keys.length * 2).fill(NONE);
    this.#stamps = new Int32Array(keys.length * 2);
    for (let place = 0; place < keys.length; place++) {
      const key = keys[place] as number;
      if (key === NONE) continue;
      const to = this.#find(key);
      this.#keys[to] = key;
      this.#stamps[to] = stamps[place] as number;
    }
  }
}
