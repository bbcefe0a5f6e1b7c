// Collects loaded rows as put records in buffers of a few megabytes, ready to be handed over without a copy.

import { RECORD_PUT } from "../../../ports/cut-store.ts";
import { RecordPacker, recordBytes } from "../../../ports/cut-records.ts";

/** Large enough that 100,000 rows take few buffers, small enough to be freed one by one. */
const CHUNK_BYTES = 4 * 1024 * 1024;

export interface PackedChunk {
  readonly records: ArrayBuffer;
  readonly byteLength: number;
}

export class PackedRows {
  readonly #chunks: PackedChunk[] = [];
  #packer = new RecordPacker(64 * 1024);

  add(table: number, key: number, image: Uint8Array): void {
    const full = this.#packer.byteLength + recordBytes(image.byteLength) > CHUNK_BYTES;
    if (full && this.#packer.rowCount > 0) this.#close();
    this.#packer.add(RECORD_PUT, table, key, image);
  }

  finish(): readonly PackedChunk[] {
    if (this.#packer.rowCount > 0) this.#close();
    return this.#chunks;
  }

  #close(): void {
    this.#chunks.push(this.#packer.finish());
    this.#packer = new RecordPacker(CHUNK_BYTES);
  }
}
