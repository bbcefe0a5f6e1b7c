import { HELD_STRIDE } from "../../domain/counters.ts";
import { STATE } from "../../domain/execution.ts";
import type { CallerId } from "../../domain/ids.ts";
import type { EffectiveLimits } from "../../domain/limits.ts";
import { type CompiledLimits, compileLimits } from "../limits/compiled-limits.ts";
import type { WindowBinding } from "../quotas/window-table.ts";
import type { ExecutionRecord } from "./execution-record.ts";
import { addChild, childrenOf, removeChild } from "./table/children.ts";
import {
  ByteColumn,
  bigIntsOf,
  bytesOf,
  COUNTERS_AT,
  createRows,
  DoubleColumn,
  IntColumn,
  NO_INDEX,
  ROW_BYTES,
} from "./table/columns.ts";
import { IdIndex } from "./table/id-index.ts";
import { SessionRoots } from "./table/session-roots.ts";
import { SharedColumn } from "./table/shared-column.ts";
import { READ_AT_ONCE, UNREAD, type UnreadRecords, type UnreadRow } from "./table/unread.ts";

// The live executions, and those completed within the last hour. What every report touches stands in typed arrays under
// the execution's index; what is read seldom stands in its record. Arrays are made at full size once: the pages of an
// unused part cost no memory until they are touched (docs/decisions/0002).

export { NO_INDEX };

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
  /** Its row in the file did not prove: refused until an operator clears it. Always with `uncertain`. */
  lost: 128,
} as const;

/** With none of these bits only counters and gauges have to be compared with limits. */
export const NOT_QUIET = FLAG.uncertain | FLAG.saturated | FLAG.carved | FLAG.stopped | FLAG.custom;

export class ExecutionTable {
  readonly capacity: number;
  readonly #records: (ExecutionRecord | undefined)[] = [];
  /** Those that were loaded and that nobody asked for yet; their records are `UNREAD`. */
  #unread: UnreadRecords | undefined;
  /** Up to this index records were read by `readSome`. */
  #readUpTo = 0;
  /** The limits in force, as numbers to compare with. */
  readonly compiled: SharedColumn<CompiledLimits>;
  /** The windows of the principal, as they were last resolved. */
  readonly bindings: SharedColumn<WindowBinding>;
  /** Counters, in the order of SPENT, from `counterPlace` on. */
  readonly spent: BigInt64Array;
  /** What is held, in the order of HELD; `index * HELD_STRIDE`. Its pages cost no memory where nothing is held. */
  readonly held: BigInt64Array;
  // First line: what every report touches.
  readonly startedMono: DoubleColumn;
  readonly lastActivity: DoubleColumn;
  readonly subtreeMemory: DoubleColumn;
  readonly parent: IntColumn;
  readonly policyGeneration: IntColumn;
  /** Generation of the cut in which the row was last marked and not yet encoded; see RowSet. */
  readonly dirty: IntColumn;
  /** Row of the reporter that reported last; -1 = none since the start. */
  readonly lastReporter: IntColumn;
  readonly state: ByteColumn;
  readonly flags: ByteColumn;
  /** Rank of the verdict that was last told. */
  readonly verdict: ByteColumn;
  readonly depth: IntColumn;
  /** Bit per limit (place in LIMIT_KEYS) whose warning was pushed. */
  readonly warned: IntColumn;
  /** Grows when an index is used again: deadlines of an earlier owner are void. */
  readonly stamp: IntColumn;
  // Last line.
  readonly startedWall: DoubleColumn;
  readonly pausedMs: DoubleColumn;
  /** Monotonic instant of the pause in force; 0 = not paused. */
  readonly pausedSince: DoubleColumn;
  readonly endedMono: DoubleColumn;
  readonly memory: DoubleColumn;
  readonly maxDepth: IntColumn;
  readonly firstChild: IntColumn;
  readonly nextSibling: IntColumn;
  readonly previousSibling: IntColumn;
  /** Row of the first reporter that reported for it, plus one; 0 = none. Mostly the only one. */
  readonly firstReporter: IntColumn;
  readonly eventNumber: IntColumn;
  readonly #bytes: Uint8Array;
  /** Half of the first counter: reading it fetches its line. */
  readonly #firstCounter: IntColumn;
  /** Executions whose lines are being fetched. */
  #walk = new Int32Array(1024);
  #found = new Int32Array(1024);
  /** Kept so that loops that only fetch have a use, and are not left out. */
  fetched = 0;
  readonly #ids: IdIndex;
  readonly #sessions = new SessionRoots();
  readonly #free: number[] = [];
  #used = 0;
  #size = 0;
  /** Executions RUNNING, PAUSED or HALTED. */
  live = 0;

  /** `seed`: what hashes of ids begin with; secret where agents are not trusted. */
  constructor(capacity: number, seed = "") {
    this.capacity = capacity;
    this.#ids = new IdIndex(this, seed);
    const rows = createRows(capacity);
    this.#bytes = bytesOf(rows);
    this.spent = bigIntsOf(rows);
    this.held = new BigInt64Array(capacity * HELD_STRIDE);
    this.#firstCounter = new IntColumn(rows, COUNTERS_AT);
    this.startedMono = new DoubleColumn(rows, 0);
    this.lastActivity = new DoubleColumn(rows, 8);
    this.subtreeMemory = new DoubleColumn(rows, 16);
    this.parent = new IntColumn(rows, 24);
    this.policyGeneration = new IntColumn(rows, 28);
    this.dirty = new IntColumn(rows, 32);
    this.lastReporter = new IntColumn(rows, 36);
    this.state = new ByteColumn(rows, 40);
    this.flags = new ByteColumn(rows, 41);
    this.verdict = new ByteColumn(rows, 42);
    this.depth = new IntColumn(rows, 44);
    this.warned = new IntColumn(rows, 48);
    this.stamp = new IntColumn(rows, 52);
    this.compiled = new SharedColumn(new IntColumn(rows, 56));
    this.bindings = new SharedColumn(new IntColumn(rows, 60));
    this.startedWall = new DoubleColumn(rows, 192);
    this.pausedMs = new DoubleColumn(rows, 200);
    this.pausedSince = new DoubleColumn(rows, 208);
    this.endedMono = new DoubleColumn(rows, 216);
    this.memory = new DoubleColumn(rows, 224);
    this.maxDepth = new IntColumn(rows, 232);
    this.firstChild = new IntColumn(rows, 236);
    this.nextSibling = new IntColumn(rows, 240);
    this.previousSibling = new IntColumn(rows, 244);
    this.firstReporter = new IntColumn(rows, 248);
    this.eventNumber = new IntColumn(rows, 252);
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
    const ids = this.#ids;
    const hash = ids.hash(caller, id);
    const likely = ids.likely(hash);
    if (likely !== NO_INDEX) this.#fetch(likely);
    return ids.findHash(hash, caller, id);
  }

  /** Reads what judging an execution is going to read of it and its ancestors, while the id is still compared. */
  #fetch(index: number): void {
    let read = 0;
    for (let at = index; at !== NO_INDEX; at = this.parent.get(at)) read ^= this.#firstCounter.get(at);
    this.fetched = read;
  }

  /**
   * The index of each id, or NO_INDEX; valid until the next call. Reads what charging them is going to read: the processor
   * fetches the lines of a hundred executions side by side, then of their ancestors, instead of one after the other.
   */
  findAll(caller: CallerId, asked: readonly { readonly executionId: string }[]): Int32Array {
    if (this.#walk.length < asked.length) {
      this.#walk = new Int32Array(asked.length * 2);
      this.#found = new Int32Array(asked.length * 2);
    }
    const walk = this.#walk;
    const found = this.#found;
    this.#ids.findAll(caller, asked, found);
    let read = 0;
    let left = 0;
    for (let at = 0; at < asked.length; at++) {
      const index = found[at] as number;
      if (index === NO_INDEX) continue;
      walk[left++] = index;
      if (this.record(index).policy.isUnknown || this.compiled.get(index)?.hasCustom === true) read++;
    }
    while (left > 0) {
      let above = 0;
      for (let at = 0; at < left; at++) {
        const index = walk[at] as number;
        read ^= this.#firstCounter.get(index);
        const parent = this.parent.get(index);
        if (parent !== NO_INDEX) walk[above++] = parent;
      }
      left = above;
    }
    this.fetched = read;
    return found;
  }

  /** Whether an execution stands under an index. */
  has(index: number): boolean {
    return this.#records[index] !== undefined;
  }

  /** Of an execution that is there. */
  record(index: number): ExecutionRecord {
    const record = this.#records[index] as ExecutionRecord;
    return record === UNREAD ? this.#read(index) : record;
  }

  /** Undefined where there is none. */
  recordAt(index: number): ExecutionRecord | undefined {
    return this.has(index) ? this.record(index) : undefined;
  }

  /** The limits in force, without a look at the record. */
  limitsOf(index: number): EffectiveLimits {
    return (this.compiled.get(index) as CompiledLimits).limits;
  }

  isUnread(index: number): boolean {
    return this.#records[index] === UNREAD;
  }

  /** True while records of loaded executions wait to be read. */
  get hasUnread(): boolean {
    return this.#unread !== undefined;
  }

  /** Reads records that nobody asked for yet, in at most `max` pieces; answers how many pieces were read. */
  readSome(max: number): number {
    let done = 0;
    for (; done < max && this.#unread !== undefined; done++) {
      const end = Math.min(this.#readUpTo + READ_AT_ONCE, this.#used);
      for (; this.#readUpTo < end; this.#readUpTo++)
        if (this.isUnread(this.#readUpTo)) this.#read(this.#readUpTo);
      if (end === this.#used) this.#unread = undefined;
    }
    return done;
  }

  #read(index: number): ExecutionRecord {
    const record = (this.#unread as UnreadRecords).read(index);
    this.#records[index] = record;
    return record;
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

  /** Takes the index that a loaded row had. What is left out below it is free when `freeUnused` was called. */
  allocateAt(index: number): void {
    while (this.#used <= index) this.#link(this.#used++);
  }

  /** After loading: indexes without an execution are free, the lowest first. */
  freeUnused(): void {
    for (let index = this.#used - 1; index >= 0; index--) if (!this.has(index)) this.#free.push(index);
  }

  insert(record: ExecutionRecord, parent: number): void {
    const { index } = record;
    this.#records[index] = record;
    this.#enter(index, parent, this.#ids.hash(record.caller, record.id), record.limits);
    if (parent === NO_INDEX) this.#sessions.add(record);
  }

  /** The same for one that was loaded, whose record is made by `unread` when it is asked for; its id is plain ASCII. */
  insertUnread(unread: UnreadRecords, row: UnreadRow): void {
    if (this.#unread !== unread) this.#ids.reserve(this.#used);
    this.#unread = unread;
    this.#records[row.index] = UNREAD;
    const hash = this.#ids.hashBytes(row.caller, row.bytes, row.from, row.to);
    this.#enter(row.index, row.parent, hash, row.limits);
    if (row.root !== undefined) this.#sessions.add(row.root);
  }

  #enter(index: number, parent: number, hash: number, limits: EffectiveLimits): void {
    this.#compile(index, limits);
    this.#size++;
    this.#ids.insert(index, hash);
    addChild(this, index, parent);
  }

  setState(index: number, state: number): void {
    this.state.set(index, state);
    this.#setFlag(index, FLAG.stopped, state !== STATE.running);
  }

  setLimits(index: number, limits: EffectiveLimits): void {
    this.record(index).limits = limits;
    this.#compile(index, limits);
  }

  #compile(index: number, limits: EffectiveLimits): void {
    const compiled = compileLimits(limits);
    this.compiled.set(index, compiled);
    this.#setFlag(index, FLAG.custom, compiled.hasCustom);
  }

  /** Memory in use by the execution and all below it, bytes. */
  setSubtreeMemory(index: number, bytes: number): void {
    this.subtreeMemory.set(index, bytes);
    this.#setFlag(index, FLAG.memory, bytes !== 0);
  }

  #setFlag(index: number, flag: number, isSet: boolean): void {
    const flags = this.flags.get(index);
    this.flags.set(index, isSet ? flags | flag : flags & ~flag);
  }

  /** Forgets a completed execution. Its children must be forgotten before it. */
  remove(index: number): void {
    const record = this.record(index);
    this.#size--;
    this.#ids.remove(record);
    this.bindings.set(index, undefined);
    this.compiled.set(index, undefined);
    this.#records[index] = undefined;
    if (this.parent.get(index) === NO_INDEX) this.#sessions.remove(record);
    removeChild(this, index);
    this.stamp.set(index, this.stamp.get(index) + 1);
    this.#free.push(index);
  }

  /** The execution itself or the nearest ancestor that is not RUNNING, the strictest state first; NO_INDEX = all run. */
  findStopped(index: number): number {
    const state = this.state;
    let found = state.get(index) === STATE.running ? NO_INDEX : index;
    for (let at = this.parent.get(index); at !== NO_INDEX; at = this.parent.get(at)) {
      const own = state.get(at);
      if (own !== STATE.running && (found === NO_INDEX || own > state.get(found))) found = at;
    }
    return found;
  }

  children(index: number): Iterable<number> {
    return childrenOf(this, index);
  }

  /** The roots of the session that an execution belongs to, its own among them. */
  sessionRoots(member: ExecutionRecord): readonly number[] {
    const named = this.find(member.caller, member.session);
    const isRoot = named !== NO_INDEX && this.parent.get(named) === NO_INDEX;
    return this.#sessions.of(member, isRoot ? this.record(named) : undefined);
  }

  /** Every index in use, lowest first. */
  *indexes(): Generator<number> {
    for (let index = 0; index < this.#used; index++) if (this.has(index)) yield index;
  }

  /** What is not zero in an index that was never used: the rest is not written, and costs no memory until it is. */
  #link(index: number): void {
    this.lastReporter.set(index, -1);
    this.parent.set(index, NO_INDEX);
    this.firstChild.set(index, NO_INDEX);
    this.nextSibling.set(index, NO_INDEX);
    this.previousSibling.set(index, NO_INDEX);
  }

  /** Everything is zero again but what says who the index belonged to, and whether its row waits for a cut. */
  #clear(index: number): void {
    const stamp = this.stamp.get(index);
    const dirty = this.dirty.get(index);
    this.#bytes.fill(0, index * ROW_BYTES, (index + 1) * ROW_BYTES);
    this.held.fill(0n, index * HELD_STRIDE, (index + 1) * HELD_STRIDE);
    this.stamp.set(index, stamp);
    this.dirty.set(index, dirty);
    this.#link(index);
    this.state.set(index, STATE.running);
  }
}
