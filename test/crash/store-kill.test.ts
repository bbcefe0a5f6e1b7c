import { rmSync } from "node:fs";
import { expect, test } from "vitest";
import { createDirectory } from "../integration/store-fixture.ts";
import { atScale, printedSeed, SeededRandom } from "./seeded-random.ts";
import { runDriver } from "./store-life.ts";

/** Lives of one store before the test goes on with a new one: starts from nothing are killed too. */
const LIVES_PER_STORE = 10;

/** More cuts than a life lives to see. */
const ENDLESS = 1_000_000_000;

/** Kills one store again and again; after each kill everything that was acknowledged must be there, and nothing by halves. */
async function killRepeatedly(
  random: SeededRandom,
  lives: number,
): Promise<{ readonly ahead: number; readonly early: number }> {
  const directory = createDirectory();
  let acknowledged = 0;
  let ahead = 0;
  let early = 0;
  try {
    for (let life = 0; life <= lives; life += 1) {
      const isLast = life === lives;
      const isBlind = !isLast && random.below(4) === 0;
      const killAfter = 1 + random.below(60);
      const blindMs = random.below(350);
      let heard = 0;
      const result = await runDriver(
        { directory, durability: "power", lastCut: isLast ? 0 : ENDLESS },
        (event, child) => {
          heard += event === "opened" ? 0 : 1;
          if (heard === killAfter && !isBlind && !isLast) child.kill("SIGKILL");
        },
        (child) => {
          // Not a wait for anything: the kill comes at an arbitrary instant, most of them before the store is open.
          if (isBlind) setTimeout(() => child.kill("SIGKILL"), blindMs);
        },
      );
      expect(result.errorText).toBe("");
      if (result.found === undefined) {
        early += 1;
        continue;
      }
      expect(result.found).toEqual({
        lastCut: expect.any(Number) as number,
        damaged: [],
        unproved: [],
        differing: [],
      });
      expect(result.found.lastCut).toBeGreaterThanOrEqual(acknowledged);
      if (result.found.lastCut > acknowledged) ahead += 1;
      acknowledged = Math.max(acknowledged, result.found.lastCut, result.lastAcknowledged);
    }
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
  return { ahead, early };
}

test("P1: a process killed at any instant loses no acknowledged cut and leaves none by halves", {
  timeout: 600_000,
}, async () => {
  const seed = printedSeed("kill");
  const kills = atScale(40, 100);
  const stores = kills / LIVES_PER_STORE;
  const results = await Promise.all(
    // Two lanes: each takes every second store.
    [0, 1].map(async (lane) => {
      const lanes = { ahead: 0, early: 0 };
      for (let store = lane; store < stores; store += 2) {
        const { ahead, early } = await killRepeatedly(new SeededRandom(seed + store), LIVES_PER_STORE);
        lanes.ahead += ahead;
        lanes.early += early;
      }
      return lanes;
    }),
  );
  const ahead = results.reduce((sum, lane) => sum + lane.ahead, 0);
  const early = results.reduce((sum, lane) => sum + lane.early, 0);
  console.log(
    `kill: ${kills} kills, ${early} before the store was open, ${ahead} times the file was ahead of the acknowledgement`,
  );
});
