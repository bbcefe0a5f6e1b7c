import type { Decision } from "../../domain/decision.ts";
import type { CallerId } from "../../domain/ids.ts";
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

/** A charge that named a `request_id` and an execution that is not registered, or none. Passed over in the same way. */
export interface UnregisteredRequestRow extends Remembered {
  readonly index: typeof OF_UNREGISTERED;
  readonly caller: CallerId;
  /** As it was named; may be empty. */
  readonly executionId: string;
  readonly answer: Decision;
}

export type AnyRequestRow = RequestRow | OperatorRequestRow | UnregisteredRequestRow;

export const OF_OPERATORS = -1;
export const OF_UNREGISTERED = -2;

/** How long a request id is remembered, and how many of one execution; as many of operators. */
export const REQUEST_MEMORY_MS = 600_000;
export const MAX_REQUESTS = 10_000;
/** How many of one caller that name no registered execution: it may name any number of executions. About 13 MB. */
export const MAX_UNREGISTERED_REQUESTS = 20_000;

export class RequestTable {
  readonly entries: (AnyRequestRow | undefined)[] = [];
  /** In the order in which they are forgotten. */
  readonly byAge = new Queue<AnyRequestRow>();
  readonly #free: number[] = [];
  readonly #ofOperators = new Map<string, OperatorRequestRow>();
  readonly #unregistered = new Map<CallerId, Map<string, UnregisteredRequestRow>>();
  #operatorCharacters = 0;

  get operatorCount(): number {
    return this.#ofOperators.size;
  }

  /** Characters of all answers that are remembered for operators. */
  get operatorCharacters(): number {
    return this.#operatorCharacters;
  }

  unregisteredCount(caller: CallerId): number {
    return this.#unregistered.get(caller)?.size ?? 0;
  }

  allocate(): number {
    return takeFreeRow(this.#free, this.entries);
  }

  insert(entry: AnyRequestRow): void {
    while (this.entries.length < entry.row) {
      this.#free.push(this.entries.length);
      this.entries.push(undefined);
    }
    this.entries[entry.row] = entry;
    this.byAge.push(entry);
    if (isOfOperator(entry)) {
      this.#ofOperators.set(entry.requestId, entry);
      this.#operatorCharacters += entry.message.length;
    } else if (isUnregistered(entry)) {
      const known = this.#unregistered.get(entry.caller) ?? new Map<string, UnregisteredRequestRow>();
      this.#unregistered.set(entry.caller, known.set(keyOf(entry.executionId, entry.requestId), entry));
    }
  }

  find(row: number | undefined): RequestRow | undefined {
    const entry = row === undefined ? undefined : this.entries[row];
    return entry !== undefined && isOfExecution(entry) ? entry : undefined;
  }

  findOfOperator(requestId: string): OperatorRequestRow | undefined {
    return this.#ofOperators.get(requestId);
  }

  findUnregistered(
    caller: CallerId,
    executionId: string,
    requestId: string,
  ): UnregisteredRequestRow | undefined {
    return this.#unregistered.get(caller)?.get(keyOf(executionId, requestId));
  }

  remove(row: number): void {
    const entry = this.entries[row];
    if (entry === undefined) return;
    this.entries[row] = undefined;
    this.#free.push(row);
    if (isOfOperator(entry)) {
      this.#ofOperators.delete(entry.requestId);
      this.#operatorCharacters -= entry.message.length;
    } else if (isUnregistered(entry)) {
      this.#unregistered.get(entry.caller)?.delete(keyOf(entry.executionId, entry.requestId));
    }
  }
}

/** Ids hold no line breaks. */
function keyOf(executionId: string, requestId: string): string {
  return `${executionId}\n${requestId}`;
}

export function isOfOperator(entry: AnyRequestRow): entry is OperatorRequestRow {
  return entry.index === OF_OPERATORS;
}

export function isUnregistered(entry: AnyRequestRow): entry is UnregisteredRequestRow {
  return entry.index === OF_UNREGISTERED;
}

export function isOfExecution(entry: AnyRequestRow): entry is RequestRow {
  return entry.index >= 0;
}
