// The deterministic simulation: see simulation.ts. A failing seed replays with `npm run simulate -- --seed N`.
import { describe, expect, test } from "vitest";
import { atScale } from "../crash/seeded-random.ts";
import { runSeed } from "./run-seed.ts";

/** Seeds that found something once. */
const FOUND: readonly number[] = [1, 16, 56, 60, 243];

/** One file of tests runs on one core: each part takes its share of the seeds. */
const PARTS = 10;
const SEEDS = atScale(500, 2_000);

describe("simulation", () => {
  const given = process.env["TOLLGATE_TEST_SEED"];
  const first = given === undefined ? Math.floor(Math.random() * 0x3fffffff) : Number(given);
  console.log(`simulation: ${SEEDS} seeds from TOLLGATE_TEST_SEED=${first}`);

  test.each(FOUND)("seed %i, which found something once, finds nothing", async (seed) => {
    await runSeed(seed);
  });

  test.each(Array.from({ length: PARTS }, (_, part) => first + (part * SEEDS) / PARTS))(
    "P1 P2 P3: from seed %i on nothing is lost, counted twice or admitted over a limit",
    async (from) => {
      for (let seed = from; seed < from + SEEDS / PARTS; seed++) await runSeed(seed);
    },
  );

  test.each(["loses", "tears"] as const)(
    "P1: a disk that %s an acknowledged cut is noticed",
    async (brokenDisk) => {
      const outcomes = await Promise.allSettled(
        Array.from({ length: 10 }, (_, seed) => runSeed(seed, { brokenDisk })),
      );
      const noticed = outcomes.filter((one) => one.status === "rejected").map((one) => String(one.reason));
      expect(noticed).toHaveLength(10);
      expect(
        noticed.filter(
          (text) =>
            !/older than an acknowledged|is not the world it was made of|acknowledged and lost|gap/.test(
              text,
            ),
        ),
      ).toEqual([]);
    },
  );
});
