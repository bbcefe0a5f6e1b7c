// Reporters, epochs and sequences, one case each.
import { describe, expect, test } from "vitest";
import type { ErrorReason } from "../../../src/domain/errors.ts";
import { TollgateError } from "../../../src/domain/errors.ts";
import { applyBatch, completeInStream, skipRange } from "../../../src/engine/reports/apply-batch.ts";
import { MAX_SEQUENCES_AHEAD } from "../../../src/engine/reports/mark.ts";
import { getReporter, type Hello, openReporter } from "../../../src/engine/reports/open-reporter.ts";
import type { ReporterRow } from "../../../src/engine/reports/reporter-table.ts";
import { CALLER, Engine, policyOf, reasonsOf, STEP, usageOf } from "./engine-fixture.ts";

const HELLO: Hello = { reporterId: "r", epoch: 1n, resume: false, durableSeen: 0, principal: undefined };

function started(): Engine {
  const engine = new Engine({ limits: policyOf() });
  engine.register("e");
  return engine;
}

function open(engine: Engine, hello: Partial<Hello> = {}): ReporterRow {
  return openReporter(engine.world, CALLER, { ...HELLO, ...hello }, engine.now);
}

function send(engine: Engine, row: ReporterRow, first: number, steps: readonly number[]): number {
  const group = {
    executionId: "e",
    firstSequence: BigInt(first),
    usage: steps.map((count) => usageOf({ steps: BigInt(count) })),
  };
  return applyBatch(engine.world, row, [group], engine.now).duplicates;
}

function reasonOf(verb: () => unknown): ErrorReason | undefined {
  try {
    verb();
    return undefined;
  } catch (thrown) {
    if (!(thrown instanceof TollgateError)) throw thrown;
    return thrown.reason;
  }
}

describe("hello", () => {
  test("a new epoch starts at 0; resuming goes on at the floor", () => {
    const engine = started();
    send(engine, open(engine), 1, [1, 1]);
    expect(open(engine, { resume: true })).toMatchObject({ floor: 2, ranges: [] });
    expect(open(engine, { epoch: 2n })).toMatchObject({ floor: 0 });
  });

  test("resume without a mark is REPORTER_UNKNOWN, without resume a mark is REPORTER_EXISTS", () => {
    const engine = started();
    expect(reasonOf(() => open(engine, { resume: true }))).toBe("REPORTER_UNKNOWN");
    expect(reasonOf(() => open(engine, { durableSeen: 1 }))).toBe("REPORTER_UNKNOWN");
    const row = open(engine);
    expect(open(engine).row).toBe(row.row);
    send(engine, row, 1, [1]);
    expect(reasonOf(() => open(engine))).toBe("REPORTER_EXISTS");
    const unary = { reporterId: "u", epoch: 1n, durableSeen: 1, principal: undefined };
    expect(reasonOf(() => getReporter(engine.world, CALLER, unary, engine.now))).toBe("REPORTER_UNKNOWN");
  });

  test("a new epoch fences the older ones, and says so to their streams", () => {
    const engine = started();
    const old = open(engine);
    engine.world.effects.length = 0;
    open(engine, { epoch: 2n });
    expect(old.fenced).toBe(true);
    expect(engine.world.effects).toEqual([{ type: "reporter_superseded", reporter: old.row }]);
    expect(reasonOf(() => open(engine, { resume: true }))).toBe("REPORTER_SUPERSEDED");
    expect(reasonOf(() => getReporter(engine.world, CALLER, HELLO, engine.now))).toBe("REPORTER_SUPERSEDED");
  });

  test.each([
    ["first", 0],
    ["second", 1],
  ] as const)(
    "of two streams of one reporter the later hello stands, whether its message comes %s or not",
    (_, place) => {
      const engine = started();
      const sessions = [open(engine).session, open(engine).session];
      const row = engine.world.reporters.find(CALLER, "r", 1n);
      expect(row?.session).toBe(sessions[1]);
      expect(sessions[place] === row?.session).toBe(place === 1);
    },
  );

  test("P1: a floor below what the client was told is DATA_LOSS, and its executions are uncertain until it is resent", () => {
    const engine = started();
    const row = open(engine);
    send(engine, row, 1, [1, 1]);
    open(engine, { resume: true, durableSeen: 4 });
    expect(engine.eventTypes("e")).toEqual(["DATA_LOSS"]);
    expect(engine.check("e", STEP).uncertain).toBe(true);
    engine.register("child", { parentId: "e" });
    expect(engine.check("child", STEP).uncertain).toBe(true);
    send(engine, row, 3, [1]);
    expect(engine.check("e", STEP).uncertain).toBe(true);
    send(engine, row, 4, [1]);
    expect(engine.check("e", STEP).uncertain).toBe(false);
    open(engine, { resume: true, durableSeen: 4 });
    expect(engine.eventTypes("e")).toEqual(["DATA_LOSS"]);
  });

  test("P2: marks, fences and ranges are there after a restart", async () => {
    const engine = started();
    open(engine);
    const row = open(engine, { epoch: 2n });
    send(engine, row, 3, [1, 1]);
    send(engine, row, 1, [1]);
    await engine.save();
    const back = engine.restarted(1_000);
    expect(reasonOf(() => open(back, { resume: true }))).toBe("REPORTER_SUPERSEDED");
    const resumed = open(back, { epoch: 2n, resume: true, durableSeen: 1 });
    expect(resumed).toMatchObject({ floor: 1, ranges: [{ from: 3, to: 4 }] });
    expect(send(back, resumed, 1, [1, 1, 1, 1])).toBe(3);
    expect(back.snapshot("e").steps).toBe(4n);
  });

  test.each([
    ["ahead", 400],
    ["back", -400],
  ])(
    "P2: a wall clock that jumps %s does not change how long a mark is kept, over a restart too",
    async (_, days) => {
      const engine = new Engine();
      send(engine, open(engine), 1, [1]);
      engine.wallMs += days * 86_400_000;
      engine.advance(20_000);
      expect(engine.world.reporters.size).toBe(1);
      await engine.save();
      const back = engine.restarted(1_000);
      back.advance(20_000);
      expect(open(back, { resume: true }).floor).toBe(1);
      await back.save();
      const later = back.restarted(86_400_001);
      later.advance(10_000);
      expect(later.world.reporters.size).toBe(0);
    },
  );

  test("a mark is kept a day after its executions are gone, then it is unknown", () => {
    const engine = started();
    send(engine, open(engine), 1, [1]);
    // Silent for days before its end: the day counts from when it is gone.
    engine.advance(3 * 86_400_000);
    engine.complete("e");
    engine.advance(3_600_000);
    expect(engine.index("e")).toBe(-1);
    engine.advance(86_400_000 - 1);
    expect(engine.world.reporters.size).toBe(1);
    engine.advance(20_000);
    engine.advance(20_000);
    expect(reasonOf(() => open(engine, { resume: true }))).toBe("REPORTER_UNKNOWN");
  });
});

describe("sequences", () => {
  test("P2: below the floor and inside applied ranges nothing counts again", () => {
    const engine = started();
    const row = open(engine);
    send(engine, row, 1, [1, 2]);
    expect(send(engine, row, 1, [1, 2])).toBe(2);
    expect(send(engine, row, 2, [2, 3])).toBe(1);
    send(engine, row, 5, [5]);
    expect(send(engine, row, 5, [5])).toBe(1);
    expect(send(engine, row, 4, [4, 5, 6])).toBe(1);
    expect(engine.snapshot("e").steps).toBe(21n);
    expect(row.floor).toBe(6);
  });

  test("4,096 ahead of the floor is taken, one further is SEQUENCE_AHEAD and nothing is applied", () => {
    const engine = started();
    const row = open(engine);
    const ahead = (): unknown => send(engine, row, MAX_SEQUENCES_AHEAD, [1, 1]);
    expect(reasonOf(ahead)).toBe("SEQUENCE_AHEAD");
    expect(ahead).toThrow(expect.objectContaining({ metadata: { expected_sequence: "1" } }));
    send(engine, row, MAX_SEQUENCES_AHEAD, [1]);
    expect(row.ranges).toMatchObject([{ from: 4_096, to: 4_096 }]);
    expect(reasonOf(() => skipRange(engine.world, row, 1, 4_097, engine.now))).toBe("SEQUENCE_AHEAD");
    expect(reasonOf(() => completeInStream(engine.world, row, 4_097, "e", engine.now))).toBe(
      "SEQUENCE_AHEAD",
    );
  });

  test("sequences begin at 1", () => {
    const engine = started();
    const row = open(engine);
    expect(reasonOf(() => send(engine, row, 0, [1]))).toBe("FIELD_INVALID");
    expect(reasonOf(() => send(engine, row, 2 ** 60, [1]))).toBe("FIELD_INVALID");
    expect(reasonOf(() => skipRange(engine.world, row, 0, 1, engine.now))).toBe("FIELD_INVALID");
    expect(reasonOf(() => skipRange(engine.world, row, 2, 1, engine.now))).toBe("FIELD_INVALID");
    expect(reasonOf(() => completeInStream(engine.world, row, 0, "e", engine.now))).toBe("FIELD_INVALID");
  });

  test("the same range with other content is SEQUENCE_CONTENT_CHANGED above the floor, not below", () => {
    const engine = started();
    const row = open(engine);
    send(engine, row, 2, [2, 3]);
    expect(reasonOf(() => send(engine, row, 2, [2, 4]))).toBe("SEQUENCE_CONTENT_CHANGED");
    expect(send(engine, row, 2, [2, 3])).toBe(2);
    send(engine, row, 1, [1]);
    expect(send(engine, row, 2, [2, 4])).toBe(2);
    expect(engine.snapshot("e").steps).toBe(6n);
  });

  test("P1: content is compared after a restart too", async () => {
    const engine = started();
    send(engine, open(engine), 2, [2, 3]);
    await engine.save();
    const back = engine.restarted(1_000);
    const row = open(back, { resume: true });
    expect(reasonOf(() => send(back, row, 2, [2, 4]))).toBe("SEQUENCE_CONTENT_CHANGED");
    expect(send(back, row, 2, [2, 3])).toBe(2);
  });

  test("a skipped range closes the gap, is a violation, and comes to nothing twice", () => {
    const engine = started();
    const row = open(engine);
    send(engine, row, 4, [1]);
    expect(skipRange(engine.world, row, 1, 4, engine.now)).toBe(3);
    expect(row).toMatchObject({ floor: 4, ranges: [] });
    expect(skipRange(engine.world, row, 1, 4, engine.now)).toBe(0);
    engine.drain();
    expect(engine.violations.map((one) => [one.finding.reason, one.finding.message])).toEqual([
      ["REPORTS_SKIPPED", "reporter r gave up 3 reports, 1 to 4"],
    ]);
  });

  test("an end in the stream is acknowledged like a report and happens once", () => {
    const engine = started();
    const row = open(engine);
    expect(completeInStream(engine.world, row, 1, "e", engine.now)).toBe(true);
    expect(completeInStream(engine.world, row, 1, "e", engine.now)).toBe(false);
    expect(completeInStream(engine.world, row, 2, "nobody", engine.now)).toBe(true);
    expect(row.floor).toBe(2);
    expect(engine.eventTypes("e")).toEqual(["COMPLETED"]);
  });

  test("decisions are told when the verdict changes or they are wanted, and not otherwise", () => {
    const engine = new Engine({ limits: policyOf({ max_steps: 10n }) });
    engine.register("e");
    const quiet = { wantDecision: false };
    expect(engine.report("e", { steps: 7n }, quiet).decisions).toEqual([]);
    expect(
      engine.report("e", { steps: 1n }, quiet).decisions.map(({ decision }) => decision.verdict),
    ).toEqual(["WARN"]);
    expect(engine.report("e", { steps: 1n }, quiet).decisions).toEqual([]);
    expect(
      engine.report("e", { steps: 2n }, quiet).decisions.map(({ decision }) => reasonsOf(decision)),
    ).toEqual([["STEP_LIMIT"]]);
    expect(engine.report("e", { steps: 1n }, quiet).decisions).toEqual([]);
    expect(engine.report("e", { steps: 1n }).decisions).toHaveLength(1);
  });
});
