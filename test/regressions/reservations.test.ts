// Shrunk failures about holds and what is remembered.
import { describe, expect, test } from "vitest";
import { MAX_RESERVATIONS } from "../../src/domain/reservation.ts";
import { DAY_MS, HOUR_MS } from "../../src/domain/time.ts";
import { Engine, policyOf, START_WALL_MS, STEP } from "../unit/engine/engine-fixture.ts";

describe("remembered reservations", () => {
  test("P2: a settlement is not forgotten while more holds are open than resolved ones are remembered", () => {
    const engine = new Engine({ limits: policyOf() });
    engine.register("e");
    for (let made = 0; made <= MAX_RESERVATIONS; made++)
      engine.reserve("e", `r${made}`, {}, { ttlMs: 3_600_000 });
    engine.settle("e", "r0", { steps: 1n });
    expect(engine.settle("e", "r0", { steps: 1n }).outcome).toBe("settled");
    expect(engine.snapshot("e").steps).toBe(1n);
  });

  test("P4: holds that expired and were settled late count once among the resolved ones", () => {
    const engine = new Engine({ limits: policyOf() });
    engine.register("e");
    for (let made = 0; made < MAX_RESERVATIONS; made++) engine.reserve("e", `r${made}`, {}, { ttlMs: 1_000 });
    engine.advance(1_000);
    for (let made = 0; made < MAX_RESERVATIONS; made++) engine.settle("e", `r${made}`, { steps: 1n });
    expect(engine.settle("e", "unknown", { steps: 1n }).outcome).toBe("unknown");
    expect(engine.snapshot("e").steps).toBe(BigInt(MAX_RESERVATIONS + 1));
    expect(() => engine.settle("e", "another", { steps: 1n })).toThrow("no longer remembered");
    expect(engine.snapshot("e").steps).toBe(BigInt(MAX_RESERVATIONS + 1));
  });

  test("P2: a hold that was not known and settled by a report is not charged again by Settle, also after a restart", async () => {
    const engine = new Engine({ limits: policyOf() });
    engine.register("e");
    engine.report("e", { steps: 1n, settlesReservationId: "lost" });
    expect(() => engine.settle("e", "lost", { steps: 1n })).toThrow("reservation lost is settled already");
    await engine.save();
    const restarted = engine.restarted(0);
    expect(() => restarted.settle("e", "lost", { steps: 1n })).toThrow("reservation lost is settled already");
    expect(restarted.snapshot("e").steps).toBe(1n);
  });

  test("request ids are forgotten as fast as they come (P10)", () => {
    const engine = new Engine({ limits: policyOf() });
    engine.register("e");
    engine.register("f");
    for (let made = 0; made < 10_000; made++) engine.charge("e", {}, { requestId: `q${made}` });
    expect(() => engine.charge("e", {}, { requestId: "one-more" })).toThrow("10000 request ids");
    engine.advance(600_000);
    for (let slices = 0; slices < 20; slices++) engine.advance(10);
    expect(engine.charge("e", {}, { requestId: "one-more" }).allowed).toBe(true);
    expect(engine.world.requests.byAge).toHaveLength(1);
  });
});

describe("windows of holds", () => {
  test("a hold that is extended for days is released where it was made, not in the window that took its row", () => {
    const engine = new Engine({ limits: policyOf() });
    engine.register("e");
    engine.reserve("e", "r", STEP, { ttlMs: HOUR_MS });
    for (let hours = 0; hours < 80; hours++) {
      engine.advance(HOUR_MS - 1_000);
      engine.extend("e", "r", HOUR_MS);
      engine.advance(500);
      engine.report("e", { requests: 1n });
    }
    engine.release("e", "r");
    const held = engine.windows.held;
    expect(held.every((amount) => amount === 0n)).toBe(true);
  });

  test("a clock that steps far ahead and back finds no window under a row that another one took", () => {
    const engine = new Engine({ limits: policyOf() });
    engine.register("e", { principal: { tenant: "acme" } });
    engine.report("e", { requests: 1n });
    engine.wallMs += 4 * DAY_MS;
    engine.advance(20_000);
    engine.register("f", { principal: { tenant: "zeta" } });
    engine.report("f", { requests: 1n });
    engine.wallMs = START_WALL_MS;
    engine.report("e", { requests: 1n });
    const { windows } = engine;
    const rows = [...windows.rows()].filter(
      (row) => windows.texts[row]?.tenant === "zeta" && windows.texts[row]?.level === "tenant",
    );
    expect(rows.map((row) => windows.spent[row * 16 + 5])).toEqual([1n, 1n, 1n]);
  });
});
