// A store whose disk misbehaves on command. What it keeps is kept as the memory store keeps it; what goes wrong is decided
// before a write, and a write can be left waiting so that a kill falls before or after it.
import { type MemoryVolume, openMemoryStore } from "../../src/adapters/memory/cut-store.ts";
import {
  type AppendedRow,
  type AppendQuery,
  type Cut,
  CutFailed,
  type CutReceipt,
  type CutStore,
  type Loaded,
  type StoreStatus,
} from "../../src/ports/cut-store.ts";

/**
 * What the next write does: commit · fail before it · fail after it (only the mark) · promise and lose it (a broken disk,
 * which the simulation must notice) · write the first half (a torn page that a real file finds at its start).
 */
export type Fault = "none" | "fails" | "mark_fails" | "loses" | "tears";

export class FaultyStore implements CutStore {
  readonly loaded: Loaded;
  readonly #store: CutStore;
  readonly #volume: MemoryVolume;
  nextFault: Fault = "none";

  constructor(volume: MemoryVolume) {
    const { store, loaded } = openMemoryStore(volume);
    this.#store = store;
    this.#volume = volume;
    this.loaded = loaded;
  }

  async write(cut: Cut): Promise<CutReceipt> {
    const fault = this.nextFault;
    this.nextFault = "none";
    if (fault === "fails") throw new CutFailed("disk full", cut.records.transfer());
    if (fault === "loses")
      return { number: cut.number, commitMs: 0, markMs: 0, records: cut.records.transfer() };
    if (fault === "tears") return this.#writeHalf(cut);
    const receipt = await this.#store.write(cut);
    if (fault === "mark_fails") throw new CutFailed("input/output error", receipt.records);
    return receipt;
  }

  query(query: AppendQuery): Promise<readonly AppendedRow[]> {
    return this.#store.query(query);
  }

  status(): StoreStatus {
    return this.#store.status();
  }

  close(): Promise<void> {
    return this.#store.close();
  }

  /** The process is gone: what it wrote stays. */
  kill(): void {
    this.#volume.isOpen = false;
  }

  /** Commits the records of the first half only: a cut that is not one. */
  async #writeHalf(cut: Cut): Promise<CutReceipt> {
    const view = new DataView(cut.records);
    let end = 0;
    while (end < cut.byteLength / 2) end += 16 + ((view.getUint32(end + 4, true) + 7) & ~7);
    return this.#store.write({ ...cut, byteLength: end });
  }
}
