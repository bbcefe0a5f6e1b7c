// One reporter of one client: it numbers its reports, sends them in any order and more than once, forgets nothing that it
// was not told is durable, and sometimes loses its memory and starts a new epoch.
import type { ReporterRow } from "../../src/engine/reports/reporter-table.ts";
import type { World } from "../../src/engine/world.ts";
import type { ModelReport } from "./model/report-model.ts";

export interface Stream {
  readonly world: World;
  readonly row: ReporterRow;
  /** Session of the hello that opened it: a newer hello supersedes it. */
  readonly session: number;
}

export class ReportingClient {
  readonly id: string;
  epoch: number;
  /** By sequence less one. */
  reports: ModelReport[] = [];
  hasSent = false;
  /** Highest sequence it was ever told is durable. */
  durableSeen = 0;
  stream: Stream | undefined;
  /** Streams that a newer one superseded; they may still try to send. */
  readonly oldStreams: Stream[] = [];
  /** Sequences that it gave up: they may have counted or not. */
  readonly skipped = new Set<number>();
  /** CPU time that was surely counted, and that may have been, in epochs whose memory was lost. */
  surely = 0;
  perhaps = 0;

  constructor(id: string, epoch: number) {
    this.id = id;
    this.epoch = epoch;
  }

  get key(): string {
    return `${this.id} ${this.epoch}`;
  }

  /** The server says what is durable. */
  learnDurable(): void {
    if (this.stream === undefined) return;
    this.durableSeen = Math.max(this.durableSeen, this.stream.row.durableFloor);
  }

  /** CPU time of the reports that count once they are all sent, and of those that may. */
  expectedCpu(): { readonly surely: number; readonly perhaps: number } {
    let { surely, perhaps } = this;
    for (const [at, report] of this.reports.entries()) {
      if (report.isInvalid || report.completes) continue;
      if (this.skipped.has(at + 1)) perhaps += report.used.cpu;
      else surely += report.used.cpu;
    }
    return { surely, perhaps };
  }

  /** Starts anew; what was sent and is not known to be durable may have counted. `resends` keeps those reports. */
  startEpoch(epoch: number, resends: boolean): void {
    const kept: ModelReport[] = [];
    for (const [at, report] of this.reports.entries()) {
      const sequence = at + 1;
      if (resends && !this.skipped.has(sequence)) kept.push(report);
      else if (!report.isInvalid && !report.completes) this.#leave(sequence, report.used.cpu);
    }
    this.epoch = epoch;
    this.reports = kept;
    this.skipped.clear();
    this.hasSent = false;
    this.durableSeen = 0;
    this.stream = undefined;
    this.oldStreams.length = 0;
  }

  #leave(sequence: number, cpu: number): void {
    if (sequence <= this.durableSeen && !this.skipped.has(sequence)) this.surely += cpu;
    else this.perhaps += cpu;
  }
}
