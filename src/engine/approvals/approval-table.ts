import type { ApprovalKind, ApprovalState } from "../../domain/approval.ts";
import type { Finding } from "../../domain/decision.ts";
import { takeFreeRow } from "../executions/table/free-rows.ts";

/** An open or answered question. */
export interface ApprovalRow {
  readonly row: number;
  readonly approvalId: string;
  readonly executionId: string;
  readonly index: number;
  readonly tenant: string;
  readonly kind: ApprovalKind;
  /** The key, limit, rule or bound that asks, e.g. `cost_alert_threshold_usd`. */
  readonly cause: string;
  readonly message: string;
  /** What opened it: why, with current and limit, and redacted evidence. */
  readonly finding: Finding;
  /** Of the intent's canonical fields; undefined for a pause of the execution. */
  readonly digest: string | undefined;
  readonly operation: string | undefined;
  /** Groups whose approvers may answer; empty = any approver of the tenant. */
  readonly groups: readonly string[];
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
    return takeFreeRow(this.#free, this.entries);
  }

  insert(entry: ApprovalRow): void {
    while (this.entries.length < entry.row) {
      this.#free.push(this.entries.length);
      this.entries.push(undefined);
    }
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

  /** Approvals that are remembered of one execution. */
  countOf(index: number): number {
    return this.#byExecution.get(index)?.length ?? 0;
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
