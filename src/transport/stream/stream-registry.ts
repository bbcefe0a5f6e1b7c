import type { Effect } from "../../engine/world.ts";
import type { EngineAccess } from "../engine-access.ts";
import type { TransportLimits } from "../transport-limits.ts";
import { ReadingTurns } from "./reading-turns.ts";

/** What the registry does with an open stream of a reporter. */
export interface ReporterStream {
  /** Says what is pending; called once per turn of the event loop and when a cut is durable. */
  flush(): void;
  /** A newer stream or epoch of the reporter took over. */
  onSuperseded(): void;
  /** Nothing came for `streamIdleMs`. */
  onIdle(): void;
  /** The file's state changed: reading may pause or go on. */
  onStoreState(): void;
  /** Sends an encoded message of the server. */
  tell(bytes: Uint8Array): void;
  /** Ends the stream: the daemon stops. */
  onStop(): void;
  /** Monotonic instant of the last message of the client, ms. */
  readonly lastMessageMs: number;
}

/** How often idle streams are looked for, ms. */
const SWEEP_MS = 30_000;

/** All open streams of reports: which one is current for a reporter, and which have something to say at the end of the turn. */
export class StreamRegistry {
  readonly turns = new ReadingTurns();
  readonly #host: EngineAccess;
  readonly #limits: TransportLimits;
  readonly #open = new Set<ReporterStream>();
  /** The current stream of a reporter's row. */
  readonly #byRow = new Map<number, ReporterStream>();
  /** The daemon stops: nothing new begins. */
  draining = false;
  #pending: ReporterStream[] = [];
  #scheduled = false;
  #sweep: NodeJS.Timeout | undefined;

  constructor(host: EngineAccess, limits: TransportLimits) {
    this.#host = host;
    this.#limits = limits;
    host.onEffect((effect) => this.#onEffect(effect));
    host.onDurable((rows) => {
      for (const row of rows) this.#byRow.get(row)?.flush();
    });
  }

  get size(): number {
    return this.#open.size;
  }

  open(stream: ReporterStream): void {
    this.#open.add(stream);
    this.#sweep ??= setInterval(() => this.#endIdle(), Math.min(SWEEP_MS, this.#limits.streamIdleMs)).unref();
  }

  close(stream: ReporterStream, row: number | undefined): void {
    this.#open.delete(stream);
    if (row !== undefined && this.#byRow.get(row) === stream) this.#byRow.delete(row);
    if (this.#open.size > 0) return;
    clearInterval(this.#sweep);
    this.#sweep = undefined;
  }

  /** The stream is the current one of the reporter in this row. */
  attach(row: number, stream: ReporterStream): void {
    this.#byRow.set(row, stream);
  }

  /** The stream has something to say when this turn of the event loop ends. */
  schedule(stream: ReporterStream): void {
    this.#pending.push(stream);
    if (this.#scheduled) return;
    this.#scheduled = true;
    setImmediate(this.#flush);
  }

  /** Sends one message to every stream. */
  tellAll(bytes: Uint8Array): void {
    for (const stream of this.#open) stream.tell(bytes);
  }

  storeStateChanged(): void {
    for (const stream of this.#open) stream.onStoreState();
  }

  stopAll(): void {
    for (const stream of [...this.#open]) stream.onStop();
  }

  readonly #flush = (): void => {
    this.#scheduled = false;
    const pending = this.#pending;
    this.#pending = [];
    for (const stream of pending) stream.flush();
  };

  #onEffect(effect: Effect): void {
    if (effect.type === "reporter_superseded") this.#byRow.get(effect.reporter)?.onSuperseded();
  }

  #endIdle(): void {
    const before = this.#host.now().monoMs - this.#limits.streamIdleMs;
    for (const stream of [...this.#open]) if (stream.lastMessageMs <= before) stream.onIdle();
  }
}
