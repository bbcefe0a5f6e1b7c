import type { Decision } from "../../domain/decision.ts";

/** A request that named a `request_id`, and its first answer. */
export interface RequestRow {
  readonly row: number;
  readonly index: number;
  readonly requestId: string;
  readonly digest: string;
  readonly answer: Decision;
  /** When the hold that it extended expires, wall clock. */
  readonly expiresAtMs?: number | undefined;
  readonly expiresMono: number;
}

/** How long a request id is remembered, and how many of one execution. */
export const REQUEST_MEMORY_MS = 600_000;
export const MAX_REQUESTS = 10_000;

export class RequestTable {
  readonly entries: (RequestRow | undefined)[] = [];
  /** In the order in which they are forgotten. */
  readonly byAge: RequestRow[] = [];
  readonly #free: number[] = [];

  allocate(): number {
    return this.#free.pop() ?? this.entries.length;
  }

  insert(entry: RequestRow): void {
    while (this.entries.length < entry.row) {
      this.#free.push(this.entries.length);
      this.entries.push(undefined);
    }
    const place = this.#free.lastIndexOf(entry.row);
    if (place >= 0) this.#free.splice(place, 1);
    this.entries[entry.row] = entry;
    this.byAge.push(entry);
  }

  find(row: number | undefined): RequestRow | undefined {
    return row === undefined ? undefined : this.entries[row];
  }

  remove(row: number): void {
    if (this.entries[row] === undefined) return;
    this.entries[row] = undefined;
    this.#free.push(row);
  }
}
