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

/** Goes on with a 32-bit hash over the heads of records. */
export function mixHead(hash: number, operation: number, table: number, key: number, length: number): number {
  const mixed = mixWord(mixWord(hash, operation | (table << 8)), length);
  return mixWord(mixWord(mixed, lowWord(key)), highWord(key));
}

/** A 32-bit hash over `count` words: no change of one word goes unseen. A CRC of the driver costs five times as much for a small image. */
export function hashWords(words: Int32Array, from: number, count: number, seed: number): number {
  let hash = seed;
  for (let at = from; at < from + count; at++) hash = mixWord(hash, words[at] as number);
  return scramble(hash) >>> 0;
}

/** Memory seen as bytes and as words at once. */
export interface RowMemory {
  readonly bytes: Buffer;
  readonly words: Int32Array;
}

export function createRowMemory(byteLength: number): RowMemory {
  const memory = new ArrayBuffer((byteLength + 7) & ~7);
  return { bytes: Buffer.from(memory), words: new Int32Array(memory) };
}

/** Computes what proves one image. One object, used again for every row: nothing is allocated. */
export class RowProof {
  /** CRC over the image, seeded with table and key, so that a row found under another key or table is named too. */
  crc = 0;
  /** A second, independent hash over the same. */
  second = 0;

  /** `start` is a multiple of 4; the bytes between the image and the next multiple of 4 are 0. */
  compute(table: number, key: number, memory: RowMemory, start: number, length: number): void {
    let hash = mixWord(mixWord(mixWord(length, table), lowWord(key)), highWord(key));
    this.crc = crc32(memory.bytes.subarray(start, start + length), hash >>> 0);
    const { words } = memory;
    const end = (start + length + 3) >>> 2;
    for (let index = start >>> 2; index < end; index += 1) hash = mixWord(hash, words[index] ?? 0);
    this.second = scramble(hash) >>> 0;
  }
}

/** Puts the trailer behind images. Reuses one buffer: what `seal` returns is valid until the next call. */
export class RowSealer {
  readonly proof = new RowProof();
  #memory = createRowMemory(4096);

  seal(table: number, key: number, image: Uint8Array): Buffer {
    const length = image.byteLength;
    if (length + TRAILER_BYTES > this.#memory.bytes.byteLength)
      this.#memory = createRowMemory((length + TRAILER_BYTES) * 2);
    const { bytes } = this.#memory;
    bytes.set(image, 0);
    bytes.fill(0, length, length + TRAILER_BYTES);
    this.proof.compute(table, key, this.#memory, 0, length);
    bytes.writeUInt32LE(this.proof.crc, length);
    bytes.writeUInt32LE(this.proof.second, length + 4);
    return bytes.subarray(0, length + TRAILER_BYTES);
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
