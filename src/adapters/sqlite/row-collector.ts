import type { RowChunk, RowReceiver } from "../../ports/cut-store.ts";

/** Keeps what stands of the rows that come. */
export class RowCollector implements RowReceiver {
  chunks: RowChunk[] = [];

  begin(): void {
    this.chunks = [];
  }

  take(chunk: RowChunk): void {
    this.chunks.push(chunk);
  }
}
