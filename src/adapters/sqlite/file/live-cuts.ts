// Which cuts of the journal still hold the last word on some key. Under load nearly all that the journal holds was replaced by
// its newest rows: the others go without being read or put into a table.

/** Keys below this have their cut in an array; the keys of hot tables are places in arrays and stay far below. */
const DENSE_KEYS = 4_194_304;
const BYTES = Float64Array.BYTES_PER_ELEMENT;

/** Of one table: the cut that spoke of a key last, by its place among all cuts of this run, from 1 on; 0 is none. */
class LastCuts {
  #dense: Float64Array<ArrayBuffer>;
  readonly #sparse: Map<number, number>;

  constructor(dense = new Float64Array(64), sparse: ReadonlyMap<number, number> = new Map()) {
    this.#dense = dense;
    this.#sparse = new Map(sparse);
  }

  get(key: number): number {
    return (key < DENSE_KEYS ? this.#dense[key] : this.#sparse.get(key)) ?? 0;
  }

  /** Answers the place before. */
  replace(key: number, place: number): number {
    if (key >= DENSE_KEYS) {
      const before = this.#sparse.get(key) ?? 0;
      this.#sparse.set(key, place);
      return before;
    }
    if (key >= this.#dense.length) {
      const places = Math.max(this.#dense.length * 2, key + 1);
      this.#dense = new Float64Array(this.#dense.buffer.transfer(places * BYTES));
    }
    const before = this.#dense[key] as number;
    this.#dense[key] = place;
    return before;
  }

  copy(): LastCuts {
    return new LastCuts(this.#dense.slice(), this.#sparse);
  }
}

export class LiveCuts {
  readonly #tables: readonly LastCuts[];
  /** The cuts of the journal, ascending, and on how many keys each has the last word. */
  #numbers: number[] = [];
  #counts: number[] = [];
  /** Cuts that were there before the first of these. */
  #dropped = 0;
  #isOpen = false;
  /** What the cut being written replaced: table, key and place, again and again. */
  #replaced = new Float64Array(1024);
  #replacedLength = 0;

  constructor(tables: number | readonly LastCuts[]) {
    this.#tables = typeof tables === "number" ? Array.from({ length: tables }, () => new LastCuts()) : tables;
  }

  /** A cut above all others, which is being written. */
  begin(number: number): void {
    this.#numbers.push(number);
    this.#counts.push(0);
    this.#isOpen = true;
  }

  /** The cut that began last puts or deletes a row. */
  note(table: number, key: number): void {
    const last = this.#tables[table];
    if (last === undefined) throw new RangeError(`table ${table} has no journal`);
    const place = this.#dropped + this.#numbers.length;
    const before = last.replace(key, place);
    if (before === place) return;
    this.#count(before, -1);
    this.#count(place, 1);
    if (this.#replacedLength + 3 > this.#replaced.length)
      this.#replaced = new Float64Array(this.#replaced.buffer.transfer(this.#replaced.byteLength * 2));
    const at = this.#replacedLength;
    this.#replaced[at] = table;
    this.#replaced[at + 1] = key;
    this.#replaced[at + 2] = before;
    this.#replacedLength = at + 3;
  }

  /** The cut is in the file. */
  accept(): void {
    this.#isOpen = false;
    this.#replacedLength = 0;
  }

  /** The cut is not in the file, and replaces nothing. */
  rollBack(): void {
    if (!this.#isOpen) return;
    for (let at = 0; at < this.#replacedLength; at += 3) {
      const [table = 0, key = 0, before = 0] = this.#replaced.subarray(at, at + 3);
      this.#tables[table]?.replace(key, before);
      this.#count(before, 1);
    }
    this.#numbers.pop();
    this.#counts.pop();
    this.accept();
  }

  /** The cuts, the oldest first. */
  get numbers(): readonly number[] {
    return this.#numbers;
  }

  /** Whether a cut has the last word on any key. */
  isLive(number: number): boolean {
    return (this.#counts[this.#numbers.indexOf(number)] ?? 0) > 0;
  }

  /** Whether a cut has the last word on this key. */
  isLast(number: number, table: number, key: number): boolean {
    const place = this.#tables[table]?.get(key) ?? 0;
    return this.#numbers[place - this.#dropped - 1] === number;
  }

  /** The cuts up to this one are no longer in the journal. */
  drop(through: number): void {
    const kept = this.#numbers.findIndex((number) => number > through);
    const count = kept < 0 ? this.#numbers.length : kept;
    this.#numbers.splice(0, count);
    this.#counts.splice(0, count);
    this.#dropped += count;
  }

  /** As it stands now, whatever is noted afterwards. */
  copy(): LiveCuts {
    const copy = new LiveCuts(this.#tables.map((table) => table.copy()));
    copy.#numbers = [...this.#numbers];
    copy.#counts = [...this.#counts];
    copy.#dropped = this.#dropped;
    return copy;
  }

  /** @param place 0, or that of a cut that is no longer there, changes nothing */
  #count(place: number, change: number): void {
    const at = place - this.#dropped - 1;
    if (at >= 0) this.#counts[at] = (this.#counts[at] as number) + change;
  }
}
