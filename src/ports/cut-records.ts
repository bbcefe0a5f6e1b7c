// The packed records of a cut (cut-store.ts): one reader and one packer, so that nobody counts bytes twice.

import { RECORD_APPEND, RECORD_DELETE, RECORD_HEADER_BYTES, RECORD_PUT } from "./cut-store.ts";

/** Bytes that a record with an image of `length` bytes takes, padding included. */
export function recordBytes(length: number): number {
  return RECORD_HEADER_BYTES + ((length + 7) & ~7);
}

/** Walks packed records: `next()` moves to a record, the fields describe it. The image is not copied. */
export class RecordReader {
  readonly bytes: Uint8Array;
  operation = 0;
  /** Index into STATE_TABLES; into APPEND_TABLES when `operation` is RECORD_APPEND. */
  table = 0;
  key = 0;
  /** Where the record begins and ends in `bytes`; its image begins a header later. All are multiples of 8. */
  start = 0;
  end = 0;
  imageLength = 0;
  readonly #view: DataView;

  constructor(records: ArrayBuffer, byteLength: number) {
    if (byteLength > records.byteLength) throw new MalformedRecords("records are shorter than they say");
    this.bytes = new Uint8Array(records, 0, byteLength);
    this.#view = new DataView(records, 0, byteLength);
  }

  /** False at the end. @throws MalformedRecords when what follows is no whole record. */
  next(): boolean {
    const at = this.end;
    if (at === this.bytes.byteLength) return false;
    if (at + RECORD_HEADER_BYTES > this.bytes.byteLength)
      throw new MalformedRecords("a record header is cut off");
    this.operation = this.#view.getUint8(at);
    this.table = this.#view.getUint8(at + 1);
    this.imageLength = this.#view.getUint32(at + 4, true);
    this.key = this.#view.getFloat64(at + 8, true);
    this.start = at;
    this.end = at + recordBytes(this.imageLength);
    if (this.end > this.bytes.byteLength) throw new MalformedRecords("a record image is cut off");
    if (this.operation < RECORD_PUT || this.operation > RECORD_APPEND) {
      throw new MalformedRecords(`operation ${this.operation} is unknown`);
    }
    if (!Number.isSafeInteger(this.key) || this.key < 0)
      throw new MalformedRecords(`key ${this.key} is no place`);
    if (this.operation === RECORD_DELETE && this.imageLength !== 0)
      throw new MalformedRecords("a delete has an image");
    return true;
  }

  /** The image of the present record, as a view. */
  image(): Uint8Array {
    const from = this.start + RECORD_HEADER_BYTES;
    return this.bytes.subarray(from, from + this.imageLength);
  }
}

/** Packs records into one buffer that grows by doubling. */
export class RecordPacker {
  #records: ArrayBuffer;
  #bytes: Uint8Array;
  #view: DataView;
  #length = 0;
  #rowCount = 0;

  constructor(capacityBytes = 64 * 1024) {
    this.#records = new ArrayBuffer(recordBytes(capacityBytes));
    this.#bytes = new Uint8Array(this.#records);
    this.#view = new DataView(this.#records);
  }

  get byteLength(): number {
    return this.#length;
  }

  get rowCount(): number {
    return this.#rowCount;
  }

  /** Adds one record; `table` is an index into STATE_TABLES, or APPEND_TABLES for an append. */
  add(operation: number, table: number, key: number, image: Uint8Array): void {
    const at = this.#length;
    const end = at + recordBytes(image.byteLength);
    if (end > this.#records.byteLength) this.#grow(end);
    this.#view.setUint8(at, operation);
    this.#view.setUint8(at + 1, table);
    this.#view.setUint16(at + 2, 0, true);
    this.#view.setUint32(at + 4, image.byteLength, true);
    this.#view.setFloat64(at + 8, key, true);
    this.#bytes.set(image, at + RECORD_HEADER_BYTES);
    this.#bytes.fill(0, at + RECORD_HEADER_BYTES + image.byteLength, end);
    this.#length = end;
    this.#rowCount += 1;
  }

  /** The buffer and what of it is in use. The packer is not used again. */
  finish(): { readonly records: ArrayBuffer; readonly byteLength: number; readonly rowCount: number } {
    return { records: this.#records, byteLength: this.#length, rowCount: this.#rowCount };
  }

  #grow(needed: number): void {
    const larger = new ArrayBuffer(Math.max(needed, this.#records.byteLength * 2));
    const bytes = new Uint8Array(larger);
    bytes.set(this.#bytes.subarray(0, this.#length));
    this.#records = larger;
    this.#bytes = bytes;
    this.#view = new DataView(larger);
  }
}

/** Records that break their own format: a mistake of ours, never written to a file. */
export class MalformedRecords extends Error {
  override readonly name = "MalformedRecords";
}
