import { RECORD_HEADER_BYTES, RECORD_PUT } from "../../ports/cut-store.ts";

// Packs rows into one buffer in the record format of ports/cut-store.ts. Every record starts on a multiple of 8, so that
// numbers are written through typed views without a DataView per value.

/** Bytes of a buffer that nobody says more of. */
export const FIRST_BYTES = 256 * 1024;
const encoder = new TextEncoder();

export class CutBuffer {
  #bytes: ArrayBuffer;
  u8: Uint8Array;
  i32: Int32Array;
  f64: Float64Array;
  i64: BigInt64Array;
  /** Bytes in use. */
  length = 0;
  rowCount = 0;
  /** Place of the next byte of the open record's body; a multiple of 8 when a record begins. */
  at = 0;
  #start = 0;
  /** Of the open record of words: place of the next one, and a bit for each that is not zero. */
  #word = 0;
  #low = 0;
  #high = 0;

  constructor(bytes: ArrayBuffer = new ArrayBuffer(FIRST_BYTES)) {
    this.#bytes = bytes;
    this.u8 = new Uint8Array(bytes);
    this.i32 = new Int32Array(bytes);
    this.f64 = new Float64Array(bytes);
    this.i64 = new BigInt64Array(bytes);
  }

  /** Opens a record with room for `maxBytes` of body. */
  begin(operation: number, table: number, key: number, maxBytes: number): void {
    const start = this.length;
    this.#reserve(start + RECORD_HEADER_BYTES + maxBytes + 8);
    this.i32[start >> 2] = operation | (table << 8);
    this.f64[(start >> 3) + 1] = key;
    this.#start = start;
    this.at = start + RECORD_HEADER_BYTES;
  }

  writeF64(value: number): void {
    this.f64[this.at >> 3] = value;
    this.at += 8;
  }

  writeI64(value: bigint): void {
    this.i64[this.at >> 3] = value;
    this.at += 8;
  }

  /** Two 32-bit numbers in one place of eight bytes. */
  writeI32Pair(first: number, second: number): void {
    const place = this.at >> 2;
    this.i32[place] = first;
    this.i32[place + 1] = second;
    this.at += 8;
  }

  /**
   * Opens a record of at most `words` numbers of eight bytes, of which only those that are not zero are kept: most counters
   * of most rows are. Two words of 32 bits before them say which ones are there; `expandWords` reads it.
   */
  beginWords(table: number, key: number, words: number): void {
    this.begin(RECORD_PUT, table, key, (words + 1) * 8);
    this.at += 8;
    this.#word = 0;
    this.#low = 0;
    this.#high = 0;
  }

  addF64(value: number): void {
    if (value !== 0) {
      this.#present();
      this.writeF64(value);
    }
    this.#word++;
  }

  addI64(value: bigint): void {
    if (value !== 0n) {
      this.#present();
      this.writeI64(value);
    }
    this.#word++;
  }

  addI32Pair(first: number, second: number): void {
    if ((first | second) !== 0) {
      this.#present();
      this.writeI32Pair(first, second);
    }
    this.#word++;
  }

  endWords(): void {
    const place = (this.#start + RECORD_HEADER_BYTES) >> 2;
    this.i32[place] = this.#low;
    this.i32[place + 1] = this.#high;
    this.end();
  }

  #present(): void {
    if (this.#word < 32) this.#low |= 1 << this.#word;
    else this.#high |= 1 << (this.#word - 32);
  }

  end(): void {
    const start = this.#start;
    this.i32[(start >> 2) + 1] = this.at - start - RECORD_HEADER_BYTES;
    const next = (this.at + 7) & ~7;
    this.u8.fill(0, this.at, next);
    this.length = next;
    this.rowCount++;
  }

  get byteLength(): number {
    return this.#bytes.byteLength;
  }

  /** The most bytes that a record with this text as its body may need. */
  static bytesOf(text: string): number {
    return RECORD_HEADER_BYTES + text.length * 3 + 8;
  }

  /** A whole record whose body is text. */
  text(operation: number, table: number, key: number, text: string): void {
    this.begin(operation, table, key, text.length * 3);
    this.at += encoder.encodeInto(text, this.u8.subarray(this.at)).written;
    this.end();
  }

  /** Whole records copied from another buffer. */
  copy(records: Uint8Array, rowCount: number): void {
    this.#reserve(this.length + records.byteLength);
    this.u8.set(records, this.length);
    this.length += records.byteLength;
    this.rowCount += rowCount;
  }

  /** Hands the buffer out; this object must not be used afterwards. */
  take(): ArrayBuffer {
    return this.#bytes;
  }

  #reserve(size: number): void {
    if (size <= this.#bytes.byteLength) return;
    const grown = new ArrayBuffer(Math.max(size, this.#bytes.byteLength * 2));
    new Uint8Array(grown).set(this.u8.subarray(0, this.length));
    this.#bytes = grown;
    this.u8 = new Uint8Array(grown);
    this.i32 = new Int32Array(grown);
    this.f64 = new Float64Array(grown);
    this.i64 = new BigInt64Array(grown);
  }
}

/** One record of a packed buffer: where its body lies. */
export interface PackedRecord {
  readonly operation: number;
  readonly table: number;
  readonly key: number;
  /** Offset and length of the whole record, padding included. */
  readonly start: number;
  readonly size: number;
  readonly bodyAt: number;
  readonly bodyLength: number;
}

export function* packedRecords(records: ArrayBuffer, byteLength: number): Generator<PackedRecord> {
  const i32 = new Int32Array(records);
  const f64 = new Float64Array(records);
  let start = 0;
  while (start < byteLength) {
    const head = i32[start >> 2] as number;
    const bodyLength = i32[(start >> 2) + 1] as number;
    const bodyAt = start + RECORD_HEADER_BYTES;
    const size = ((bodyAt + bodyLength + 7) & ~7) - start;
    const key = f64[(start >> 3) + 1] as number;
    yield { operation: head & 0xff, table: (head >> 8) & 0xff, key, start, size, bodyAt, bodyLength };
    start += size;
  }
}
