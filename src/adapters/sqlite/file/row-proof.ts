// What proves one row: a CRC and a second 32-bit hash behind its image, and from both a keyed 64-bit element of the set
// hash of its table (set-hash.ts). Everything here is 32-bit integer arithmetic: BigInt would cost ten times as much.

import { crc32 } from "node:zlib";

/** Bytes behind each image: u32 CRC over table, key and image, u32 second hash over the same (little endian). */
export const TRAILER_BYTES = 8;

/** Bytes of the key of the set hash, random per file. */
export const HASH_KEY_BYTES = 16;

/** Scrambles 32 bits so that each input bit reaches each output bit (finaliser of MurmurHash3, public domain). */
function scramble(value: number): number {
  let h = value ^ (value >>> 16);
  h = Math.imul(h, 0x85ebca6b);
  h ^= h >>> 13;
  h = Math.imul(h, 0xc2b2ae35);
  return h ^ (h >>> 16);
}

function mixWord(hash: number, word: number): number {
  let k = Math.imul(word, 0xcc9e2d51);
  k = (k << 15) | (k >>> 17);
  let h = hash ^ Math.imul(k, 0x1b873593);
  h = (h << 13) | (h >>> 19);
  return (Math.imul(h, 5) + 0xe6546b64) | 0;
}

/** Low and high half of a key below 2^53. */
function lowWord(key: number): number {
  return key | 0;
}
function highWord(key: number): number {
  return Math.floor(key / 4_294_967_296) | 0;
}

/** One image with its proof. Reuses one buffer: what `seal` returns is valid until the next call. */
export class RowSealer {
  crc = 0;
  second = 0;
  #buffer = Buffer.alloc(0);
  #words = new Int32Array(0);

  constructor() {
    this.#grow(4096);
  }

  /** The image followed by its trailer; `crc` and `second` are set. */
  seal(table: number, key: number, image: Uint8Array): Buffer {
    this.prove(table, key, image);
    const length = image.byteLength;
    this.#buffer.writeUInt32LE(this.crc, length);
    this.#buffer.writeUInt32LE(this.second, length + 4);
    return this.#buffer.subarray(0, length + TRAILER_BYTES);
  }

  /** Sets `crc` and `second` to what proves this image under this table and key. */
  prove(table: number, key: number, image: Uint8Array): void {
    const length = image.byteLength;
    if (length + TRAILER_BYTES + 4 > this.#buffer.byteLength) this.#grow((length + TRAILER_BYTES + 4) * 2);
    this.#buffer.set(image, 0);
    this.#buffer.fill(0, length, length + 4);
    let hash = mixWord(mixWord(mixWord(length, table), lowWord(key)), highWord(key));
    // Table and key seed both, so that a row found under another key or table is named too.
    this.crc = crc32(this.#buffer.subarray(0, length), hash >>> 0);
    const words = this.#words;
    const count = (length + 3) >>> 2;
    for (let index = 0; index < count; index += 1) hash = mixWord(hash, words[index] ?? 0);
    this.second = scramble(hash) >>> 0;
  }

  #grow(bytes: number): void {
    const memory = new ArrayBuffer((bytes + 7) & ~7);
    this.#buffer = Buffer.from(memory);
    this.#words = new Int32Array(memory);
  }
}

/** The keyed 64-bit element of one row in the set hash of its table, as two unsigned halves. Never 0, which is "no row". */
export class ElementHash {
  low = 0;
  high = 0;
  readonly #key: Int32Array;

  constructor(hashKey: Uint8Array) {
    const copy = new Uint8Array(HASH_KEY_BYTES);
    copy.set(hashKey.subarray(0, HASH_KEY_BYTES));
    this.#key = new Int32Array(copy.buffer);
  }

  compute(table: number, key: number, crc: number, second: number): void {
    const k = this.#key;
    this.low = this.#half(k[0] ?? 0, k[1] ?? 0, table, key, crc, second);
    this.high = this.#half(k[2] ?? 0, k[3] ?? 0, table, key, second, crc);
    if (this.low === 0 && this.high === 0) this.low = 1;
  }

  #half(seed: number, closing: number, table: number, key: number, first: number, second: number): number {
    let hash = mixWord(mixWord(seed, table), lowWord(key));
    hash = mixWord(mixWord(mixWord(hash, highWord(key)), first), second);
    return scramble(mixWord(hash, closing)) >>> 0;
  }
}
