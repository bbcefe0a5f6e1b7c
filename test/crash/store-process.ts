// A process that uses a real store until it is killed: says what it found, writes cuts, and says which are acknowledged.
// node store-process.ts <directory> <power|process> <last cut> [<file for acknowledgements>]
// Lines on standard output: one JSON line with what was found, then the number of each acknowledged cut, or `failed <cause>`.

import { openSync, writeSync } from "node:fs";
import { openStore } from "../../src/adapters/sqlite/open-store.ts";
import { createCut, rowsOf, wallMsOf } from "../contract/cut-store-fixture.ts";
import { changesOfCut, differingRows, ExpectedRows } from "./store-workload.ts";

const [directory = "", durability = "power", last = "0", acknowledgements] = process.argv.slice(2);

const { store, loaded } = await openStore({
  directory,
  durability: durability === "process" ? "process" : "power",
  onCorrupt: "salvage",
  now: { monoMs: 0, wallMs: wallMsOf(0) },
  // So small that the journal is folded every dozen cuts: kills then meet every part of it.
  fileMaxBytes: 1024 * 1024,
  bootId: "boot-of-the-driver",
  instance: { host: "host-of-the-driver", pid: process.pid, startedWallMs: wallMsOf(0) },
});
const { lastCut, nextCut, hole, damaged, unproved, setAside } = loaded;
const differing = differingRows(rowsOf(loaded), new ExpectedRows().after(lastCut));
const found = { lastCut, hole: hole?.text, damaged, unproved, setAside, differing };
writeSync(1, `${JSON.stringify(found)}\n`);

const acknowledge = acknowledgements === undefined ? 1 : openSync(acknowledgements, "a");
let acknowledged = nextCut - 1;
for (let number = nextCut; acknowledged < Number(last); number += 1) {
  // What failed goes along with what is new: the rows after cut n do not depend on how many attempts it took.
  const changes = [];
  for (let open = acknowledged + 1; open <= number; open += 1) changes.push(...changesOfCut(open));
  try {
    await store.write(createCut(number, changes));
    acknowledged = number;
    writeSync(acknowledge, `${number}\n`);
  } catch (thrown) {
    writeSync(1, `failed ${thrown instanceof Error ? thrown.message : ""}\n`);
  }
}
await store.close();
