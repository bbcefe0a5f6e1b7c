import type { ApprovalState } from "../../domain/approval.ts";

/** An open or answered question. Money in nano-USD. */
export interface ApprovalRow {
  readonly row: number;
  readonly approvalId: string;
  readonly executionId: string;
  readonly index: number;
  readonly tenant: string;
  readonly cause: string;
  readonly message: string;
  readonly currentNanoUsd: bigint;
  readonly limitNanoUsd: bigint;
  readonly openedAtMs: number;
  readonly expiresAtMs: number;
  readonly stamp: number;
  state: ApprovalState;
  answeredAtMs: number | undefined;
  answeredBy: string | undefined;
  note: string | undefined;
}

export class ApprovalTable {
  readonly byId = new Map<string, number>();
  readonly entries: (ApprovalRow | undefined)[] = [];
  readonly openPerTenant = new Map<string, number>();
  readonly #byExecution = new Map<number, readonly number[]>();
  readonly #free: number[] = [];

  allocate(): number {
    return this.#free.pop() ?? this.entries.length;
  }

  insert(entry: ApprovalRow): void {
    while (this.entries.length < entry.row) {
      this.#free.push(this.entries.length);
      this.entries.push(undefined);
    }
    const place = this.#free.lastIndexOf(entry.row);
    if (place >= 0) this.#free.splice(place, 1);
    this.entries[entry.row] = entry;
    this.byId.set(entry.approvalId, entry.row);
    this.#byExecution.set(entry.index, [...(this.#byExecution.get(entry.index) ?? []), entry.row]);
  }

  find(approvalId: string): ApprovalRow | undefined {
    const row = this.byId.get(approvalId);
    return row === undefined ? undefined : this.entries[row];
  }

  /** Rows of the approvals of one execution, answered ones included. */
  *ofExecution(index: number): Generator<number> {
    for (const row of this.#byExecution.get(index) ?? []) yield row;
  }

  remove(row: number): void {
    const entry = this.entries[row];
    if (entry === undefined) return;
    this.byId.delete(entry.approvalId);
    this.entries[row] = undefined;
    const rows = this.#byExecution.get(entry.index)?.filter((one) => one !== row) ?? [];
    if (rows.length > 0) this.#byExecution.set(entry.index, rows);
    else this.#byExecution.delete(entry.index);
    this.#free.push(row);
  }
}
