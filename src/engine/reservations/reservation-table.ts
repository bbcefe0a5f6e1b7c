import { HELD } from "../../domain/counters.ts";
import type { Decision } from "../../domain/decision.ts";
import type { ReservationState } from "../../domain/reservation.ts";
import type { CarveTake } from "../executions/execution-record.ts";
import { takeFreeRow } from "../executions/table/free-rows.ts";

/** One hold, or what is remembered of it. Times: ms of the monotonic clock. */
export interface ReservationRow {
  readonly row: number;
  readonly index: number;
  readonly reservationId: string;
  /** Digest of the request that made it; empty when it was settled without having been known. */
  readonly digest: string;
  /** What is held, in the order of HELD. */
  readonly amounts: BigInt64Array;
  readonly custom: { readonly [name: string]: bigint };
  /** Signature of the step that it is for: a settlement that reports the step completes it, it is not a second one. */
  readonly signature: string | undefined;
  /** It holds one modification for an operation that changes something: settling counts it. */
  readonly mutating: boolean;
  /** What was taken out of carves on the way up. */
  takes: readonly CarveTake[];
  /** The windows of the instant it was made: it is settled in them. */
  readonly windowRows: Int32Array;
  readonly createdMono: number;
  expiresMono: number;
  readonly timeoutMs: number | undefined;
  timedOut: boolean;
  state: ReservationState;
  /** The answer to the request that made it. */
  readonly answer: Decision | undefined;
  /** Digest and answer of what resolved it. */
  resolution: { readonly digest: string; readonly answer: Decision } | undefined;
  /** How a settlement found it. */
  resolvedAs: "settled" | "late" | "unknown" | undefined;
  /** Grows when the row is used again: deadlines of an earlier owner are void. */
  readonly stamp: number;
}

/** A hold for requests is one request in flight, whatever its weight. */
export function holdsSlot({ amounts }: ReservationRow): boolean {
  return amounts[HELD.requests] !== 0n;
}

export class ReservationTable {
  readonly entries: (ReservationRow | undefined)[] = [];
  readonly #free: number[] = [];
  #nextStamp = 1;
  /** Holds in force. */
  held = 0;

  allocate(): { readonly row: number; readonly stamp: number } {
    return { row: takeFreeRow(this.#free, this.entries), stamp: this.#nextStamp++ };
  }

  nextStamp(): number {
    return this.#nextStamp++;
  }

  insert(entry: ReservationRow): void {
    while (this.entries.length < entry.row) {
      this.#free.push(this.entries.length);
      this.entries.push(undefined);
    }
    this.entries[entry.row] = entry;
    if (entry.state === "held") this.held++;
  }

  find(row: number | undefined): ReservationRow | undefined {
    return row === undefined ? undefined : this.entries[row];
  }

  remove(row: number): void {
    const entry = this.entries[row];
    if (entry === undefined) return;
    if (entry.state === "held") this.held--;
    this.entries[row] = undefined;
    this.#free.push(row);
  }
}
