// What a disk makes of the least that a durable answer needs: between "begin" and "end" it appends 16 KiB and syncs them about as
// often as the daemon cuts, and tells the p99 in ms. node append-process.ts DIRECTORY
import { closeSync, fdatasyncSync, openSync, writeSync } from "node:fs";
import { join } from "node:path";
import { Latencies } from "../load/latencies.ts";

/** From one append to the next, ms. */
const GAP_MS = 5;
const PAGE = Buffer.alloc(16_384, 7);

const file = openSync(join(process.argv[2] ?? "", "log"), "a");
let latencies = new Latencies();
let timer: NodeJS.Timeout | undefined;

function append(): void {
  const startMs = performance.now();
  writeSync(file, PAGE);
  fdatasyncSync(file);
  latencies.add(performance.now() - startMs);
}

process.on("message", (message) => {
  clearInterval(timer);
  if (message === "begin") {
    latencies = new Latencies();
    timer = setInterval(append, GAP_MS);
  }
  process.send?.(latencies.at(0.99));
});
process.on("disconnect", () => {
  closeSync(file);
  process.exit(0);
});
process.send?.("ready");
