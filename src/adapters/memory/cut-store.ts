// A store without a disk: for tests, for embedded use, and for measuring what persistence costs. Keeps what the file keeps
// and passes the same contract suite; what it holds is gone with the process, unless its volume is opened again.

import { parseAppended } from "../../ports/appended-row.ts";
import { MalformedRecords, RecordPacker, RecordReader } from "../../ports/cut-records.ts";
import {
  APPEND_TABLES,
  type AppendedRow,
  type AppendQuery,
  type AppendTable,
  type Cut,
  CutFailed,
  type CutReceipt,
  type CutStore,
  type Loaded,
  MAX_QUERY_ROWS,
  QueryFailed,
  RECORD_APPEND,
  RECORD_DELETE,
  RECORD_PUT,
  STATE_TABLES,
  type StoreStatus,
} from "../../ports/cut-store.ts";

/** What outlives a memory store, as a disk outlives a process: open it again and everything written is there. */
export interface MemoryVolume {
  readonly storeId: string;
  /** Set to a short text to make every write fail, as a full disk does; undefined cures it. */
  failure: string | undefined;
  lastCut:
    | { readonly number: number; readonly bootId: string; readonly monoMs: number; readonly wallMs: number }
    | undefined;
  /** Images by key, one map per state table. */
  readonly states: readonly Map<number, Uint8Array>[];
  /** Rows by sequence, one map per append table. */
  readonly appends: readonly Map<number, AppendedRow>[];
  readonly lastSequences: number[];
  isOpen: boolean;
}

export function createMemoryVolume(storeId: string): MemoryVolume {
  return {
    storeId,
    failure: undefined,
    lastCut: undefined,
    states: STATE_TABLES.map(() => new Map()),
    appends: APPEND_TABLES.map(() => new Map()),
    lastSequences: APPEND_TABLES.map(() => 0),
    isOpen: false,
  };
}

/** One store per volume at a time, as with a file. @throws RangeError when the volume is open */
export function openMemoryStore(volume: MemoryVolume): { readonly store: CutStore; readonly loaded: Loaded } {
  if (volume.isOpen) throw new RangeError("the volume is open already");
  volume.isOpen = true;
  return { store: new MemoryStore(volume), loaded: load(volume) };
}

function load(volume: MemoryVolume): Loaded {
  const packer = new RecordPacker();
  for (const [table, rows] of volume.states.entries()) {
    const keys = [...rows.keys()].sort((one, other) => one - other);
    for (const key of keys) packer.add(RECORD_PUT, table, key, rows.get(key) ?? new Uint8Array(0));
  }
  const { lastCut, storeId } = volume;
  const sequences = APPEND_TABLES.map((table, index) => [table, volume.lastSequences[index] ?? 0]);
  return {
    storeId,
    fresh: lastCut === undefined,
    lastCut: lastCut?.number ?? 0,
    nextCut: (lastCut?.number ?? 0) + 1,
    lastCutAt: lastCut && { bootId: lastCut.bootId, monoMs: lastCut.monoMs, wallMs: lastCut.wallMs },
    hole: undefined,
    damaged: [],
    unproved: [],
    setAside: undefined,
    rows: packer.rowCount === 0 ? [] : [packer.finish()],
    lastSequences: Object.fromEntries(sequences) as { [T in AppendTable]: number },
  };
}

class MemoryStore implements CutStore {
  readonly #volume: MemoryVolume;
  /** Each write waits for the one before it. */
  #last: Promise<unknown> = Promise.resolve();
  #isClosed = false;
  #failure: string | undefined;

  constructor(volume: MemoryVolume) {
    this.#volume = volume;
  }

  write(cut: Cut): Promise<CutReceipt> {
    if (this.#isClosed) return Promise.reject(new CutFailed("the store is closed", cut.records));
    // Taken over at once, as the file's store does: who keeps on writing into the buffer is found out.
    const taken: Cut = { ...cut, records: cut.records.transfer() };
    const written = this.#last.then(() => this.#write(taken));
    this.#last = written.catch(() => undefined);
    return written;
  }

  query(query: AppendQuery): Promise<readonly AppendedRow[]> {
    if (this.#isClosed) return Promise.reject(new QueryFailed("the store is closed"));
    const { tenant, subject, before = Number.MAX_SAFE_INTEGER } = query;
    const rows = [...(this.#volume.appends[APPEND_TABLES.indexOf(query.table)]?.values() ?? [])];
    const found = rows.filter(
      (row) =>
        row.sequence < before &&
        (tenant === undefined || row.tenant === tenant) &&
        (subject === undefined || row.subject === subject),
    );
    found.sort((one, other) => other.sequence - one.sequence);
    return Promise.resolve(found.slice(0, Math.min(Math.max(0, Math.trunc(query.limit)), MAX_QUERY_ROWS)));
  }

  status(): StoreStatus {
    return {
      state: this.#failure === undefined ? "ok" : "failing",
      failure: this.#failure,
      storeId: this.#volume.storeId,
      fileBytes: 0,
      walBytes: 0,
      lastDurableCut: this.#volume.lastCut?.number ?? 0,
    };
  }

  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    await this.#last;
    this.#volume.isOpen = false;
  }

  #write(cut: Cut): CutReceipt {
    try {
      this.#assertWritable(cut);
      this.#apply(cut);
    } catch (thrown) {
      this.#failure = thrown instanceof Error ? thrown.message : "store error";
      throw new CutFailed(this.#failure, cut.records);
    }
    this.#failure = undefined;
    const { number, bootId, monoMs, wallMs } = cut;
    this.#volume.lastCut = { number, bootId, monoMs, wallMs };
    return { number, commitMs: 0, markMs: 0, records: cut.records };
  }

  #assertWritable(cut: Cut): void {
    if (this.#volume.failure !== undefined) throw new Error(this.#volume.failure);
    const last = this.#volume.lastCut?.number ?? 0;
    if (cut.number <= last)
      throw new RangeError(`cut ${cut.number} is not above cut ${last}, the last one in the file`);
    // Read once before anything is changed: a malformed cut leaves nothing behind.
    const reader = new RecordReader(cut.records, cut.byteLength);
    while (reader.next()) {
      const tables = reader.operation === RECORD_APPEND ? this.#volume.appends : this.#volume.states;
      if (tables[reader.table] === undefined)
        throw new MalformedRecords(`table ${reader.table} of ${tables.length}`);
      if (reader.operation === RECORD_APPEND) parseAppended(reader.key, reader.image());
    }
  }

  #apply(cut: Cut): void {
    const reader = new RecordReader(cut.records, cut.byteLength);
    const { states, appends, lastSequences } = this.#volume;
    while (reader.next()) {
      const { operation, table, key } = reader;
      if (operation === RECORD_APPEND) {
        appends[table]?.set(key, parseAppended(key, reader.image()));
        lastSequences[table] = Math.max(lastSequences[table] ?? 0, key);
      } else if (operation === RECORD_DELETE) states[table]?.delete(key);
      else states[table]?.set(key, reader.image().slice());
    }
  }
}
