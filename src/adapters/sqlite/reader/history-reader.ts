// The main thread's end of the reader thread. The thread starts with the first query: many daemons never need it.

import type { Worker } from "node:worker_threads";
import { type AppendedRow, type AppendQuery, QueryFailed } from "../../../ports/cut-store.ts";
import { startWorker } from "../worker-thread.ts";
import type { ReaderReply, ReaderRequest } from "./reader-messages.ts";

interface Waiting {
  readonly resolve: (rows: readonly AppendedRow[]) => void;
  readonly reject: (failed: QueryFailed) => void;
}

export class HistoryReader {
  readonly #databasePath: string;
  readonly #waiting = new Map<number, Waiting>();
  #worker: Worker | undefined;
  #ended: Promise<void> = Promise.resolve();
  #lastId = 0;

  constructor(databasePath: string) {
    this.#databasePath = databasePath;
  }

  query(query: AppendQuery): Promise<readonly AppendedRow[]> {
    const worker = this.#worker ?? this.#start();
    this.#lastId += 1;
    const id = this.#lastId;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      worker.postMessage({ kind: "query", id, query } satisfies ReaderRequest);
    });
  }

  /** Queries that were asked before are still answered. */
  async close(): Promise<void> {
    this.#worker?.postMessage({ kind: "close" } satisfies ReaderRequest);
    await this.#ended;
  }

  #start(): Worker {
    const worker = startWorker("reader-worker", { databasePath: this.#databasePath });
    this.#worker = worker;
    worker.on("message", (reply: ReaderReply) => this.#take(reply));
    worker.on("error", () => this.#forget(worker));
    this.#ended = new Promise((resolve) => {
      worker.once("exit", () => {
        this.#forget(worker);
        resolve();
      });
    });
    return worker;
  }

  #take(reply: ReaderReply): void {
    const waiting = this.#waiting.get(reply.id);
    this.#waiting.delete(reply.id);
    if ("rows" in reply) waiting?.resolve(reply.rows);
    else waiting?.reject(new QueryFailed(reply.failure));
  }

  /** A thread that died takes its questions with it; the next query starts another one. */
  #forget(worker: Worker): void {
    if (this.#worker === worker) this.#worker = undefined;
    for (const waiting of this.#waiting.values())
      waiting.reject(new QueryFailed("the reader thread has ended"));
    this.#waiting.clear();
  }
}
