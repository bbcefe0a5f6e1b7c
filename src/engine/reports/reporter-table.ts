import { DEFAULT_TENANT, principalKey, type RequestedPrincipal } from "../../domain/execution.ts";
import type { CallerId } from "../../domain/ids.ts";
import type { MonoMs, Now } from "../../domain/time.ts";
import { takeFreeRow } from "../executions/table/free-rows.ts";
import type { Mark } from "./mark.ts";

/**
 * Marks that are remembered; beyond: RESOURCE_EXHAUSTED REPORTERS_FULL for new ones. Nobody has more of them than are left for
 * everybody else: half when alone, a third beside another who wants as many.
 */
export const MAX_REPORTERS = 100_000;
/** How long a mark is kept after the last execution it touched has been removed. */
export const REPORTER_MEMORY_MS = 86_400_000;

/** One counted stream of reports. */
export interface ReporterRow extends Mark {
  readonly row: number;
  readonly caller: CallerId;
  readonly reporterId: string;
  readonly epoch: bigint;
  /** A newer epoch of the same id came: nothing more is taken from this one. */
  fenced: boolean;
  principal: RequestedPrincipal | undefined;
  /** Its mark did not prove: what was applied is not known, so nothing is taken until a new epoch begins. */
  lost: boolean;
  /** Floor in the cut that was encoded last, and in the last durable one. */
  cutFloor: number;
  durableFloor: number;
  /** The client was told that everything up to here is durable and the file did not know it; 0 = nothing is missing. */
  lostThrough: number;
  /** Grows with every hello: messages of a superseded stream are recognised by it. */
  session: number;
  /** Executions in memory that it reported for. */
  executions: number;
  /** When it last sent, or an execution that it reported for was removed. Wall clock, ms: what the file keeps. */
  lastUsedMs: number;
  /** The same by the clock that never jumps: how long a mark is kept goes by it. */
  lastUsedMono: MonoMs;
}

export class ReporterTable {
  readonly entries: (ReporterRow | undefined)[] = [];
  readonly #byKey = new Map<string, number>();
  /** The newest epoch of an id. */
  readonly #current = new Map<string, number>();
  /** How many marks a principal of a caller has. */
  readonly #held = new Map<string, number>();
  readonly #free: number[] = [];
  #cursor = 0;
  /** Rows whose image is in the cut in flight. */
  readonly inCut: number[] = [];

  get size(): number {
    return this.#byKey.size;
  }

  /** Whether a principal of a caller may have one more. */
  hasRoom(caller: CallerId, principal: RequestedPrincipal | undefined): boolean {
    return (this.#held.get(holderOf(caller, principal)) ?? 0) < MAX_REPORTERS - this.size;
  }

  find(caller: CallerId, reporterId: string, epoch: bigint): ReporterRow | undefined {
    const row = this.#byKey.get(`${caller}\n${reporterId}\n${epoch}`);
    return row === undefined ? undefined : this.entries[row];
  }

  current(caller: CallerId, reporterId: string): ReporterRow | undefined {
    const row = this.#current.get(`${caller}\n${reporterId}`);
    return row === undefined ? undefined : this.entries[row];
  }

  allocate(): number {
    return takeFreeRow(this.#free, this.entries);
  }

  insert(entry: ReporterRow): void {
    while (this.entries.length < entry.row) {
      this.#free.push(this.entries.length);
      this.entries.push(undefined);
    }
    this.entries[entry.row] = entry;
    this.#byKey.set(`${entry.caller}\n${entry.reporterId}\n${entry.epoch}`, entry.row);
    if (!entry.fenced) this.#current.set(`${entry.caller}\n${entry.reporterId}`, entry.row);
    this.#count(entry, 1);
  }

  setPrincipal(entry: ReporterRow, principal: RequestedPrincipal): void {
    this.#count(entry, -1);
    entry.principal = principal;
    this.#count(entry, 1);
  }

  #count({ caller, principal }: ReporterRow, by: 1 | -1): void {
    const holder = holderOf(caller, principal);
    const count = (this.#held.get(holder) ?? 0) + by;
    if (count === 0) this.#held.delete(holder);
    else this.#held.set(holder, count);
  }

  /** An execution that the reporter had touched was removed: its mark is kept for a day from then on. */
  releaseExecution(row: number, now: Now): void {
    const entry = this.entries[row];
    if (entry === undefined) return;
    entry.executions = Math.max(0, entry.executions - 1);
    entry.lastUsedMs = now.wallMs;
    entry.lastUsedMono = now.monoMs;
  }

  /** At most `max` rows, going on where the last call stopped. */
  *rowsFrom(max: number): Generator<number> {
    for (let seen = 0; seen < Math.min(max, this.entries.length); seen++) {
      this.#cursor = (this.#cursor + 1) % this.entries.length;
      yield this.#cursor;
    }
  }

  remove(row: number): void {
    const entry = this.entries[row];
    if (entry === undefined) return;
    this.#byKey.delete(`${entry.caller}\n${entry.reporterId}\n${entry.epoch}`);
    const id = `${entry.caller}\n${entry.reporterId}`;
    if (this.#current.get(id) === row) this.#current.delete(id);
    this.#count(entry, -1);
    this.entries[row] = undefined;
    this.#free.push(row);
  }

  /** The cut in flight is durable: so are the floors that it holds. */
  cutDurable(): readonly number[] {
    const rows = this.inCut.splice(0);
    for (const row of rows) {
      const entry = this.entries[row];
      if (entry !== undefined) entry.durableFloor = Math.max(entry.durableFloor, entry.cutFloor);
    }
    return rows;
  }
}

function holderOf(caller: CallerId, principal: RequestedPrincipal | undefined): string {
  return `${caller}\n${principalKey({ ...principal, tenant: principal?.tenant ?? DEFAULT_TENANT })}`;
}
