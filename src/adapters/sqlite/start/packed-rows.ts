// Collects loaded rows as put records in buffers, ready to be handed over without a copy. A row is proved where it lies, so
// it is copied once.

import { recordBytes } from "../../../ports/cut-records.ts";
import { RECORD_HEADER_BYTES, RECORD_PUT, type RowChunk } from "../../../ports/cut-store.ts";
import { createRowMemory, type RowMemory } from "../file/row-proof.ts";

/** Whoever takes them up works beside the reading: small enough that little is left to do when it ends. */
const CHUNK_BYTES = 512 * 1024;

/** Most stores are small: their rows need no large buffer. */
const FIRST_CHUNK_BYTES = 64 * 1024;

export class PackedRows {
  readonly #handOver: (chunk: RowChunk) => void;
  #memory: RowMemory = createRowMemory(FIRST_CHUNK_BYTES);
  #length = 0;
  #rowStart = 0;

  constructor(handOver: (chunk: RowChunk) => void) {
    this.#handOver = handOver;
  }

  /** The memory that the row placed last lies in, and where its image begins there. */
  get memory(): RowMemory {
    return this.#memory;
  }
  get imageStart(): number {
    return this.#rowStart + RECORD_HEADER_BYTES;
  }

  /** Copies `length` bytes of `source` from `from` on behind the last row. */
  place(table: number, key: number, source: Buffer, from: number, length: number): void {
    const size = recordBytes(length);
    if (this.#length + size > this.#memory.bytes.byteLength) this.#openChunk(size);
    const start = this.#length;
    const image = start + RECORD_HEADER_BYTES;
    const { bytes } = this.#memory;
    bytes.writeUInt32LE(RECORD_PUT | (table << 8), start);
    bytes.writeUInt32LE(length, start + 4);
    bytes.writeDoubleLE(key, start + 8);
    source.copy(bytes, image, from, from + length);
    bytes.fill(0, image + length, start + size);
    this.#rowStart = start;
    this.#length = start + size;
  }

  /** Takes the row placed last back. */
  drop(): void {
    this.#length = this.#rowStart;
  }

  /** Hands over what is left. */
  finish(): void {
    if (this.#length > 0) this.#closeChunk();
  }

  #openChunk(neededBytes: number): void {
    if (this.#length > 0) this.#closeChunk();
    this.#memory = createRowMemory(Math.max(CHUNK_BYTES, neededBytes));
  }

  #closeChunk(): void {
    this.#handOver({ records: this.#memory.words.buffer as ArrayBuffer, byteLength: this.#length });
    this.#memory = createRowMemory(0);
    this.#length = 0;
  }
}
