import { beginCut } from "../engine/rows/begin-cut.ts";
import { keepTime } from "../engine/time/run-due.ts";
import type { Clock } from "../ports/clock.ts";
import { CutFailed, type CutStore } from "../ports/cut-store.ts";
import { CutCadence } from "./cut-cadence.ts";
import { encodeSlice } from "./encode-slice.ts";
import type { Durability, EngineHost, Reached } from "./engine-host.ts";

// Turns the crank that makes changes durable: encode the open generation in slices, hand it to the store, acknowledge.
// One cut is in flight at a time; the next starts when the store is free and max(2 ms, 3 × a usual commit) have passed.
// While nobody waits for an answer and little has changed it starts later: a page of the log is a page for one row or for ten.

/** Least time while no answer waits and fewer rows than URGENT_ROWS have changed: acknowledgements of streams take longer. */
const PATIENT_GAP_MS = 25;
const URGENT_ROWS = 256;
/** Slices of a cut in one turn of the event loop, behind turns of the engine, beside the one that the loop has for it anyway. */
const EXTRA_SLICES = 2;
/** Pause before a failed cut is tried again, ms. */
const RETRY_MS = 250;

export interface CutLoopOptions {
  readonly store: CutStore;
  readonly clock: Clock;
  readonly lastCut: number;
  /** `continue`: answer at once and say STORE_FAILING until too much is unsaved; `block`: refuse new intents at once. */
  readonly onStoreFailure: "continue" | "block";
  readonly maxUnsavedBytes: number;
  readonly onStateChange: (state: "ok" | "failing" | "blocking", cause: string | undefined) => void;
  readonly onCut: (cut: {
    readonly number: number;
    readonly rows: number;
    readonly bytes: number;
    readonly ms: number;
  }) => void;
}

interface Waiter {
  readonly generation: number;
  readonly resolve: (reached: Reached) => void;
}

export class CutLoop implements Durability {
  readonly #host: EngineHost;
  readonly #options: CutLoopOptions;
  #number: number;
  #running = false;
  #timer: NodeJS.Timeout | undefined;
  /** The timer waits for PATIENT_GAP_MS. */
  #patient = false;
  #immediate: NodeJS.Immediate | undefined;
  #lastStartMs = 0;
  /** Present while a cut is being encoded: to be called when all of it is. */
  #encoded: (() => void) | undefined;
  #extraSlices = 0;
  readonly #cadence = new CutCadence();
  /** Everything up to this generation is durable. */
  #durableGeneration = 0;
  #waiters: Waiter[] = [];
  #state: "ok" | "failing" | "blocking" = "ok";
  #closing = false;
  #idle: (() => void) | undefined;

  constructor(host: EngineHost, options: CutLoopOptions) {
    this.#host = host;
    this.#options = options;
    this.#number = options.lastCut;
    host.attach(this);
  }

  get state(): "ok" | "failing" | "blocking" {
    return this.#state;
  }

  /** Number of the last cut that was handed to the store. */
  get number(): number {
    return this.#number;
  }

  /** Age of the oldest change that is not durable, ms; 0 when everything is. */
  lagMs(): number {
    return this.#running || this.#host.world.generations.dirty
      ? this.#options.clock.now().monoMs - this.#lastStartMs
      : 0;
  }

  get inFlight(): boolean {
    return this.#running;
  }

  wake(): void {
    // A burst of messages is read in one turn of the event loop: a cut that had to wait for its end would take as long again.
    if (this.#encoded !== undefined && this.#extraSlices-- > 0) this.#encodeSlice(this.#encoded);
    if (this.#running || this.#immediate !== undefined) return;
    if (this.#timer !== undefined && !(this.#patient && this.#isUrgent())) return;
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#patient = !this.#isUrgent();
    const gapMs = Math.max(this.#cadence.gapMs, this.#patient ? PATIENT_GAP_MS : 0);
    const wait =
      this.#state === "ok" ? gapMs - (this.#options.clock.now().monoMs - this.#lastStartMs) : RETRY_MS;
    if (wait <= 0) {
      // The turn that changed something goes on first: a burst of messages read in one turn shares the cut.
      this.#immediate = setImmediate(() => void this.#start());
    } else this.#timer = setTimeout(() => void this.#start(), Math.ceil(wait));
  }

  reached(): Promise<Reached> {
    const { generations } = this.#host.world;
    const generation = generations.dirty ? generations.open : generations.cutting;
    if (generation === 0 || generation <= this.#durableGeneration) return Promise.resolve("DURABLE");
    if (this.#state !== "ok") return Promise.resolve("ACCEPTED");
    const reached = new Promise<Reached>((resolve) => this.#waiters.push({ generation, resolve }));
    if (this.#patient && this.#timer !== undefined) this.wake();
    return reached;
  }

  /** An answer waits for the file, or so much has changed that waiting would save nothing. */
  #isUrgent(): boolean {
    return this.#waiters.length > 0 || this.#host.world.generations.openRows >= URGENT_ROWS;
  }

  /** Writes what is left and resolves when it is durable, or when the store has refused it once more. */
  async drain(): Promise<void> {
    this.#closing = true;
    const { generations } = this.#host.world;
    keepTime(this.#host.world);
    while (this.#running || generations.dirty) {
      if (!this.#running) {
        this.#clearTimer();
        void this.#start();
      }
      await new Promise<void>((resolve) => {
        this.#idle = resolve;
      });
      if (this.#state !== "ok") return;
    }
    this.#clearTimer();
  }

  #clearTimer(): void {
    clearTimeout(this.#timer);
    clearImmediate(this.#immediate);
    this.#timer = undefined;
    this.#immediate = undefined;
  }

  async #start(): Promise<void> {
    this.#clearTimer();
    const { generations, reporters } = this.#host.world;
    if (this.#running || !generations.dirty) return;
    this.#running = true;
    const { clock, store } = this.#options;
    const started = clock.now();
    this.#lastStartMs = started.monoMs;
    const generation = generations.open;
    beginCut(this.#host.world);
    await new Promise<void>((resolve) => {
      this.#encoded = resolve;
      this.#encode();
    });
    const { length, rowCount } = generations.buffer;
    const records = generations.buffer.take();
    try {
      const number = ++this.#number;
      const receipt = await store.write({
        number,
        records,
        byteLength: length,
        rowCount,
        bootId: clock.bootId,
        monoMs: started.monoMs,
        wallMs: started.wallMs,
      });
      generations.cutDurable(receipt.records);
      this.#durableGeneration = generation;
      this.#cadence.note(receipt.commitMs);
      this.#recover();
      const moved = reporters.cutDurable();
      this.#options.onCut({ number, rows: rowCount, bytes: length, ms: clock.now().monoMs - started.monoMs });
      this.#running = false;
      this.#release();
      this.#host.tellDurable(moved);
    } catch (error) {
      this.#running = false;
      if (!(error instanceof CutFailed)) throw error;
      reporters.inCut.length = 0;
      generations.cutFailed(error.records, length);
      this.#fail(error.cause, length);
    }
    this.#idle?.();
    if (generations.dirty && !(this.#closing && this.#state !== "ok")) this.wake();
  }

  /** A slice now, and one in every turn of the event loop until all is encoded. */
  #encode(): void {
    if (this.#encoded === undefined) return;
    this.#extraSlices = EXTRA_SLICES;
    if (!this.#encodeSlice(this.#encoded)) setImmediate(() => this.#encode());
  }

  /** Answers whether all is encoded. */
  #encodeSlice(encoded: () => void): boolean {
    if (!encodeSlice(this.#host.world.generations, this.#options.clock)) return false;
    this.#encoded = undefined;
    encoded();
    return true;
  }

  #release(): void {
    const kept: Waiter[] = [];
    for (const waiter of this.#waiters) {
      if (waiter.generation <= this.#durableGeneration) waiter.resolve("DURABLE");
      else kept.push(waiter);
    }
    this.#waiters = kept;
  }

  #recover(): void {
    const { store } = this.#host.world;
    if (this.#state === "ok") return;
    this.#state = "ok";
    store.failing = false;
    store.blocking = false;
    this.#options.onStateChange("ok", undefined);
  }

  #fail(cause: string, failedBytes: number): void {
    const { store, generations } = this.#host.world;
    // The failed cut holds the images of all rows that changed; rows appended since then come on top.
    const unsaved = Math.max(failedBytes, generations.unsavedAppendBytes);
    const full = unsaved > this.#options.maxUnsavedBytes;
    const next = full || this.#options.onStoreFailure === "block" ? "blocking" : "failing";
    store.failing = true;
    store.blocking = next === "blocking";
    for (const waiter of this.#waiters.splice(0)) waiter.resolve("ACCEPTED");
    if (next === this.#state) return;
    this.#state = next;
    this.#options.onStateChange(next, cause);
  }
}
