import { toBinary } from "@bufbuild/protobuf";
import { type Usage, UsageSchema } from "../../gen/tollgate/enforcement/v1/usage_pb.ts";

// What a reporter keeps until it is durable, and a little longer. Positions number the reports of one process and never
// change; sequences are positions less a base, which moves when the reporter takes a new epoch.

/** Most reports kept. */
export const KEPT_REPORTS_MAX = 10_000;
/** Most bytes kept: what 10,000 reports of an ordinary size take, and a bound on large ones. */
export const KEPT_BYTES_MAX = 4 * 1_048_576;
/** How long a report is kept past durable, ms: a file that loses its tail within this time is refilled. */
export const KEPT_PAST_DURABLE_MS = 10_000;
/** Bytes that a report costs besides its own: tag, length, and what keeping it takes. */
const ENTRY_OVERHEAD_BYTES = 8;

/** What a report is about, beside what was used. */
export interface ReportSubject {
  readonly executionId: string;
  readonly provider?: string | undefined;
  readonly model?: string | undefined;
  readonly route?: string | undefined;
  readonly wantDecision?: boolean | undefined;
}

/** One kept report, or the end of an execution. */
export type KeptEntry = { readonly position: number; readonly bytes: number } & (
  | { readonly kind: "usage"; readonly subject: ReportSubject; readonly usage: Usage }
  | { readonly kind: "complete"; readonly executionId: string }
);

interface DurableMark {
  readonly through: number;
  readonly atMs: number;
}

export class ReportBuffer {
  readonly #entries: (KeptEntry | undefined)[] = [];
  /** Position of the first element of `#entries`. */
  #first = 1;
  #bytes = 0;
  #kept = 0;
  #durableThrough = 0;
  /** When positions became durable, oldest first: they are forgotten 10 s later. */
  readonly #marks: DurableMark[] = [];
  /** The smaller of the program's bound and what the daemon allows. */
  maxReports: number;
  readonly maxBytes: number;

  constructor(maxReports: number, maxBytes: number) {
    this.maxReports = maxReports;
    this.maxBytes = maxBytes;
  }

  /** Position of the oldest that is kept; one above the newest when nothing is. */
  get first(): number {
    return this.#first;
  }

  /** Position of the newest; 0 before the first. */
  get last(): number {
    return this.#first + this.#entries.length - 1;
  }

  get durableThrough(): number {
    return this.#durableThrough;
  }

  /** Begins behind `position`: everything up to it is the daemon's already. Only while nothing is kept. */
  startAfter(position: number): void {
    if (this.#entries.length > 0) throw new Error("reports are kept already");
    this.#first = position + 1;
    this.#durableThrough = position;
  }

  /** Whether one more of `bytes` fits; forgets what is durable for it when that helps. */
  makeRoom(bytes: number): boolean {
    while (this.#kept + 1 > this.maxReports || this.#bytes + bytes > this.maxBytes) {
      if (this.#kept === 0) return true;
      if (this.#first > this.#durableThrough) return false;
      this.#dropFirst();
    }
    return true;
  }

  addUsage(subject: ReportSubject, usage: Usage): number {
    const bytes = sizeOf(usage) + ENTRY_OVERHEAD_BYTES;
    return this.#add({ kind: "usage", position: this.last + 1, bytes, subject, usage });
  }

  addComplete(executionId: string): number {
    return this.#add({
      kind: "complete",
      position: this.last + 1,
      bytes: executionId.length + 2 * ENTRY_OVERHEAD_BYTES,
      executionId,
    });
  }

  /** Undefined for what is no longer kept or was given up. */
  find(position: number): KeptEntry | undefined {
    return this.#entries[position - this.#first];
  }

  /** Gives positions up: they will not be sent again. */
  giveUp(from: number, to: number): void {
    for (let position = Math.max(from, this.#first); position <= Math.min(to, this.last); position++) {
      this.#forget(position);
    }
  }

  /** Everything up to `position` is in the daemon's file. */
  noteDurable(position: number, nowMs: number): void {
    if (position <= this.#durableThrough) return;
    this.#durableThrough = position;
    this.#marks.push({ through: position, atMs: nowMs });
    this.forgetOld(nowMs);
  }

  /** The daemon knows less than it said: what is still kept is not durable any more. */
  noteLost(position: number): void {
    this.#durableThrough = Math.min(this.#durableThrough, position);
    this.#marks.length = 0;
  }

  /** Forgets what has been durable for longer than the retention. */
  forgetOld(nowMs: number): void {
    let through = 0;
    while (this.#marks.length > 0 && (this.#marks[0] as DurableMark).atMs + KEPT_PAST_DURABLE_MS <= nowMs) {
      through = (this.#marks.shift() as DurableMark).through;
    }
    while (this.#first <= through && this.#entries.length > 0) this.#dropFirst();
  }

  #add(entry: KeptEntry): number {
    this.#entries.push(entry);
    this.#bytes += entry.bytes;
    this.#kept++;
    return entry.position;
  }

  #forget(position: number): void {
    const entry = this.#entries[position - this.#first];
    if (entry === undefined) return;
    this.#bytes -= entry.bytes;
    this.#kept--;
    this.#entries[position - this.#first] = undefined;
  }

  #dropFirst(): void {
    this.#forget(this.#first);
    this.#entries.shift();
    this.#first++;
  }
}

/** Bytes of one report on the wire. */
export function sizeOf(usage: Usage): number {
  return toBinary(UsageSchema, usage).length;
}
