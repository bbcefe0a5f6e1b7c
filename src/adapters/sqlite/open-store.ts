// Opens the store of one directory: place, lock, file, in this order. See docs/durability.md for what is found at a start.

import { randomUUID, randomBytes as systemRandomBytes } from "node:crypto";
import { resolve as resolvePath } from "node:path";
import type { Worker } from "node:worker_threads";
import type { CutStore, Loaded, RowReceiver } from "../../ports/cut-store.ts";
import { prepareDirectory } from "./directory.ts";
import { HASH_KEY_BYTES } from "./file/row-proof.ts";
import { type Instance, StoreLock } from "./lock.ts";
import { RowCollector } from "./row-collector.ts";
import { SqliteStore } from "./sqlite-store.ts";
import type { OnCorrupt, OpenSettings } from "./start/open-settings.ts";
import { storeFiles } from "./store-files.ts";
import { StoreOpenError } from "./store-open-error.ts";
import type { WriterReply } from "./worker-messages.ts";
import { startWorker } from "./worker-thread.ts";

/** Below the size limit of the smallest volume that is sensible (1 GiB), above 90 days of ordinary history. */
export const DEFAULT_FILE_MAX_BYTES = 256 * 1024 * 1024;

/** The file without any history takes about 100 KiB; less room than this for rows makes no sense. */
const FILE_MIN_BYTES = 512 * 1024;

export interface OpenStoreOptions {
  /** Made if it is missing; holds nothing else. */
  readonly directory: string;
  /** `power`: survives loss of power. `process`: survives `kill -9` only. */
  readonly durability: "power" | "process";
  readonly onCorrupt: OnCorrupt;
  /** Size cap of the database, bytes; the log beside it takes up to 64 MiB more. Default 256 MiB. */
  readonly fileMaxBytes?: number;
  /** The present instant, for what is made or set aside at this start. */
  readonly now: { readonly monoMs: number; readonly wallMs: number };
  readonly bootId: string;
  readonly instance: Instance;
  /** Takes the rows while they are read. Default: they are in the answer. */
  readonly receiver?: RowReceiver;
  /** Where ids and keys of new files come from. Default: the system's. */
  readonly randomBytes?: (length: number) => Uint8Array;
}

export interface OpenedStore {
  readonly store: CutStore;
  readonly loaded: Loaded;
}

/** @throws StoreOpenError; after it nothing is held and nothing was changed that it does not say */
export async function openStore(options: OpenStoreOptions): Promise<OpenedStore> {
  const settings = settingsFrom(options);
  prepareDirectory(settings.files.directory);
  const lock = StoreLock.acquire(settings.files, options.instance, options.bootId);
  try {
    const worker = startWorker("writer-worker", { settings });
    const collector = new RowCollector();
    const reply = await waitUntilOpened(worker, options.receiver ?? collector);
    const { sizes } = reply;
    const loaded = { ...reply.loaded, rows: collector.chunks };
    const { storeId, lastCut } = loaded;
    const store = new SqliteStore(worker, lock, settings.files.database, { storeId, lastCut, sizes });
    return { store, loaded };
  } catch (thrown) {
    lock.release();
    throw thrown;
  }
}

function settingsFrom(options: OpenStoreOptions): OpenSettings {
  const { fileMaxBytes = DEFAULT_FILE_MAX_BYTES, randomBytes, now } = options;
  if (!(fileMaxBytes >= FILE_MIN_BYTES)) {
    throw new StoreOpenError(
      "BAD_DIRECTORY",
      `the size cap of the file must be at least ${FILE_MIN_BYTES} bytes`,
    );
  }
  const random = randomBytes ?? ((length: number) => systemRandomBytes(length));
  return {
    files: storeFiles(resolvePath(options.directory)),
    durability: options.durability,
    onCorrupt: options.onCorrupt,
    fileMaxBytes,
    bootId: options.bootId,
    monoMs: now.monoMs,
    wallMs: now.wallMs,
    newStoreId: randomBytes === undefined ? randomUUID() : Buffer.from(random(16)).toString("hex"),
    newHashKey: Uint8Array.from(random(HASH_KEY_BYTES)),
  };
}

type Opened = Extract<WriterReply, { kind: "opened" }>;

/** Rejects only when the thread has ended, so that the lock is not given back under an open file. */
function waitUntilOpened(worker: Worker, receiver: RowReceiver): Promise<Opened> {
  return new Promise((resolve, reject) => {
    let failure = new StoreOpenError("UNEXPECTED", "the writer thread ended before the file was open");
    let isRefused = false;
    const onError = (thrown: unknown): void => {
      failure = new StoreOpenError("UNEXPECTED", "the writer thread died while opening the file", {
        cause: thrown,
      });
    };
    const onExit = (): void => reject(failure);
    const handOver = (work: () => void): void => {
      try {
        if (!isRefused) work();
      } catch (thrown) {
        isRefused = true;
        failure = new StoreOpenError("UNEXPECTED", "what the file holds cannot be taken up", {
          cause: thrown,
        });
        worker.postMessage({ kind: "close" });
      }
    };
    const onMessage = (reply: WriterReply): void => {
      if (reply.kind === "begin") handOver(() => receiver.begin(reply.head));
      else if (reply.kind === "rows") handOver(() => receiver.take(reply.chunk));
      else if (reply.kind === "open_failed") failure = new StoreOpenError(reply.code, reply.message);
      else if (reply.kind === "opened" && !isRefused) {
        worker.off("error", onError);
        worker.off("exit", onExit);
        worker.off("message", onMessage);
        resolve(reply);
      }
    };
    worker.once("error", onError);
    worker.once("exit", onExit);
    worker.on("message", onMessage);
  });
}
