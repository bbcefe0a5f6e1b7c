// The store as the main thread sees it: passes cuts to the writer thread and history queries to the reader thread.
// No SQLite call happens here.

import type { Worker } from "node:worker_threads";
import {
  type AppendedRow,
  type AppendQuery,
  type Cut,
  CutFailed,
  type CutReceipt,
  type CutStore,
  QueryFailed,
  type StoreStatus,
} from "../../ports/cut-store.ts";
import type { StoreLock } from "./lock.ts";
import { HistoryReader } from "./reader/history-reader.ts";
import type { Sizes, WriteRequest, WriterReply } from "./worker-messages.ts";

interface Waiting {
  readonly resolve: (receipt: CutReceipt) => void;
  readonly reject: (failed: CutFailed) => void;
}

export class SqliteStore implements CutStore {
  readonly #worker: Worker;
  readonly #lock: StoreLock;
  readonly #reader: HistoryReader;
  readonly #storeId: string;
  /** Answers come in order, one for each write. */
  readonly #waiting: Waiting[] = [];
  readonly #ended: Promise<void>;
  #sizes: Sizes;
  #failure: string | undefined;
  #lastDurableCut: number;
  #closing: Promise<void> | undefined;
  #hasEnded = false;

  /** `worker` has answered "opened" already. */
  constructor(
    worker: Worker,
    lock: StoreLock,
    databasePath: string,
    opened: { readonly storeId: string; readonly lastCut: number; readonly sizes: Sizes },
  ) {
    this.#worker = worker;
    this.#lock = lock;
    this.#storeId = opened.storeId;
    this.#sizes = opened.sizes;
    this.#lastDurableCut = opened.lastCut;
    this.#reader = new HistoryReader(databasePath);
    worker.on("message", (reply: WriterReply) => this.#take(reply));
    worker.on("error", (thrown) =>
      this.#fail(`the writer thread died: ${thrown instanceof Error ? thrown.message : ""}`),
    );
    this.#ended = new Promise((resolve) => {
      worker.once("exit", () => {
        this.#fail("the writer thread has ended");
        this.#hasEnded = true;
        resolve();
      });
    });
  }

  write(cut: Cut): Promise<CutReceipt> {
    const { number, records, byteLength, bootId, monoMs, wallMs } = cut;
    if (this.#closing !== undefined || this.#hasEnded) {
      return Promise.reject(new CutFailed("the store is closed", records));
    }
    const request: WriteRequest = { kind: "write", number, records, byteLength, bootId, monoMs, wallMs };
    return new Promise((resolve, reject) => {
      this.#waiting.push({ resolve, reject });
      this.#worker.postMessage(request, [records]);
    });
  }

  query(query: AppendQuery): Promise<readonly AppendedRow[]> {
    if (this.#closing !== undefined) return Promise.reject(new QueryFailed("the store is closed"));
    return this.#reader.query(query);
  }

  status(): StoreStatus {
    return {
      state: this.#failure === undefined ? "ok" : "failing",
      failure: this.#failure,
      storeId: this.#storeId,
      ...this.#sizes,
      lastDurableCut: this.#lastDurableCut,
    };
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    // The reader first: the connection that closes last puts the log into the database.
    await this.#reader.close();
    if (!this.#hasEnded) this.#worker.postMessage({ kind: "close" });
    await this.#ended;
    this.#lock.release();
  }

  #take(reply: WriterReply): void {
    if (reply.kind === "written") {
      const { number, commitMs, markMs, records, sizes } = reply;
      this.#sizes = sizes;
      this.#failure = undefined;
      this.#lastDurableCut = number;
      this.#waiting.shift()?.resolve({ number, commitMs, markMs, records });
    } else if (reply.kind === "write_failed") {
      this.#sizes = reply.sizes;
      this.#failure = reply.cause;
      this.#waiting.shift()?.reject(new CutFailed(reply.cause, reply.records));
    } else if (reply.kind === "noticed") {
      this.#sizes = reply.sizes;
      this.#failure = reply.failure;
    }
  }

  /** The thread is gone, and with it the buffers it had: whoever waits is told so, once. */
  #fail(text: string): void {
    if (this.#closing === undefined) this.#failure = text;
    for (const waiting of this.#waiting.splice(0)) waiting.reject(new CutFailed(text, new ArrayBuffer(0)));
  }
}
