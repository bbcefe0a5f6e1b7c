// Entry of the reader thread: answers history queries on a read-only connection until asked to close.

import { parentPort, workerData } from "node:worker_threads";
import { HistoryPages } from "./reader/history-pages.ts";
import type { ReaderData, ReaderReply, ReaderRequest } from "./reader/reader-messages.ts";
import { failureText } from "./sqlite-failure.ts";

const port = parentPort;
if (port !== null) {
  const { databasePath } = workerData as ReaderData;
  let pages: HistoryPages | undefined;
  port.on("message", (request: ReaderRequest) => {
    if (request.kind === "close") {
      pages?.close();
      port.close();
      return;
    }
    const { id } = request;
    try {
      pages ??= new HistoryPages(databasePath);
      port.postMessage({ id, rows: pages.read(request.query) } satisfies ReaderReply);
    } catch (thrown) {
      port.postMessage({ id, failure: failureText(thrown) } satisfies ReaderReply);
    }
  });
}
