import { cpSync, existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { PAGE_BYTES } from "../../src/adapters/sqlite/file/schema.ts";
import type { Loaded } from "../../src/ports/cut-store.ts";
import { rowsOf } from "../contract/cut-store-fixture.ts";
import { atScale, printedSeed, SeededRandom } from "../crash/seeded-random.ts";
import { runDriver } from "../crash/store-life.ts";
import { differingRows, ExpectedRows } from "../crash/store-workload.ts";
import { createDirectory, openWithoutThread } from "./store-fixture.ts";

const FILES = ["tollgate.db", "tollgate.db-wal", "tollgate.mark"] as const;
const OLD_CUT = 40;
const CLEAN_CUT = 120;

/** Damages one file in place; false when there is nothing to damage. */
type Damage = (path: string, old: string, random: SeededRandom) => boolean;

function spoil(change: (bytes: Buffer, random: SeededRandom) => Buffer): Damage {
  return (path, _old, random) => {
    if (!existsSync(path)) return false;
    const bytes = readFileSync(path);
    if (bytes.byteLength === 0) return false;
    writeFileSync(path, change(bytes, random));
    return true;
  };
}

function zeroBlock(size: number): Damage {
  return spoil((bytes, random) => {
    const start = random.below(Math.max(1, Math.floor(bytes.byteLength / size))) * size;
    return bytes.fill(0, start, start + size);
  });
}

const DAMAGES: { readonly [name: string]: Damage } = {
  "one bit is flipped": spoil((bytes, random) => {
    const at = random.below(bytes.byteLength);
    bytes.writeUInt8(bytes.readUInt8(at) ^ (1 << random.below(8)), at);
    return bytes;
  }),
  "one byte is overwritten": spoil((bytes, random) => {
    bytes.writeUInt8(random.below(256), random.below(bytes.byteLength));
    return bytes;
  }),
  "a sector is zeroed": zeroBlock(512),
  "a page is zeroed": zeroBlock(PAGE_BYTES),
  "a stretch is replaced by another": spoil((bytes, random) => {
    const [from, to] = [random.below(bytes.byteLength), random.below(bytes.byteLength)];
    bytes.copy(bytes, Math.min(from, to), Math.max(from, to), Math.max(from, to) + 1024);
    return bytes;
  }),
  "the end is cut off": spoil((bytes, random) => bytes.subarray(0, random.below(bytes.byteLength))),
  "it is deleted": (path) => {
    rmSync(path, { force: true });
    return true;
  },
  "an old copy takes its place": (path, old) => {
    rmSync(path, { force: true });
    if (existsSync(old)) cpSync(old, path);
    return true;
  },
};

describe("damage at the start", () => {
  const place = createDirectory();
  const [old, clean, killed, tried] = [
    join(place, "old"),
    join(place, "clean"),
    join(place, "killed"),
    join(place, "tried"),
  ];
  let acknowledgedByKilled = 0;

  beforeAll(async () => {
    await runDriver({ directory: old, durability: "power", lastCut: OLD_CUT });
    cpSync(old, clean, { recursive: true });
    await runDriver({ directory: clean, durability: "power", lastCut: CLEAN_CUT });
    cpSync(old, killed, { recursive: true });
    const life = await runDriver(
      { directory: killed, durability: "power", lastCut: 1_000_000 },
      (event, child) => {
        if (event !== "opened" && "acknowledged" in event && event.acknowledged === CLEAN_CUT)
          child.kill("SIGKILL");
      },
    );
    acknowledgedByKilled = life.lastAcknowledged;
  }, 60_000);
  afterAll(() => rmSync(place, { recursive: true, force: true }));

  test("P1 P8: every change to our rows and every lost tail is found, and no start crashes", {
    timeout: 300_000,
  }, () => {
    const seed = printedSeed("damage");
    const random = new SeededRandom(seed);
    const rounds = atScale(12, 120);
    const tally = { samples: 0, hole: 0, damaged: 0, unproved: 0, "set aside": 0, "nothing of ours": 0 };
    for (let round = 0; round < rounds; round += 1) {
      for (const [name, damage] of Object.entries(DAMAGES)) {
        for (const file of FILES) {
          const isKilled = random.below(2) === 0;
          rmSync(tried, { recursive: true, force: true });
          cpSync(isKilled ? killed : clean, tried, { recursive: true });
          if (!damage(join(tried, file), join(old, file), random)) continue;
          const what = `${file} of a ${isKilled ? "killed" : "closed"} store, ${name} (round ${round})`;
          const acknowledged = isKilled ? acknowledgedByKilled : CLEAN_CUT;
          const loaded = openAndClose(tried);
          assertHonest(loaded, acknowledged, what);
          tally.samples += 1;
          if (loaded.hole !== undefined) tally.hole += 1;
          if (loaded.damaged.length > 0) tally.damaged += 1;
          if (loaded.unproved.length > 0) tally.unproved += 1;
          if (loaded.setAside !== undefined) tally["set aside"] += 1;
          const isQuiet =
            loaded.hole === undefined && loaded.setAside === undefined && loaded.damaged.length === 0;
          if (isQuiet) tally["nothing of ours"] += 1;
          // What was found is found again until a cut was written.
          const again = openAndClose(tried);
          expect({ hole: again.hole, damaged: again.damaged, unproved: again.unproved }, what).toEqual({
            hole: loaded.hole,
            damaged: loaded.damaged,
            unproved: loaded.unproved,
          });
        }
      }
    }
    console.log(`damage: ${JSON.stringify(tally)}`);
  });
});

function openAndClose(directory: string): Loaded {
  const { file, loaded } = openWithoutThread(directory);
  file.database.close();
  file.mark.close();
  return loaded;
}

/** Nothing lost goes unsaid, and nothing is served that no cut held. */
function assertHonest(loaded: Loaded, acknowledged: number, what: string): void {
  const { hole, damaged, unproved, setAside, lastCut, fresh } = loaded;
  const found = rowsOf(loaded);
  const isLossTold = lastCut >= acknowledged || hole !== undefined || setAside !== undefined;
  expect(isLossTold, `${what}: lost cuts are told of`).toBe(true);
  const expected = fresh ? new Map<string, string>() : new ExpectedRows().after(lastCut);
  const named = new Set(damaged.map(({ table, key }) => `${table}/${key}`));
  const unexplained = differingRows(found, expected).filter((name) => {
    const table = name.slice(0, name.indexOf("/"));
    return !named.has(name) && !unproved.some((one) => one === table);
  });
  expect(unexplained, `${what}: rows that differ are named, or their table is`).toEqual([]);
  for (const name of named) expect(found.has(name), `${what}: a damaged row is not served`).toBe(false);
}
