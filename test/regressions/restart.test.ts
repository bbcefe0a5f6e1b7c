// Shrunk failures about starting again.
import { describe, expect, test } from "vitest";
import { openReporter } from "../../src/engine/reports/open-reporter.ts";
import { restoreCompleted } from "../../src/engine/rows/restore-completed.ts";
import { APPEND_TABLES } from "../../src/ports/cut-store.ts";
import { CALLER, Engine, policyOf, STEP } from "../unit/engine/engine-fixture.ts";

describe("a start after a start", () => {
  test("instants of an earlier boot are not read on the clock of a later one (P1)", async () => {
    const first = new Engine({ limits: policyOf({ max_wall_time_ms: 60_000n }), monoMs: 900_000_000 });
    first.register("e");
    first.reserve("e", "r", STEP, { ttlMs: 60_000 });
    await first.save();
    const second = first.restarted(1_000, { bootId: "boot-2", monoMs: 5_000 });
    second.register("other");
    await second.save();
    const third = second.restarted(1_000, { bootId: "boot-2" });
    expect(third.snapshot("e").wallTimeMs).toBe(2_000);
    third.advance(58_999);
    expect(third.eventTypes("e")).toEqual([]);
    third.advance(2);
    expect(third.eventTypes("e")).toEqual(["HALT"]);
    third.advance(1_000);
    expect(third.eventTypes("e")).toEqual(["HALT", "RESERVATION_EXPIRED"]);
  });

  test("time away is left out of idle clocks and holds after every start, not only after the last one", async () => {
    const first = new Engine({ limits: policyOf({ idle_timeout_seconds: 1_800n }) });
    first.register("e");
    first.reserve("e", "r", STEP, { ttlMs: 600_000 });
    await first.save();
    const second = first.restarted(31 * 60_000);
    second.register("other");
    await second.save();
    const third = second.restarted(31 * 60_000);
    expect(third.snapshot("e").idleMs).toBe(0);
    third.advance(599_999);
    expect(third.eventTypes("e")).toEqual([]);
    third.advance(1);
    expect(third.eventTypes("e")).toEqual(["RESERVATION_EXPIRED"]);
  });
});

describe("time away", () => {
  test("is counted from the stop or kill, not from the last change: a quiet run idles on over a start", async () => {
    const first = new Engine({ limits: policyOf({ idle_timeout_seconds: 1_800n }) });
    first.register("e");
    await first.save();
    for (let second = 0; second < 1_500; second += 5) {
      first.advance(5_000);
      await first.save();
    }
    const second = first.restarted(60_000);
    const idleMs = second.snapshot("e").idleMs ?? 0;
    expect(idleMs).toBeGreaterThanOrEqual(1_490_000);
    expect(idleMs).toBeLessThanOrEqual(1_500_000);
    second.advance(1_799_999 - idleMs);
    expect(second.eventTypes("e")).toEqual([]);
    second.advance(1);
    expect(second.eventTypes("e")).toEqual(["HALT"]);
  });

  test("makes no cuts while nothing lives", async () => {
    const engine = new Engine();
    engine.register("e");
    engine.complete("e");
    await engine.save();
    engine.advance(60_000);
    expect(engine.world.generations.dirty).toBe(false);
  });

  test.each([
    ["an hour before the last cut", -3_600_000, 0],
    ["31 days after it", 31 * 86_400_000, 30 * 86_400_000],
  ])(
    "another boot %s counts as no more than is believed, and is told: CLOCK_STEP",
    async (_when, toldMs, awayMs) => {
      const first = new Engine({ limits: policyOf({ max_wall_time_ms: 40n * 86_400_000n }) });
      first.register("e");
      await first.save();
      const second = first.restarted(toldMs, { bootId: "boot-2", monoMs: 5_000 });
      second.drain();
      expect(second.violations.map(({ finding }) => finding)).toEqual([
        expect.objectContaining({ reason: "CLOCK_STEP", verdict: "WARN" }),
      ]);
      expect(second.snapshot("e").wallTimeMs).toBe(awayMs);
    },
  );

  test("another boot within 30 days is believed", async () => {
    const first = new Engine();
    first.register("e");
    await first.save();
    const second = first.restarted(30 * 86_400_000, { bootId: "boot-2", monoMs: 5_000 });
    second.drain();
    expect(second.violations.map(({ finding }) => finding.reason)).not.toContain("CLOCK_STEP");
  });
});

describe("reporters after a start", () => {
  const hello = { reporterId: "reporter", epoch: 1n, resume: true };

  test("the principal of the last hello pays for unattributed usage", async () => {
    const engine = new Engine();
    engine.report("unknown", { steps: 1n });
    await engine.save();
    openReporter(
      engine.world,
      CALLER,
      { ...hello, durableSeen: 1, principal: { tenant: "acme" } },
      engine.now,
    );
    await engine.save();
    const restarted = engine.restarted(1_000);
    expect(restarted.world.reporters.find(CALLER, "reporter", 1n)?.principal).toEqual({ tenant: "acme" });
  });

  test("what a client was told and the file does not know is remembered until it is resent", async () => {
    const engine = new Engine();
    engine.register("e");
    engine.report("e", { steps: 1n });
    await engine.save();
    const asked = engine.restarted(1_000);
    const { reporters } = asked.world;
    openReporter(asked.world, CALLER, { ...hello, durableSeen: 3, principal: undefined }, asked.now);
    await asked.save();
    const again = asked.restarted(1_000);
    expect(again.check("e", STEP).uncertain).toBe(true);
    again.report("e", [{ steps: 1n }, { steps: 1n }], { first: 2 });
    expect(again.check("e", STEP).uncertain).toBe(false);
    expect(reporters.size).toBe(1);
  });
});

describe("completed executions taken up again from the file", () => {
  test("late usage of a child is charged to the parent that still runs (P4)", async () => {
    const engine = new Engine({ limits: policyOf() });
    engine.register("root");
    engine.register("child", { parentId: "root" });
    engine.complete("child");
    await engine.save();
    engine.advance(3_600_001);
    expect(engine.index("child")).toBe(-1);
    const rows = engine.volume.appends[APPEND_TABLES.indexOf("completed_executions")];
    restoreCompleted(engine.world, [...(rows?.values() ?? [])][0]?.body ?? "", engine.now);
    engine.report("child", { steps: 2n });
    expect(engine.snapshot("root").steps).toBe(2n);
  });

  test("a row that no store would take does not keep every later cut out of the file", async () => {
    const engine = new Engine({ limits: policyOf() });
    engine.register("e");
    for (let at = 0; at < 1_000; at++)
      engine.report("e", { step: { name: `${at}`.padStart(128, "x"), plannedOnly: true } });
    engine.complete("e");
    await engine.save();
    expect(engine.world.generations.dirty).toBe(false);
    engine.advance(3_600_001);
    const rows = engine.volume.appends[APPEND_TABLES.indexOf("completed_executions")];
    expect(
      restoreCompleted(engine.world, [...(rows?.values() ?? [])][0]?.body ?? "", engine.now),
    ).toBeGreaterThanOrEqual(0);
    expect(engine.snapshot("e").discoveredSteps).toBe(1_000n);
  });

  test("an appended row above 64 KiB keeps its place and says so", async () => {
    const engine = new Engine();
    const row = { at_ms: 1, tenant: "t", subject: "s", kind: "k" };
    engine.world.generations.append("audit", { ...row, body: { note: "é".repeat(40_000) } });
    engine.world.generations.append("audit", { ...row, body: { note: "é".repeat(30_000) } });
    await engine.save();
    const rows = [...(engine.volume.appends[APPEND_TABLES.indexOf("audit")]?.values() ?? [])];
    expect(rows.map((one) => JSON.parse(one.body) as object)).toEqual([
      { too_long: true },
      { note: "é".repeat(30_000) },
    ]);
  });
});
