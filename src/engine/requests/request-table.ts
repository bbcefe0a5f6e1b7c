import type { Decision } from "../../domain/decision.ts";
import { takeFreeRow } from "../executions/table/free-rows.ts";
import { Queue } from "../queue.ts";

interface Remembered {
  readonly row: number;
  readonly requestId: string;
  readonly digest: string;
  readonly expiresMono: number;
}

/** A request of an agent that named a `request_id`, and its first answer. */
export interface RequestRow extends Remembered {
  readonly index: number;
  readonly answer: Decision;
  /** When the hold that it extended expires, wall clock. */
  readonly expiresAtMs?: number | undefined;
}

/** A write of an operator that named a `request_id`: of no execution. A program that knows none of these passes them over. */
export interface OperatorRequestRow extends Remembered {
  readonly index: typeof OF_OPERATORS;
  /** The first answer as it was encoded, base64. */
  readonly message: string;
}

export const OF_OPERATORS = -1;

/** How long a request id is remembered, and how many of one execution; as many of operators. */
export const REQUEST_MEMORY_MS = 600_000;
export const MAX_REQUESTS = 10_000;

export class RequestTable {
  readonly entries: (RequestRow | OperatorRequestRow | undefined)[] = [];
  /** In the order in which they are forgotten. */
  readonly byAge = new Queue<RequestRow | OperatorRequestRow>();
  readonly #free: number[] = [];
  readonly #ofOperators = new Map<string, OperatorRequestRow>();
  #operatorCharacters = 0;

  get operatorCount(): number {
    return this.#ofOperators.size;
  }

  /** Characters of all answers that are remembered for operators. */
  get operatorCharacters(): number {
    return this.#operatorCharacters;
  }

  allocate(): number {
    return takeFreeRow(this.#free, this.entries);
  }

  insert(entry: RequestRow | OperatorRequestRow): void {
    while (this.entries.length < entry.row) {
      this.#free.push(this.entries.length);
      this.entries.push(undefined);
    }
    this.entries[entry.row] = entry;
    this.byAge.push(entry);
    if (!isOfOperator(entry)) return;
    this.#ofOperators.set(entry.requestId, entry);
    this.#operatorCharacters += entry.message.length;
  }

  find(row: number | undefined): RequestRow | undefined {
    const entry = row === undefined ? undefined : this.entries[row];
    return entry === undefined || isOfOperator(entry) ? undefined : entry;
  }

  findOfOperator(requestId: string): OperatorRequestRow | undefined {
    return this.#ofOperators.get(requestId);
  }

  remove(row: number): void {
    const entry = this.entries[row];
    if (entry === undefined) return;
    this.entries[row] = undefined;
    this.#free.push(row);
    if (!isOfOperator(entry)) return;
    this.#ofOperators.delete(entry.requestId);
    this.#operatorCharacters -= entry.message.length;
  }
}

export function isOfOperator(entry: RequestRow | OperatorRequestRow): entry is OperatorRequestRow {
  return entry.index === OF_OPERATORS;
}
