import type { CallerId } from "../../../domain/ids.ts";
import type { ExecutionRecord } from "../execution-record.ts";

/** What an entry is compared with. */
interface Named {
  record(index: number): ExecutionRecord;
}

// Executions by caller and id. Open addressing in one typed array: looking up the hundred ids of a message step by step
// lets the processor wait for a hundred cache lines at once, where a Map makes it wait for one after the other
// (docs/decisions/0012).

const NONE = -1;
/** Place of a removed entry: looking up goes on behind it. */
const REMOVED = -2;

export class IdIndex {
  readonly #named: Named;
  /** Two words per place: hash, index. */
  #table = emptyTable(1024);
  #mask = 1023;
  /** Places in use, removed ones included. */
  #used = 0;
  #size = 0;
  /** Hashes of the lookups in flight. */
  #hashes = new Int32Array(1024);

  /** What all hashes begin with: a secret one keeps agents from choosing ids that collide. */
  readonly #seed: number;

  constructor(named: Named, seed: string) {
    this.#named = named;
    this.#seed = addToHash(seed.length, seed);
  }

  /** The index at the first place of a hash, mostly the one that is looked for; or -1. */
  likely(hash: number): number {
    return Math.max(NONE, this.#table[(hash & this.#mask) * 2 + 1] as number);
  }

  /** Writes the index of each id, or -1, to `found`: the same as `find` for each, with their cache misses side by side. */
  findAll(caller: CallerId, asked: readonly { readonly executionId: string }[], found: Int32Array): void {
    const count = asked.length;
    if (this.#hashes.length < count) this.#hashes = new Int32Array(count * 2);
    const hashes = this.#hashes;
    const table = this.#table;
    const mask = this.#mask;
    const named = this.#named;
    const start = addToHash(this.#seed, caller);
    for (let at = 0; at < count; at++) hashes[at] = mix(addToHash(start, idAt(asked, at)));
    for (let at = 0; at < count; at++) found[at] = table[((hashes[at] as number) & mask) * 2 + 1] as number;
    let read = 0;
    for (let at = 0; at < count; at++) {
      const index = found[at] as number;
      if (index >= 0) read += named.record(index).id.length;
    }
    this.fetched = read;
    for (let at = 0; at < count; at++)
      found[at] = this.findHash(hashes[at] as number, caller, idAt(asked, at));
  }

  /** `hash`: of its caller and id. */
  insert(index: number, hash: number): void {
    if ((this.#used + 1) * 2 > this.#mask) this.#rebuild(this.#size + 1);
    this.#put(hash, index);
    this.#used++;
    this.#size++;
  }

  /** Makes room for so many entries at once. */
  reserve(size: number): void {
    if ((size + 1) * 2 > this.#mask) this.#rebuild(size);
  }

  remove(record: ExecutionRecord): void {
    const table = this.#table;
    let place = this.hash(record.caller, record.id) & this.#mask;
    while (table[place * 2 + 1] !== record.index) {
      if (table[place * 2 + 1] === NONE) return;
      place = (place + 1) & this.#mask;
    }
    table[place * 2 + 1] = REMOVED;
    this.#size--;
  }

  /** Kept so that the loop that fetches records has a use, and is not left out. */
  fetched = 0;

  /** 32 bits over all characters of both; what is found is compared afterwards. */
  hash(caller: CallerId, id: string): number {
    return mix(addToHash(addToHash(this.#seed, caller), id));
  }

  /** The same of an id of plain ASCII that stands in `bytes` from `from` up to `to`. */
  hashBytes(caller: CallerId, bytes: Uint8Array, from: number, to: number): number {
    let hash = addToHash(this.#seed, caller);
    let at = from;
    for (; at < to - 1; at += 2) hash = added(hash, bytes[at] as number, bytes[at + 1] as number);
    return mix(at < to ? added(hash, bytes[at] as number, 0) : hash);
  }

  /** The index of an id whose hash is known, or -1. */
  findHash(hash: number, caller: CallerId, id: string): number {
    const table = this.#table;
    for (let place = hash & this.#mask; ; place = (place + 1) & this.#mask) {
      const index = table[place * 2 + 1] as number;
      if (index === NONE) return NONE;
      if (table[place * 2] !== hash || index === REMOVED) continue;
      const record = this.#named.record(index);
      if (record.id === id && record.caller === caller) return index;
    }
  }

  #put(hash: number, index: number): void {
    const table = this.#table;
    let place = hash & this.#mask;
    while ((table[place * 2 + 1] as number) >= 0) place = (place + 1) & this.#mask;
    table[place * 2] = hash;
    table[place * 2 + 1] = index;
  }

  /** Twice the room that `size` entries take, without the removed ones. */
  #rebuild(size: number): void {
    const before = this.#table;
    let places = 1024;
    while (places < size * 4) places *= 2;
    this.#table = emptyTable(places);
    this.#mask = places - 1;
    this.#used = this.#size;
    for (let at = 0; at < before.length; at += 2) {
      const index = before[at + 1] as number;
      if (index >= 0) this.#put(before[at] as number, index);
    }
  }
}

function emptyTable(places: number): Int32Array {
  return new Int32Array(places * 2).fill(NONE);
}

function idAt(asked: readonly { readonly executionId: string }[], at: number): string {
  return (asked[at] as { readonly executionId: string }).executionId;
}

/** FNV-1a of two characters a step: each step waits for the multiplication of the step before it. */
function addToHash(hash: number, text: string): number {
  const last = text.length - 1;
  let sum = hash;
  let at = 0;
  for (; at < last; at += 2) sum = added(sum, text.charCodeAt(at), text.charCodeAt(at + 1));
  return at === last ? added(sum, text.charCodeAt(at), 0) : sum;
}

function added(hash: number, first: number, second: number): number {
  return Math.imul(hash ^ (first << 16) ^ second, FNV_PRIME);
}

const FNV_PRIME = 0x01000193;

function mix(hash: number): number {
  const mixed = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  return mixed ^ (mixed >>> 13);
}
