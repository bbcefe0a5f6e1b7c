import { describe, expect, test } from "vitest";
import { TollgateError } from "../../../../src/domain/errors.ts";
import { HOUR_MS } from "../../../../src/domain/time.ts";
import { clearLosses } from "../../../../src/engine/losses/clear-losses.ts";
import { openReporter } from "../../../../src/engine/reports/open-reporter.ts";
import { STATE_TABLES, type StateTable } from "../../../../src/ports/cut-store.ts";
import { CALLER, Engine, type EngineOptions, firstOf, policyOf, reasonsOf, STEP } from "../engine-fixture.ts";
import { documentsOf } from "../quotas/bounds-fixture.ts";

const OPERATOR = { by: "operator", note: undefined };
const HOLE = { fromCut: 2, toCut: 3, text: "cuts 2 to 3 are missing" };

/** Saves, takes rows away, and starts again with what the file says about it. */
async function damaged(
  engine: Engine,
  rows: readonly (readonly [table: StateTable, key: number])[],
  options: EngineOptions = {},
): Promise<Engine> {
  await engine.save();
  for (const [table, key] of rows) engine.volume.states[STATE_TABLES.indexOf(table)]?.delete(key);
  return engine.restarted(1_000, {
    ...options,
    loss: { damaged: rows.map(([table, key]) => ({ table, key })) },
  });
}

const restarted = async (engine: Engine, options: EngineOptions = {}): Promise<Engine> => {
  await engine.save();
  return engine.restarted(1_000, options);
};

function withQuota(): Engine {
  const quotas = { tenant: { requests: { hour: 100 } } };
  const set = documentsOf(
    {},
    { execution: { max_wall_time_ms: 1_000_000_000_000 }, long_running: "disabled", quotas },
  );
  return new Engine({ set });
}

describe("P1 P3: a damaged row of an execution", () => {
  test.each(["executions", "loops", "execution_events"] as const)(
    "of the table %s: it and what is below it are refused until an operator clears it, all others go on",
    async (table) => {
      const first = new Engine({ limits: policyOf({ max_steps: 100n }) });
      first.register("root");
      first.register("child", { parentId: "root" });
      first.register("other");
      first.reserve("child", "r", STEP);
      first.charge("root", { step: { signature: "s" } });
      const index = first.index("root");
      const second = await damaged(first, [[table, table === "execution_events" ? index * 256 : index]]);
      for (const id of ["root", "child"]) {
        const decision = second.check(id, STEP);
        expect(firstOf(decision)).toMatchObject({
          verdict: "BLOCK",
          reason: "DATA_LOSS",
          executionId: "root",
        });
        expect(decision.uncertain).toBe(true);
      }
      expect(second.check("other", STEP)).toMatchObject({ allowed: true, uncertain: false });
      // The same id is no way to begin anew, and usage is still recorded (P4).
      expect(reasonsOf(second.register("root").decision)).toEqual(["DATA_LOSS"]);
      const steps = second.snapshot("root").steps;
      second.settle("child", "r", { steps: 1n });
      expect(second.snapshot("root").steps).toBe(steps + 1n);
      // Over further starts too, which find nothing damaged any more.
      const third = await restarted(second);
      expect(reasonsOf(third.check("child", STEP))).toEqual(["DATA_LOSS"]);
      expect(clearLosses(third.world, OPERATOR, third.now)).toEqual({ executions: 1, windows: 0 });
      expect(third.check("child", STEP)).toMatchObject({ allowed: true, uncertain: false });
      expect((await restarted(third)).check("root", STEP)).toMatchObject({ allowed: true, uncertain: false });
    },
  );

  test("holds inside it are laid on it again, and come off again", async () => {
    const first = new Engine();
    first.register("root");
    first.register("child", { parentId: "root", carve: { steps: 5n } });
    first.reserve("child", "r", STEP);
    const root = first.index("root");
    const before = first.check("root", {}, { detail: "REMAINING" }).remaining;
    const second = await damaged(first, [["executions", root]]);
    clearLosses(second.world, OPERATOR, second.now);
    expect(second.check("root", {}, { detail: "REMAINING" }).remaining).toEqual(before);
    second.release("child", "r");
    second.complete("child");
    expect(second.check("root", STEP)).toMatchObject({ allowed: true });
  });

  test("whose owner is not known makes everything open uncertain, and refuses nothing", async () => {
    const first = new Engine();
    first.register("e");
    first.reserve("e", "r", STEP);
    const second = await damaged(first, [["reservations", 0]]);
    expect(second.check("e", STEP)).toMatchObject({ allowed: true, uncertain: true });
  });
});

describe("a damaged row of a reporter", () => {
  test("ROW_DAMAGED: its epoch is over, a new one goes on", async () => {
    const first = new Engine();
    first.register("e");
    first.report("e", { steps: 1n });
    const second = await damaged(first, [["reporters", 0]]);
    const hello = { reporterId: "reporter", epoch: 1n, resume: true, durableSeen: 0, principal: undefined };
    const refused = (engine: Engine): unknown => {
      try {
        return openReporter(engine.world, CALLER, hello, engine.now);
      } catch (error) {
        if (error instanceof TollgateError) return { reason: error.reason, status: error.status };
        throw error;
      }
    };
    expect(refused(second)).toEqual({ reason: "ROW_DAMAGED", status: "DATA_LOSS" });
    expect(refused(await restarted(second))).toEqual({ reason: "ROW_DAMAGED", status: "DATA_LOSS" });
    openReporter(second.world, CALLER, { ...hello, epoch: 2n, resume: false }, second.now);
    expect(refused(second)).toMatchObject({ reason: "REPORTER_SUPERSEDED" });
    expect(second.check("e", STEP)).toMatchObject({ allowed: true, uncertain: false });
  });
});

describe("a damaged row of a quota window", () => {
  test("refuses what it bounds until it ends or is cleared, and nothing else", async () => {
    const first = withQuota();
    first.register("e");
    first.charge("e", { weight: 1n });
    await first.save();
    const row = [...first.windows.rows()].find((at) => {
      const text = first.windows.texts[at];
      return text?.period === "hour" && text.level === "tenant";
    }) as number;
    const second = await damaged(first, [["windows", row]]);
    const decision = second.check("e", { weight: 1n });
    expect(firstOf(decision)).toMatchObject({
      verdict: "BLOCK",
      reason: "DATA_LOSS",
      retryAfterMs: 30 * 60_000 - 1_000,
    });
    expect(decision.uncertain).toBe(true);
    const third = await restarted(second);
    expect(third.check("e", { weight: 1n }).allowed).toBe(false);
    third.pass(HOUR_MS);
    expect(third.check("e", { weight: 1n })).toMatchObject({ allowed: true, uncertain: false });
    expect(clearLosses(second.world, { ...OPERATOR, tenant: "nobody" }, second.now).windows).toBe(0);
    expect(clearLosses(second.world, OPERATOR, second.now).windows).toBe(1);
    expect(second.check("e", { weight: 1n })).toMatchObject({ allowed: true, uncertain: false });
  });
});

describe("a hole", () => {
  test("makes what was open uncertain, windows that are used for the first time too", async () => {
    const first = withQuota();
    first.register("e");
    await first.save();
    const second = first.restarted(1_000, { loss: { hole: HOLE } });
    expect(second.check("e", { weight: 1n })).toMatchObject({ allowed: true, uncertain: true });
    // Registered after the hole; the windows of its principal may have had rows in it.
    second.register("new", { principal: { tenant: "late" } });
    second.charge("new", { weight: 1n });
    expect(second.check("new", { weight: 1n }).uncertain).toBe(true);
    clearLosses(second.world, OPERATOR, second.now);
    expect(second.check("e", { weight: 1n }).uncertain).toBe(false);
    expect(second.check("new", { weight: 1n }).uncertain).toBe(false);
  });

  test("on_hole: refuse refuses new intents of them with DATA_LOSS until it is cleared", async () => {
    const first = withQuota();
    first.register("e");
    await first.save();
    const second = first.restarted(1_000, { loss: { hole: HOLE }, refusesUncertain: true });
    // The execution, and the window of its tenant.
    expect(reasonsOf(second.check("e", STEP))).toEqual(["DATA_LOSS", "DATA_LOSS"]);
    expect(second.report("e", { steps: 1n }).rejected).toEqual([]);
    expect(second.snapshot("e").steps).toBe(1n);
    clearLosses(second.world, { ...OPERATOR, index: second.index("e") }, second.now);
    clearLosses(second.world, OPERATOR, second.now);
    expect(second.check("e", STEP).allowed).toBe(true);
  });
});
