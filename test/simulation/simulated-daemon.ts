// One daemon without sockets: a world, the crank that makes cuts of it, and a store that outlives its kills.

import { createMemoryVolume, type MemoryVolume } from "../../src/adapters/memory/cut-store.ts";
import { createNow, type Now } from "../../src/domain/time.ts";
import { createWorld } from "../../src/engine/create-world.ts";
import type { LimitPolicy } from "../../src/engine/limits/effective-limits.ts";
import type { PolicySet } from "../../src/engine/policy/policy-set.ts";
import { beginCut } from "../../src/engine/rows/begin-cut.ts";
import { restoreWorld } from "../../src/engine/rows/restore.ts";
import { runDue } from "../../src/engine/time/run-due.ts";
import type { World } from "../../src/engine/world.ts";
import { APPEND_TABLES, CutFailed, type CutReceipt } from "../../src/ports/cut-store.ts";
import { policySetOf } from "../unit/engine/policy-fixture.ts";
import { quotasOf } from "../unit/engine/quotas/bounds-fixture.ts";
import { type Fault, FaultyStore } from "./faulty-store.ts";

/** Clock of the simulation; a new boot starts the monotonic one anew. */
export interface SimulatedClock {
  monoMs: number;
  wallMs: number;
  bootId: string;
}

/** Where the cut in flight is: none · being encoded · handed over, not committed · answered by the store, not acknowledged. */
export type Phase = "none" | "encoding" | "encoded" | "answered";

const MAX_LIVE_EXECUTIONS = 64;

export class SimulatedDaemon {
  readonly clock: SimulatedClock;
  readonly volume: MemoryVolume = createMemoryVolume("simulated");
  readonly #set: PolicySet;
  world: World;
  phase: Phase = "none";
  /** Number of the cut in flight, and of the last one that was acknowledged. */
  cut = 0;
  acknowledged = 0;
  #store: FaultyStore;
  #ids = 0;
  #started: Now;
  #answer: CutReceipt | CutFailed | undefined;
  #byteLength = 0;

  /** `slots`: most requests in flight of one tenant; absent = no bound. */
  constructor(clock: SimulatedClock, limits: LimitPolicy, slots?: number) {
    this.clock = clock;
    const quotas = slots === undefined ? {} : { tenant: { concurrent_requests: BigInt(slots) } };
    this.#set = policySetOf(limits, { quotas: quotasOf(quotas) });
    this.#started = this.now;
    this.#store = new FaultyStore(this.volume);
    this.world = this.restoredWorld(this.#store);
  }

  get now(): Now {
    return createNow(this.clock.monoMs, this.clock.wallMs);
  }

  /** A world as it would be taken up from what the store holds now. */
  restoredWorld(store: FaultyStore, clock: SimulatedClock = this.clock): World {
    const world = createWorld({
      ids: { decisionId: () => `d${++this.#ids}`, approvalId: () => `a${++this.#ids}` },
      digest: { digest128: (text) => text },
      policy: { generation: 1, etag: "e", set: this.#set, prices: undefined },
      maxLiveExecutions: MAX_LIVE_EXECUTIONS,
    });
    restoreWorld(world, store.loaded, clock.bootId, createNow(clock.monoMs, clock.wallMs));
    return world;
  }

  /** A second world beside the running one, from the same store: what a kill at this instant would leave. */
  peek(clock: SimulatedClock): World {
    this.volume.isOpen = false;
    return this.restoredWorld(new FaultyStore(this.volume), clock);
  }

  runDue(): void {
    while (runDue(this.world, this.now, 50) > 0);
  }

  get isDirty(): boolean {
    return this.world.generations.dirty;
  }

  beginCut(): void {
    this.cut++;
    this.#started = this.now;
    beginCut(this.world);
    this.phase = "encoding";
  }

  encode(maxRows: number): void {
    const { generations } = this.world;
    if (generations.encode(maxRows)) this.phase = "encoded";
  }

  async write(fault: Fault): Promise<void> {
    const { buffer } = this.world.generations;
    const { length, rowCount } = buffer;
    const { monoMs, wallMs } = this.#started;
    this.#byteLength = length;
    this.#store.nextFault = fault;
    const records = buffer.take();
    const cut = {
      number: this.cut,
      records,
      byteLength: length,
      rowCount,
      bootId: this.clock.bootId,
      monoMs,
      wallMs,
    };
    try {
      this.#answer = await this.#store.write(cut);
    } catch (thrown) {
      if (!(thrown instanceof CutFailed)) throw thrown;
      this.#answer = thrown;
    }
    this.phase = "answered";
  }

  /** True when the cut is durable: its waiting answers go out. */
  acknowledge(): boolean {
    const answer = this.#answer;
    const { generations, reporters } = this.world;
    this.phase = "none";
    if (answer instanceof CutFailed) {
      reporters.inCut.length = 0;
      generations.cutFailed(answer.records, this.#byteLength);
      return false;
    }
    generations.cutDurable((answer as CutReceipt).records);
    reporters.cutDurable();
    this.acknowledged = this.cut;
    return true;
  }

  /** The process dies at this instant, whatever it was doing. */
  kill(): void {
    this.#store.kill();
    this.phase = "none";
  }

  restart(): void {
    this.#store = new FaultyStore(this.volume);
    this.world = this.restoredWorld(this.#store);
    this.cut = this.#store.loaded.lastCut;
  }

  /** Appended rows have no gaps: what a failed cut held came with a later one. */
  findAppendGap(): string | undefined {
    for (const [place, table] of APPEND_TABLES.entries()) {
      const rows = this.volume.appends[place]?.size ?? 0;
      const last = this.volume.lastSequences[place] ?? 0;
      if (rows !== last) return `${table}: ${rows} rows, the last is ${last}`;
    }
    return undefined;
  }
}
