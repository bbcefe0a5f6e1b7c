// Entry of the writer thread: opens the file, answers what was in it, then writes cuts until asked to close.

import { statfsSync } from "node:fs";
import { parentPort, workerData } from "node:worker_threads";
import { failureCode, failureText, isFull } from "./sqlite-failure.ts";
import { openFile } from "./start/open-file.ts";
import { type StoreOpenCode, StoreOpenError } from "./store-open-error.ts";
import type { WriterData, WriterReply } from "./worker-messages.ts";
import { WriterThread } from "./writer/writer-thread.ts";

/** Below this a start that fails is a full disk, whatever the driver calls it. */
const NEARLY_FULL_BYTES = 256 * 1024;

const port = parentPort;
if (port !== null) {
  const { settings } = workerData as WriterData;
  try {
    const file = openFile(settings, {
      begin: (head) => port.postMessage({ kind: "begin", head } satisfies WriterReply),
      take: (chunk) => port.postMessage({ kind: "rows", chunk } satisfies WriterReply, [chunk.records]),
    });
    const thread = new WriterThread(port, settings, file);
    const { loaded } = file;
    port.postMessage({ kind: "opened", loaded, sizes: thread.sizes() } satisfies WriterReply);
  } catch (thrown) {
    const [code, message] = explain(thrown, settings.files.directory);
    port.postMessage({ kind: "open_failed", code, message } satisfies WriterReply);
    port.close();
  }
}

function explain(thrown: unknown, directory: string): [StoreOpenCode, string] {
  if (thrown instanceof StoreOpenError) return [thrown.storeCode, thrown.message];
  const code = failureCode(thrown);
  const text = `the store in ${directory} cannot be opened`;
  if (isFull(thrown) || (code.startsWith("SQLITE_IOERR") && isNearlyFull(directory))) {
    return ["DISK_FULL", `${text}: the disk is full`];
  }
  if (code.startsWith("SQLITE_READONLY") || ["EROFS", "EACCES", "EPERM"].includes(code)) {
    return ["READ_ONLY", `${text}: it is read-only for this user`];
  }
  if (code.startsWith("SQLITE_") || code.startsWith("E"))
    return ["INPUT_OUTPUT", `${text}: ${failureText(thrown)} (${code})`];
  const detail = thrown instanceof Error ? (thrown.stack ?? thrown.message) : "";
  return ["UNEXPECTED", `${text}: ${detail}`];
}

function isNearlyFull(directory: string): boolean {
  const { bavail, bsize } = statfsSync(directory);
  return bavail * bsize < NEARLY_FULL_BYTES;
}
