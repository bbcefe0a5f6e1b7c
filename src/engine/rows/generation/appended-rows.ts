import { RECORD_APPEND } from "../../../ports/cut-store.ts";
import { CutBuffer } from "../cut-buffer.ts";

/** Bytes of a piece: copied into a cut in some ten microseconds. */
const PIECE_BYTES = 64 * 1_024;
/** Pieces that are kept to be used again. */
const SPARE_PIECES = 16;

/**
 * Rows for tables that are only appended to, packed at once: as texts they would lie in V8's heap until their cut, and a
 * hundred thousand halts at once would be copied from one part of it to the next, in pauses longer than a slice may be.
 */
export class AppendedRows {
  #pieces: CutBuffer[] = [];
  readonly #spare: ArrayBuffer[] = [];
  rowCount = 0;
  byteLength = 0;

  add(table: number, sequence: number, text: string): void {
    const last = this.#pieces.at(-1);
    const most = CutBuffer.bytesOf(text);
    const piece = last !== undefined && last.length + most <= last.byteLength ? last : this.#begin(most);
    const before = piece.length;
    piece.text(RECORD_APPEND, table, sequence, text);
    this.rowCount++;
    this.byteLength += piece.length - before;
  }

  #begin(leastBytes: number): CutBuffer {
    const bytes = leastBytes > PIECE_BYTES ? new ArrayBuffer((leastBytes + 7) & ~7) : this.#spare.pop();
    const piece = new CutBuffer(bytes ?? new ArrayBuffer(PIECE_BYTES));
    this.#pieces.push(piece);
    return piece;
  }

  /** Hands out all pieces, oldest first. */
  take(): CutBuffer[] {
    const pieces = this.#pieces;
    this.#pieces = [];
    this.rowCount = 0;
    this.byteLength = 0;
    return pieces;
  }

  /** What a piece held is copied: its room serves again. */
  release(piece: CutBuffer): void {
    if (piece.byteLength === PIECE_BYTES && this.#spare.length < SPARE_PIECES) this.#spare.push(piece.take());
  }
}
