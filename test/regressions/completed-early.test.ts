// What is dropped from memory before its time because the table is full.
import { describe, expect, test } from "vitest";
import { restoreCompleted } from "../../src/engine/rows/restore-completed.ts";
import { APPEND_TABLES } from "../../src/ports/cut-store.ts";
import { Engine, policyOf, STEP } from "../unit/engine/engine-fixture.ts";

/** Room for one live execution: two are in memory at once. */
function fullEngine(requestId?: string): Engine {
  const engine = new Engine({ limits: policyOf({}, { unregistered: "allow" }), maxLiveExecutions: 1 });
  for (const id of ["a", "b"]) {
    engine.register(id);
    engine.charge(id, STEP, requestId === undefined ? {} : { requestId });
    engine.complete(id);
  }
  return engine;
}

describe("P2: a full table", () => {
  test("keeps who still remembers request ids, and takes nobody new meanwhile", () => {
    const engine = fullEngine("r1");
    const first = engine.charge("a", STEP, { requestId: "r1" });
    expect(() => engine.register("c")).toThrow(
      expect.objectContaining({ reason: "EXECUTIONS_FULL", retryAfterMs: 1_000 }),
    );
    expect(engine.charge("a", STEP, { requestId: "r1" })).toBe(first);
    expect(engine.snapshot("a").steps).toBe(1n);
  });

  test("lets the oldest go once its request ids are forgotten, or when it has none", () => {
    const later = fullEngine("r1");
    later.advance(620_000);
    expect(later.register("c").index).toBeGreaterThanOrEqual(0);
    expect(later.index("a")).toBe(-1);
    const none = fullEngine();
    expect(none.register("c").index).toBeGreaterThanOrEqual(0);
    expect([none.index("a"), none.index("b")]).toEqual([-1, 1]);
  });

  test("takes nothing up from the file while it may drop nobody", async () => {
    const engine = fullEngine();
    await engine.save();
    const rows = engine.volume.appends[APPEND_TABLES.indexOf("completed_executions")];
    const [body = ""] = [...(rows?.values() ?? [])].map((row) => row.body);
    engine.register("c");
    engine.charge("c", STEP, { requestId: "r" });
    engine.complete("c");
    engine.register("d");
    expect(engine.index("b")).toBe(-1);
    expect(restoreCompleted(engine.world, body, engine.now)).toBe(-1);
    engine.advance(620_000);
    expect(restoreCompleted(engine.world, body, engine.now)).toBeGreaterThanOrEqual(0);
  });
});

describe("P1: a file with more executions than the next start has room for", () => {
  test("is refused with what it needs, and taken up whole by a start that has it", async () => {
    const engine = new Engine({ maxLiveExecutions: 3 });
    for (let at = 0; at < 5; at++) {
      if (at >= 3) engine.complete(`e${at - 3}`);
      engine.register(`e${at}`);
    }
    await engine.save();
    expect(() => engine.restarted(1, { maxLiveExecutions: 2 })).toThrow(
      "max_live_executions (2) leaves no room; start with at least 3",
    );
    const back = engine.restarted(1, { maxLiveExecutions: 3 });
    expect([back.world.executions.size, back.world.executions.live]).toEqual([5, 3]);
  });
});
