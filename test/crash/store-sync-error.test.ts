import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { createDirectory } from "../integration/store-fixture.ts";
import { buildShim } from "./power-record.ts";
import { runDriver } from "./store-life.ts";

test("P1: while the disk fails to sync nothing is acknowledged; when it is back everything is written and whole", {
  timeout: 120_000,
}, async () => {
  const place = createDirectory();
  try {
    const [directory, broken] = [join(place, "store"), join(place, "broken")];
    const environment = {
      LD_PRELOAD: buildShim(place),
      POWER_DIR: directory,
      POWER_LOG: join(place, "log"),
      POWER_FAIL: broken,
    };
    let isBroken = false;
    let acknowledgedWhileBroken = 0;
    let failures = 0;
    const life = await runDriver({ directory, durability: "power", lastCut: 60, environment }, (event) => {
      if (event === "opened") return;
      if ("failure" in event) failures += 1;
      else if (failures > 0 && isBroken) acknowledgedWhileBroken += 1;
      else if (event.acknowledged === 20) {
        isBroken = true;
        writeFileSync(broken, "");
      }
      if (failures === 5 && isBroken) {
        isBroken = false;
        rmSync(broken);
      }
    });
    expect(life).toMatchObject({ exitCode: 0, errorText: "" });
    expect(life.failures.length).toBeGreaterThanOrEqual(5);
    expect(new Set(life.failures)).toEqual(new Set(["cut failed: input/output error"]));
    expect(acknowledgedWhileBroken).toBe(0);
    expect(life.lastAcknowledged).toBeGreaterThanOrEqual(60);
    const after = await runDriver({ directory, durability: "power", lastCut: 0 });
    expect(after.found).toEqual({ lastCut: life.lastAcknowledged, damaged: [], unproved: [], differing: [] });
  } finally {
    rmSync(place, { recursive: true, force: true });
  }
});
