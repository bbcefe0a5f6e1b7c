// Deadlines: that they come due, that they re-arm themselves, and what a start after time away does to each.
import { describe, expect, test } from "vitest";
import { STATE } from "../../../../src/domain/execution.ts";
import {
  haltByOperator,
  pauseByOperator,
  resumeByOperator,
} from "../../../../src/engine/executions/administer.ts";
import { runDue } from "../../../../src/engine/time/run-due.ts";
import { Engine, type LimitValues, policyOf, STEP, USD } from "../engine-fixture.ts";

const MINUTE = 60_000;

function started(limits: LimitValues, more: Parameters<typeof policyOf>[1] = {}): Engine {
  const engine = new Engine({ limits: policyOf(limits, more) });
  engine.register("e");
  return engine;
}

describe("the last instant that is allowed and the first that is not", () => {
  test("wall time ends a millisecond after limit and grace, working time too", () => {
    for (const key of ["max_wall_time_ms", "max_working_time_ms"] as const) {
      const engine = started({ [key]: 10_000n });
      engine.advance(11_000);
      expect(engine.eventTypes("e")).toEqual([]);
      engine.advance(1);
      expect(engine.eventTypes("e")).toEqual(["HALT"]);
      expect(engine.events("e")[0]?.message).toBe("wall_time_limit exceeded: 11001 / 10000 (110%)");
    }
  });

  test("idle time ends at the timeout itself; activity of a descendant puts it off", () => {
    const engine = started({ idle_timeout_seconds: 60n });
    engine.register("child", { parentId: "e" });
    engine.advance(MINUTE - 1);
    engine.charge("child", {});
    engine.advance(MINUTE - 1);
    expect(engine.eventTypes("e")).toEqual([]);
    engine.advance(1);
    expect(engine.eventTypes("e")).toEqual(["HALT"]);
  });

  test("what is due at once is done piece by piece, until it is enough", () => {
    const engine = started({ max_wall_time_ms: 10_000n });
    for (const id of ["f", "g", "h"]) engine.register(id);
    engine.advance(11_000);
    engine.pass(1);
    const halted = () => ["e", "f", "g", "h"].filter((id) => engine.eventTypes(id).includes("HALT")).length;
    const runs = [
      runDue(engine.world, engine.now, 10, () => true),
      runDue(engine.world, engine.now, 2, () => false),
      runDue(engine.world, engine.now, 10, () => false),
    ];
    expect([runs, halted()]).toEqual([[1, 2, 1], 4]);
  });

  test("looking is no activity", () => {
    const engine = started({ idle_timeout_seconds: 60n });
    engine.advance(MINUTE - 1);
    engine.check("e", STEP);
    engine.advance(1);
    expect(engine.eventTypes("e")).toEqual(["HALT"]);
  });

  test("a hold expires at its time to live, a heartbeat puts it off and never shortens it", () => {
    const engine = started({});
    engine.reserve("e", "r", STEP, { ttlMs: 10_000 });
    expect(engine.extend("e", "r", 5_000)).toBe(10_000);
    expect(engine.extend("e", "r", 20_000)).toBe(20_000);
    engine.advance(19_999);
    expect(engine.eventTypes("e")).toEqual([]);
    engine.advance(1);
    expect(engine.eventTypes("e")).toEqual(["RESERVATION_EXPIRED"]);
  });

  test("a step times out above its timeout; afterwards it cannot be extended and can be settled", () => {
    const engine = started({});
    engine.reserve("e", "r", STEP, { ttlMs: MINUTE, timeoutMs: 100 });
    engine.advance(100);
    expect(engine.eventTypes("e")).toEqual([]);
    engine.advance(1);
    expect(engine.events("e")[0]).toMatchObject({
      type: "STEP_TIMEOUT",
      message: "Step r timed out after 100ms",
      elapsedMs: 101,
      limitMs: 100,
    });
    expect(() => engine.extend("e", "r", MINUTE)).toThrow("timed out");
    engine.settle("e", "r", { steps: 1n });
    expect(engine.snapshot("e").steps).toBe(1n);
  });

  test("on_step_timeout: halt ends the run", () => {
    const engine = started({}, { onStepTimeout: "halt" });
    engine.reserve("e", "r", STEP, { ttlMs: MINUTE, timeoutMs: 100 });
    engine.advance(101);
    expect(engine.eventTypes("e")).toEqual(["STEP_TIMEOUT", "HALT"]);
  });

  test("a settled or released hold neither expires nor times out", () => {
    const engine = started({});
    engine.reserve("e", "r", STEP, { ttlMs: 1_000, timeoutMs: 100 });
    engine.reserve("e", "s", STEP, { ttlMs: 1_000, timeoutMs: 100 });
    engine.settle("e", "r", { steps: 1n });
    engine.release("e", "s");
    engine.advance(MINUTE);
    expect(engine.eventTypes("e")).toEqual([]);
  });
});

describe("an execution that was halted and left alone", () => {
  const DAY = 1_440 * MINUTE;

  test("ends with its subtree a day after the last activity, and makes room", () => {
    const engine = new Engine({ limits: policyOf({ idle_timeout_seconds: 60n }), maxLiveExecutions: 2 });
    engine.register("e");
    engine.register("child", { parentId: "e" });
    engine.advance(MINUTE);
    expect(() => engine.register("f")).toThrow("2 executions are live");
    engine.report("child", { steps: 1n });
    engine.advance(DAY - 1);
    expect(engine.check("e", STEP).findings[0]?.reason).toBe("IDLE_TIMEOUT");
    engine.advance(1);
    expect(engine.check("e", STEP).findings[0]?.reason).toBe("EXECUTION_COMPLETED");
    expect([engine.eventTypes("e").at(-1), engine.eventTypes("child").at(-1)]).toEqual([
      "COMPLETED",
      "COMPLETED",
    ]);
    expect(engine.register("f").decision.allowed).toBe(true);
    expect(engine.snapshot("e").steps).toBe(1n);
  });

  test("is counted over a restart without the time away; one that was resumed or paused does not end", async () => {
    const engine = new Engine({ limits: policyOf() });
    for (const id of ["halted", "resumed", "paused"]) engine.register(id);
    for (const id of ["halted", "resumed"])
      haltByOperator(engine.world, engine.index(id), "op", undefined, engine.now);
    resumeByOperator(engine.world, engine.index("resumed"), "op", undefined, engine.now);
    pauseByOperator(engine.world, engine.index("paused"), "op", undefined, engine.now);
    engine.advance(DAY - MINUTE);
    await engine.save();
    const back = engine.restarted(2 * DAY);
    back.advance(MINUTE - 1);
    const stateOf = (id: string) => back.world.executions.state.get(back.index(id));
    expect(["halted", "resumed", "paused"].map(stateOf)).toEqual([STATE.halted, STATE.running, STATE.paused]);
    back.advance(1);
    expect(["halted", "resumed", "paused"].map(stateOf)).toEqual([
      STATE.completed,
      STATE.running,
      STATE.paused,
    ]);
  });
});

describe("time in PAUSED", () => {
  test("does not count as work or idleness: both go on where they stood", () => {
    const engine = started({ max_working_time_ms: BigInt(2 * MINUTE), idle_timeout_seconds: 120n });
    engine.advance(MINUTE);
    pauseByOperator(engine.world, 0, "op", undefined, engine.now);
    engine.advance(10 * MINUTE);
    resumeByOperator(engine.world, 0, "op", undefined, engine.now);
    engine.charge("e", {});
    engine.advance(MINUTE + 1_000);
    expect(engine.eventTypes("e")).toEqual(["PAUSE", "RESUME"]);
    engine.advance(1);
    expect(engine.eventTypes("e")).toEqual(["PAUSE", "RESUME", "HALT"]);
    expect(engine.snapshot("e")).toMatchObject({ wallTimeMs: 12 * MINUTE + 1_001 });
  });
});

/** The same boot, and another one whose monotonic clock starts anew. */
const BOOTS = [
  ["the same boot", {}],
  ["another boot", { bootId: "boot-2", monoMs: 1_000 }],
] as const;

describe.each(BOOTS)("away for 31 minutes, back on %s", (_boot, options) => {
  const AWAY = 31 * MINUTE;

  async function away(engine: Engine): Promise<Engine> {
    await engine.save();
    const back = engine.restarted(AWAY, options);
    back.settleDue();
    return back;
  }

  test("wall time went on, idle time did not", async () => {
    const engine = started({ idle_timeout_seconds: 1_800n });
    engine.advance(29 * MINUTE);
    engine.register("other");
    const back = await away(engine);
    expect(back.eventTypes("e")).toEqual([]);
    expect(back.snapshot("e")).toMatchObject({ wallTimeMs: 60 * MINUTE, idleMs: 29 * MINUTE });
    back.advance(MINUTE - 1);
    expect(back.eventTypes("e")).toEqual([]);
    back.advance(1);
    expect(back.eventTypes("e")).toEqual(["HALT"]);
  });

  test("what was nearly idle has the reconnect grace", async () => {
    const engine = started({ idle_timeout_seconds: 1_800n });
    engine.advance(30 * MINUTE - 1);
    engine.register("other");
    const back = await away(engine);
    back.advance(29_999);
    expect(back.eventTypes("e")).toEqual([]);
    back.advance(1);
    expect(back.eventTypes("e")).toEqual(["HALT"]);
  });

  test("wall and working time that ended meanwhile end now, with their event", async () => {
    for (const key of ["max_wall_time_ms", "max_working_time_ms"] as const) {
      const engine = started({ [key]: BigInt(10 * MINUTE) });
      const back = await away(engine);
      expect(back.eventTypes("e")).toEqual(["HALT"]);
    }
  });

  test("a paused run stays paused, its working time stands still over the time away", async () => {
    const engine = started({ max_working_time_ms: BigInt(10 * MINUTE), idle_timeout_seconds: 60n });
    pauseByOperator(engine.world, 0, "op", undefined, engine.now);
    const back = await away(engine);
    expect(back.eventTypes("e")).toEqual(["PAUSE"]);
    expect(back.snapshot("e")).toMatchObject({ wallTimeMs: AWAY, workingTimeMs: 0, idleMs: 0 });
    resumeByOperator(back.world, 0, "op", undefined, back.now);
    back.advance(MINUTE - 1);
    expect(back.eventTypes("e")).toEqual(["PAUSE", "RESUME"]);
  });

  test("a hold has what was left, at least the grace; new intents see it held", async () => {
    const engine = started({ max_tokens: 100n });
    engine.reserve("e", "short", { tokens: { input: 40n } }, { ttlMs: 5_000 });
    engine.reserve("e", "long", { tokens: { input: 40n } }, { ttlMs: 10 * MINUTE });
    engine.advance(MINUTE / 15);
    engine.register("other");
    const back = await away(engine);
    expect(back.charge("e", { tokens: { input: 21n } }).allowed).toBe(false);
    back.advance(29_999);
    expect(back.eventTypes("e")).not.toContain("RESERVATION_EXPIRED");
    back.advance(1);
    expect(back.eventTypes("e").filter((type) => type === "RESERVATION_EXPIRED")).toHaveLength(1);
    back.advance(10 * MINUTE - 4_000 - 30_000 - 1);
    expect(back.world.reservations.held).toBe(1);
    back.advance(1);
    expect(back.world.reservations.held).toBe(0);
  });

  test("a step goes on where it stood", async () => {
    const engine = started({});
    engine.reserve("e", "r", STEP, { ttlMs: 59 * MINUTE, timeoutMs: 10 * MINUTE });
    engine.advance(4 * MINUTE);
    engine.register("other");
    const back = await away(engine);
    back.advance(6 * MINUTE);
    expect(back.eventTypes("e")).toEqual([]);
    back.advance(1);
    expect(back.eventTypes("e")).toEqual(["STEP_TIMEOUT"]);
  });

  test("an approval that nobody answered meanwhile has expired, one with time left has not", async () => {
    const limits = { cost_alert_threshold_usd: USD, max_cost_usd: 9n * USD };
    const short = started(limits, { approvalTimeoutMs: 30 * MINUTE });
    short.report("e", { costNanoUsd: USD });
    expect((await away(short)).eventTypes("e").slice(-2)).toEqual(["APPROVAL_ANSWERED", "HALT"]);
    const long = started(limits, { approvalTimeoutMs: 32 * MINUTE });
    long.report("e", { costNanoUsd: USD });
    const back = await away(long);
    expect(back.eventTypes("e")).not.toContain("HALT");
    back.advance(MINUTE);
    expect(back.eventTypes("e").at(-1)).toBe("HALT");
  });

  test("usage after it lies in the window of now, and none was skipped or lost", async () => {
    const engine = started({});
    engine.report("e", { steps: 1n });
    const back = await away(engine);
    back.report("e", { steps: 2n }, { first: 2 });
    const hours = [...back.windows.rows()]
      .map((row) => back.windows.texts[row])
      .filter((text) => text !== undefined && text.endMs - text.startMs === 3_600_000);
    const starts = new Set(hours.map((text) => text?.startMs));
    expect([...starts].toSorted()).toEqual([Date.UTC(2026, 0, 15, 12), Date.UTC(2026, 0, 15, 13)]);
  });
});
