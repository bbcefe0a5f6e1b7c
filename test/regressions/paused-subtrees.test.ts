// A pause stops the subtree, so clocks of everything below it stand still too; whatever limit pauses asks a person.
import { describe, expect, test } from "vitest";
import { approve } from "../../src/engine/approvals/answer-approvals.ts";
import { pauseByOperator, resumeByOperator } from "../../src/engine/executions/administer.ts";
import { Engine, policyOf, STEP, USD } from "../unit/engine/engine-fixture.ts";

const MINUTE = 60_000;

function operate(engine: Engine, id: string, verb: typeof pauseByOperator | typeof resumeByOperator): void {
  verb(engine.world, engine.index(id), "op", undefined, engine.now);
}

/** root > child > grandchild; only the last one's working and idle time are limited. */
function family(): Engine {
  const values = { max_working_time_ms: BigInt(9 * MINUTE), idle_timeout_seconds: 300n };
  const engine = new Engine({ limits: policyOf() });
  engine.register("root");
  engine.register("child", { parentId: "root" });
  engine.register("grandchild", { parentId: "child", requested: { values } });
  return engine;
}

describe("below a paused execution", () => {
  test("nothing idles out while a person is asked, and idle clocks go on where they stood", () => {
    const limits = policyOf({ idle_timeout_seconds: 1_800n, cost_alert_threshold_usd: 5n * USD });
    const engine = new Engine({ limits });
    engine.register("root");
    engine.register("child", { parentId: "root" });
    engine.advance(10 * MINUTE);
    engine.report("root", { costNanoUsd: 5n * USD });
    engine.advance(50 * MINUTE);
    expect(engine.snapshot("child")).toMatchObject({ idleMs: 0, workingTimeMs: 10 * MINUTE });
    approve(engine.world, { approvalId: "a1", approvedBy: "op", note: undefined }, engine.now);
    engine.settleDue();
    expect(engine.check("child", STEP)).toMatchObject({ verdict: "ALLOW" });
    expect(engine.snapshot("child")).toMatchObject({ idleMs: 10 * MINUTE, workingTimeMs: 10 * MINUTE });
    engine.advance(20 * MINUTE - 1);
    expect(engine.eventTypes("child")).toEqual(["PAUSE", "RESUME"]);
    engine.advance(1);
    expect(engine.eventTypes("child")).toEqual(["PAUSE", "RESUME", "HALT"]);
  });

  test("pauses that overlap are left out once, in whatever order they end", () => {
    for (const [first, second] of [
      ["root", "child"],
      ["child", "root"],
    ] as const) {
      const engine = family();
      engine.advance(MINUTE);
      operate(engine, "root", pauseByOperator);
      engine.advance(3 * MINUTE);
      operate(engine, "child", pauseByOperator);
      engine.advance(3 * MINUTE);
      operate(engine, first, resumeByOperator);
      engine.advance(3 * MINUTE);
      expect(engine.snapshot("grandchild")).toMatchObject({ idleMs: 0, workingTimeMs: MINUTE });
      operate(engine, second, resumeByOperator);
      expect(engine.snapshot("grandchild")).toMatchObject({ idleMs: MINUTE, workingTimeMs: MINUTE });
      engine.advance(4 * MINUTE - 1);
      expect(engine.eventTypes("grandchild").filter((type) => type === "HALT")).toEqual([]);
      engine.advance(1);
      expect(engine.eventTypes("grandchild").at(-1)).toBe("HALT");
    }
  });

  test("working time of what began or ended during a pause is its own", () => {
    const engine = family();
    engine.advance(MINUTE);
    operate(engine, "root", pauseByOperator);
    engine.advance(MINUTE);
    engine.register("late", { parentId: "child" });
    engine.complete("grandchild");
    engine.advance(MINUTE);
    operate(engine, "root", resumeByOperator);
    engine.advance(MINUTE);
    expect(engine.snapshot("grandchild")).toMatchObject({ wallTimeMs: 2 * MINUTE, workingTimeMs: MINUTE });
    expect(engine.snapshot("late")).toMatchObject({ wallTimeMs: 2 * MINUTE, workingTimeMs: MINUTE });
  });

  test("clocks go on where they stood when the pause ends after a restart", async () => {
    const engine = family();
    engine.advance(MINUTE);
    operate(engine, "root", pauseByOperator);
    engine.advance(MINUTE);
    await engine.save();
    const back = engine.restarted(30 * MINUTE, { bootId: "boot-2", monoMs: 1_000 });
    back.settleDue();
    back.advance(10 * MINUTE);
    operate(back, "root", resumeByOperator);
    back.settleDue();
    expect(back.snapshot("grandchild")).toMatchObject({ idleMs: MINUTE, workingTimeMs: MINUTE });
    back.advance(4 * MINUTE);
    expect(back.eventTypes("grandchild").at(-1)).toBe("HALT");
  });
});

test("a time limit that pauses when its timer fires asks a person, and goes on longer when it is approved", () => {
  const engine = new Engine({
    limits: policyOf({ max_wall_time_ms: { value: 60_000n, onExceed: "pause" } }),
  });
  engine.register("e");
  engine.advance(61_001);
  expect(engine.eventTypes("e")).toEqual(["APPROVAL_OPENED", "PAUSE"]);
  expect(engine.check("e", STEP)).toMatchObject({ verdict: "PAUSE", approvalIds: ["a1"] });
  approve(engine.world, { approvalId: "a1", approvedBy: "op", note: undefined }, engine.now);
  expect(engine.charge("e", STEP).allowed).toBe(true);
  engine.advance(60_999);
  expect(engine.eventTypes("e")).toEqual([
    "APPROVAL_OPENED",
    "PAUSE",
    "APPROVAL_ANSWERED",
    "LIMITS_CHANGED",
    "RESUME",
  ]);
});
