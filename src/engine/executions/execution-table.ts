import { HELD_STRIDE, SPENT_STRIDE } from "../../domain/counters.ts";
import { STATE } from "../../domain/execution.ts";
import type { CallerId } from "../../domain/ids.ts";
import type { EffectiveLimits } from "../../domain/limits.ts";
import { type CompiledLimits, compileLimits } from "../limits/compiled-limits.ts";
import type { WindowBinding } from "../quotas/window-table.ts";
import type { ExecutionRecord } from "./execution-record.ts";

// The live executions, and those completed within the last hour. What every report touches stands in typed arrays under
// the execution's index; what is read seldom stands in its record. Arrays are made at full size once: the pages of an
// unused part cost no memory until they are touched (docs/decisions/0002).

export const NO_INDEX = -1;

/** Bits of `flags`. */
export const FLAG = {
  /** Counters passed through a hole in the file. */
  uncertain: 1,
  /** Something is held on this execution: its image carries the held row. */
  held: 2,
  /** This execution has a carve of its own. */
  carved: 4,
  /** A counter reached its largest value. */
  saturated: 8,
  /** Not RUNNING: the state says what. */
  stopped: 16,
  /** Custom counters have limits. */
  custom: 32,
  /** Memory in use was reported here or below. */
  memory: 64,
} as const;

/** With none of these bits only counters and gauges have to be compared with limits. */
export const NOT_QUIET = FLAG.uncertain | FLAG.saturated | FLAG.carved | FLAG.stopped | FLAG.custom;

export class ExecutionTable {
  readonly capacity: number;
  readonly records: (ExecutionRecord | undefined)[] = [];
  /** The limits in force, as numbers to compare with. */
  readonly compiled: CompiledLimits[] = [];
  /** The windows of the principal, as they were last resolved. */
  readonly bindings: (WindowBinding | undefined)[] = [];
  /** Row of the reporter that reported last; -1 = none since the start. */
  readonly lastReporter: Int32Array;
  readonly spent: BigInt64Array;
  readonly held: BigInt64Array;
  readonly parent: Int32Array;
  readonly firstChild: Int32Array;
  readonly nextSibling: Int32Array;
  readonly previousSibling: Int32Array;
  readonly state: Uint8Array;
  readonly flags: Uint8Array;
  /** Rank of the verdict that was last told. */
  readonly verdict: Uint8Array;
  readonly depth: Int32Array;
  readonly maxDepth: Int32Array;
  readonly eventNumber: Int32Array;
  /** Bit per limit (place in LIMIT_KEYS) whose warning was pushed. */
  readonly warned: Int32Array;
  /** Grows when an index is used again: deadlines of an earlier owner are void. */
  readonly stamp: Int32Array;
  readonly policyGeneration: Int32Array;
  readonly startedMono: Float64Array;
  readonly startedWall: Float64Array;
  readonly lastActivity: Float64Array;
  readonly pausedMs: Float64Array;
  /** Monotonic instant of the pause in force; 0 = not paused. */
  readonly pausedSince: Float64Array;
  readonly endedMono: Float64Array;
  readonly memory: Float64Array;
  readonly subtreeMemory: Float64Array;
  readonly #byId = new Map<CallerId, Map<string, number>>();
  readonly #free: number[] = [];
  #used = 0;
  #size = 0;
  /** Executions RUNNING, PAUSED or HALTED. */
  live = 0;

  constructor(capacity: number) {
    this.capacity = capacity;
    this.lastReporter = new Int32Array(capacity);
    this.spent = new BigInt64Array(capacity * SPENT_STRIDE);
    this.held = new BigInt64Array(capacity * HELD_STRIDE);
    this.parent = new Int32Array(capacity);
    this.firstChild = new Int32Array(capacity);
    this.nextSibling = new Int32Array(capacity);
    this.previousSibling = new Int32Array(capacity);
    this.state = new Uint8Array(capacity);
    this.flags = new Uint8Array(capacity);
    this.verdict = new Uint8Array(capacity);
    this.depth = new Int32Array(capacity);
    this.maxDepth = new Int32Array(capacity);
    this.eventNumber = new Int32Array(capacity);
    this.warned = new Int32Array(capacity);
    this.stamp = new Int32Array(capacity);
    this.policyGeneration = new Int32Array(capacity);
    this.startedMono = new Float64Array(capacity);
    this.startedWall = new Float64Array(capacity);
    this.lastActivity = new Float64Array(capacity);
    this.pausedMs = new Float64Array(capacity);
    this.pausedSince = new Float64Array(capacity);
    this.endedMono = new Float64Array(capacity);
    this.memory = new Float64Array(capacity);
    this.subtreeMemory = new Float64Array(capacity);
  }

  /** Indexes that were ever in use: all executions stand below. */
  get used(): number {
    return this.#used;
  }

  /** Executions in memory, completed ones included. */
  get size(): number {
    return this.#size;
  }

  /** Every id a client chose is kept per caller: another caller's id is not found. */
  find(caller: CallerId, id: string): number {
    return this.#byId.get(caller)?.get(id) ?? NO_INDEX;
  }

  record(index: number): ExecutionRecord {
    return this.records[index] as ExecutionRecord;
  }

  /** A free index, its numbers set to zero; NO_INDEX when the table is full. The lowest used indexes stay adjacent. */
  allocate(): number {
    const free = this.#free.pop();
    if (free !== undefined) {
      this.#clear(free);
      return free;
    }
    if (this.#used >= this.capacity) return NO_INDEX;
    this.#link(this.#used);
    return this.#used++;
  }

  /** Takes the index that a loaded row had. */
  allocateAt(index: number): void {
    while (this.#used <= index) this.#free.push(this.#used++);
    const place = this.#free.lastIndexOf(index);
    if (place >= 0) this.#free.splice(place, 1);
    this.#clear(index);
  }

  insert(record: ExecutionRecord, parent: number): void {
    const { index } = record;
    this.records[index] = record;
    this.setLimits(index, record.limits);
    this.#size++;
    let ids = this.#byId.get(record.caller);
    if (ids === undefined) {
      ids = new Map();
      this.#byId.set(record.caller, ids);
    }
    ids.set(record.id, index);
    this.parent[index] = parent;
    if (parent === NO_INDEX) return;
    const first = this.firstChild[parent] as number;
    this.nextSibling[index] = first;
    if (first !== NO_INDEX) this.previousSibling[first] = index;
    this.firstChild[parent] = index;
  }

  setState(index: number, state: number): void {
    this.state[index] = state;
    this.#setFlag(index, FLAG.stopped, state !== STATE.running);
  }

  setLimits(index: number, limits: EffectiveLimits): void {
    const compiled = compileLimits(limits);
    this.record(index).limits = limits;
    this.compiled[index] = compiled;
    this.#setFlag(index, FLAG.custom, compiled.hasCustom);
  }

  /** Memory in use by the execution and all below it, bytes. */
  setSubtreeMemory(index: number, bytes: number): void {
    this.subtreeMemory[index] = bytes;
    this.#setFlag(index, FLAG.memory, bytes !== 0);
  }

  #setFlag(index: number, flag: number, isSet: boolean): void {
    const flags = this.flags[index] as number;
    this.flags[index] = isSet ? flags | flag : flags & ~flag;
  }

  /** Forgets a completed execution. Its children must be forgotten before it. */
  remove(index: number): void {
    const record = this.record(index);
    this.#size--;
    this.#byId.get(record.caller)?.delete(record.id);
    this.bindings[index] = undefined;
    this.records[index] = undefined;
    const previous = this.previousSibling[index] as number;
    const next = this.nextSibling[index] as number;
    const parent = this.parent[index] as number;
    if (previous !== NO_INDEX) this.nextSibling[previous] = next;
    else if (parent !== NO_INDEX && this.firstChild[parent] === index) this.firstChild[parent] = next;
    if (next !== NO_INDEX) this.previousSibling[next] = previous;
    this.stamp[index] = (this.stamp[index] as number) + 1;
    this.#free.push(index);
  }

  /** The execution itself or the nearest ancestor that is not RUNNING, the strictest state first; NO_INDEX = all run. */
  findStopped(index: number): number {
    const state = this.state;
    let found = state[index] === STATE.running ? NO_INDEX : index;
    for (let at = this.parent[index] as number; at !== NO_INDEX; at = this.parent[at] as number) {
      const own = state[at] as number;
      if (own !== STATE.running && (found === NO_INDEX || own > (state[found] as number))) found = at;
    }
    return found;
  }

  *children(index: number): Generator<number> {
    for (let at = this.firstChild[index] as number; at !== NO_INDEX; ) {
      const next = this.nextSibling[at] as number;
      yield at;
      at = next;
    }
  }

  /** Every index in use, lowest first. */
  *indexes(): Generator<number> {
    for (let index = 0; index < this.#used; index++) if (this.records[index] !== undefined) yield index;
  }

  /** What is not zero in an index that was never used: the rest is not written, and costs no memory until it is. */
  #link(index: number): void {
    this.lastReporter[index] = -1;
    this.parent[index] = NO_INDEX;
    this.firstChild[index] = NO_INDEX;
    this.nextSibling[index] = NO_INDEX;
    this.previousSibling[index] = NO_INDEX;
  }

  #clear(index: number): void {
    this.#link(index);
    this.spent.fill(0n, index * SPENT_STRIDE, (index + 1) * SPENT_STRIDE);
    this.held.fill(0n, index * HELD_STRIDE, (index + 1) * HELD_STRIDE);
    this.state[index] = STATE.running;
    this.flags[index] = 0;
    this.verdict[index] = 0;
    this.depth[index] = 0;
    this.maxDepth[index] = 0;
    this.eventNumber[index] = 0;
    this.warned[index] = 0;
    this.policyGeneration[index] = 0;
    this.pausedMs[index] = 0;
    this.pausedSince[index] = 0;
    this.endedMono[index] = 0;
    this.memory[index] = 0;
    this.subtreeMemory[index] = 0;
  }
}
