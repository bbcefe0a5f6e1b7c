// Every row of the table of states (docs/limits.md): from, to, by; what stays refused, and what is told.
import { describe, expect, test } from "vitest";
import { TollgateError } from "../../../src/domain/errors.ts";
import { EXECUTION_STATES } from "../../../src/domain/execution.ts";
import type { EffectiveLimit } from "../../../src/domain/limits.ts";
import { approve, reject } from "../../../src/engine/approvals/answer-approvals.ts";
import {
  adjustByOperator,
  haltByOperator,
  pauseByOperator,
  resumeByOperator,
} from "../../../src/engine/executions/administer.ts";
import { APPEND_TABLES } from "../../../src/ports/cut-store.ts";
import { Engine, policyOf, reasonsOf, STEP, USD } from "./engine-fixture.ts";

type Act = (engine: Engine, id?: string) => unknown;

const POLICY = policyOf({ max_steps: 10n, cost_alert_threshold_usd: USD, max_cost_usd: 10n * USD });

const pause: Act = (engine, id = "e") =>
  pauseByOperator(engine.world, engine.index(id), "op", "wait", engine.now);
const resume: Act = (engine, id = "e") =>
  resumeByOperator(engine.world, engine.index(id), "op", undefined, engine.now);
const halt: Act = (engine, id = "e") =>
  haltByOperator(engine.world, engine.index(id), "op", "stop", engine.now);
const spend: Act = (engine) => engine.report("e", { costNanoUsd: USD });
const approveFirst: Act = (engine) =>
  approve(engine.world, { approvalId: "a1", approvedBy: "ann", note: undefined }, engine.now);
const rejectFirst: Act = (engine) =>
  reject(engine.world, { approvalId: "a1", approvedBy: "ann", note: "no" }, engine.now);
const raiseSteps: Act = (engine) => {
  const change = { values: { max_steps: 100n }, custom: {} };
  adjustByOperator(engine.world, engine.index("e"), change, "op", undefined, engine.now);
};

function started(policy = POLICY): Engine {
  const engine = new Engine({ limits: policy });
  engine.register("e");
  return engine;
}

function stateOf(engine: Engine, id = "e"): string {
  return EXECUTION_STATES[engine.world.executions.state.get(engine.index(id))] as string;
}

function reasonOf(act: () => unknown): string | undefined {
  try {
    act();
    return undefined;
  } catch (thrown) {
    if (!(thrown instanceof TollgateError)) throw thrown;
    return thrown.reason;
  }
}

const complete: Act = (engine) => engine.complete("e");
const cross: Act = (engine) => engine.report("e", { steps: 11n });
const outlive: Act = (engine) => engine.advance(61_001);
const sleep: Act = (engine) => engine.advance(1_800_000);
const leaveUnanswered: Act = (engine) => engine.advance(3_600_000);

describe("a state changes", () => {
  test.each<readonly [string, string, string, readonly Act[], Act, readonly string[]]>([
    ["RUNNING", "PAUSED", "a cost alert", [], spend, ["APPROVAL_OPENED", "PAUSE"]],
    ["RUNNING", "PAUSED", "an operator", [], pause, ["PAUSE"]],
    [
      "PAUSED",
      "RUNNING",
      "an approval",
      [spend],
      approveFirst,
      ["APPROVAL_ANSWERED", "LIMITS_CHANGED", "RESUME"],
    ],
    ["PAUSED", "RUNNING", "an operator", [pause], resume, ["RESUME"]],
    [
      "PAUSED",
      "RUNNING",
      "an operator who answers the alert so",
      [spend],
      resume,
      ["RESUME", "APPROVAL_ANSWERED"],
    ],
    ["PAUSED", "HALTED", "a rejection", [spend], rejectFirst, ["APPROVAL_ANSWERED", "HALT"]],
    ["PAUSED", "HALTED", "an approval that expires", [spend], leaveUnanswered, ["APPROVAL_ANSWERED", "HALT"]],
    ["RUNNING", "HALTED", "an operator", [], halt, ["HALT"]],
    ["PAUSED", "HALTED", "an operator", [pause], halt, ["HALT"]],
    ["RUNNING", "HALTED", "a limit that reports cross", [], cross, ["HALT"]],
    ["PAUSED", "HALTED", "a limit that reports cross", [pause], cross, ["HALT"]],
    ["HALTED", "RUNNING", "an operator", [halt], resume, ["RESUME"]],
    ["RUNNING", "COMPLETED", "its end", [], complete, ["COMPLETED"]],
    ["PAUSED", "COMPLETED", "its end", [pause], complete, ["COMPLETED"]],
    ["HALTED", "COMPLETED", "its end", [halt], complete, ["COMPLETED"]],
  ])("from %s to %s by %s", (from, to, _by, before, act, told) => {
    const engine = started();
    for (const one of before) one(engine);
    expect(stateOf(engine)).toBe(from);
    const eventsBefore = engine.events("e").length;
    act(engine);
    expect(stateOf(engine)).toBe(to);
    expect(engine.eventTypes("e").slice(eventsBefore)).toEqual(told);
  });

  test.each<readonly [string, Act, Parameters<typeof policyOf>[0]]>([
    ["wall time", outlive, { max_wall_time_ms: 60_000n }],
    ["working time", outlive, { max_working_time_ms: 60_000n }],
    ["idle time", sleep, { idle_timeout_seconds: 1_800n }],
  ])("from RUNNING to HALTED by %s, also when the agent is silent", (_what, act, limits) => {
    const engine = started(policyOf(limits));
    act(engine);
    expect(stateOf(engine)).toBe("HALTED");
    expect(engine.eventTypes("e")).toEqual(["HALT"]);
  });

  test("from PAUSED to HALTED by wall time; working time and the idle clock stand still", () => {
    const limits = { max_wall_time_ms: 60_000n, max_working_time_ms: 10_000n, idle_timeout_seconds: 5n };
    const engine = started(policyOf(limits));
    pause(engine);
    engine.advance(60_000);
    expect(stateOf(engine)).toBe("PAUSED");
    engine.advance(1_001);
    expect(engine.events("e").at(-1)).toMatchObject({ type: "HALT", finding: { reason: "WALL_TIME_LIMIT" } });
  });

  test("from HALTED to RUNNING and on, once its limit was raised; the same halt comes again when it was not", () => {
    const raised = started();
    cross(raised);
    raiseSteps(raised);
    resume(raised);
    expect(raised.check("e", STEP).allowed).toBe(true);
    const same = started();
    cross(same);
    resume(same);
    expect(reasonsOf(same.check("e", STEP))).toEqual(["STEP_LIMIT"]);
    same.report("e", { steps: 1n });
    expect(stateOf(same)).toBe("HALTED");
  });

  test("nothing leads out of COMPLETED, and an open question is withdrawn", () => {
    const engine = started();
    spend(engine);
    complete(engine);
    expect(reasonOf(() => pause(engine))).toBe("EXECUTION_NOT_RUNNING");
    for (const act of [resume, halt, raiseSteps])
      expect(reasonOf(() => act(engine))).toBe("EXECUTION_COMPLETED");
    expect(reasonOf(() => approveFirst(engine))).toBe("APPROVAL_ANSWERED");
    expect(engine.world.approvals.find("a1")?.state).toBe("withdrawn");
    cross(engine);
    expect(stateOf(engine)).toBe("COMPLETED");
    expect(engine.snapshot("e").steps).toBe(11n);
  });
});

describe("a refused question", () => {
  test.each(["check", "charge"] as const)("%s never changes a state", (verb) => {
    const engine = started(policyOf({ max_steps: 0n }));
    expect(engine[verb]("e", STEP).allowed).toBe(false);
    expect(stateOf(engine)).toBe("RUNNING");
    expect(engine.reserve("e", "r", STEP).allowed).toBe(false);
    expect(stateOf(engine)).toBe("RUNNING");
  });

  test.each([
    ["PAUSED", pause, "EXECUTION_PAUSED", "PAUSE"],
    ["HALTED", halt, "EXECUTION_HALTED", "BLOCK"],
  ] as const)(
    "while %s every intent is refused with its reason, usage is recorded, open holds can be settled",
    (_state, act, reason, verdict) => {
      const engine = started();
      engine.reserve("e", "r", STEP);
      act(engine);
      for (const decision of [
        engine.check("e", {}),
        engine.charge("e", STEP),
        engine.reserve("e", "s", STEP),
      ]) {
        expect(decision.findings[0]).toMatchObject({ reason, verdict });
      }
      engine.report("e", { steps: 1n });
      expect(engine.extend("e", "r", 120_000)).toBe(120_000);
      engine.settle("e", "r", { steps: 2n });
      expect(engine.snapshot("e").steps).toBe(3n);
    },
  );
});

describe("a subtree", () => {
  function family(): Engine {
    const engine = new Engine({ limits: POLICY });
    engine.register("root");
    engine.register("child", { parentId: "root" });
    engine.register("leaf", { parentId: "child" });
    return engine;
  }

  test.each([
    ["halted", halt, "HALT", "EXECUTION_HALTED"],
    ["paused", pause, "PAUSE", "EXECUTION_PAUSED"],
  ] as const)("is %s with its root, at once, and its watchers are told", (_what, act, type, reason) => {
    const engine = family();
    act(engine, "root");
    expect(reasonsOf(engine.check("leaf", STEP))).toContain(reason);
    engine.settleDue();
    expect(engine.eventTypes("child")).toEqual([type]);
    expect(engine.eventTypes("leaf")).toEqual([type]);
    resume(engine, "root");
    expect(engine.check("leaf", STEP).allowed).toBe(true);
    engine.settleDue();
    expect(engine.eventTypes("leaf")).toEqual([type, "RESUME"]);
  });

  test("a parent's crossed limit halts it and all below, whoever used it", () => {
    const engine = family();
    engine.report("leaf", { steps: 11n });
    expect(stateOf(engine, "root")).toBe("HALTED");
    expect(engine.check("child", STEP).allowed).toBe(false);
  });

  test("ends with its root: children that still run are told PARENT_COMPLETED", () => {
    const engine = family();
    engine.complete("root");
    expect(stateOf(engine, "leaf")).toBe("COMPLETED");
    expect(engine.events("leaf").at(-1)).toMatchObject({
      type: "COMPLETED",
      finding: { reason: "PARENT_COMPLETED" },
    });
  });

  test("an approval of the root lets all go on, and its name is told to everybody", () => {
    const engine = family();
    engine.report("leaf", { costNanoUsd: USD });
    expect(stateOf(engine, "leaf")).toBe("PAUSED");
    for (const { approvalId, executionId } of engine.world.approvals.entries.flatMap((one) => one ?? [])) {
      approve(engine.world, { approvalId, approvedBy: "ann", note: undefined }, engine.now);
      expect(engine.events(executionId).at(-1)).toMatchObject({ type: "RESUME", approvalId });
    }
    engine.settleDue();
    expect(engine.check("leaf", STEP).allowed).toBe(true);
  });
});

describe("an operator's pause of a run that waits for an approval", () => {
  test("outlasts the answer, also over a restart, and ends by resuming", async () => {
    const engine = started();
    spend(engine);
    pause(engine);
    expect(engine.events("e").at(-1)).toMatchObject({ type: "PAUSE", message: "paused by op: wait" });
    await engine.save();
    const restarted = engine.restarted(0);
    approveFirst(restarted);
    expect(stateOf(restarted)).toBe("PAUSED");
    expect(reasonsOf(restarted.check("e", STEP))).toContain("EXECUTION_PAUSED");
    resume(restarted);
    expect(stateOf(restarted)).toBe("RUNNING");
    expect(restarted.check("e", STEP).allowed).toBe(true);
  });

  test("is not ended by the answer to a question that was asked before it", () => {
    const engine = started(policyOf({ cost_alert_threshold_usd: USD }));
    engine.reserve("e", "r", { costNanoUsd: USD });
    expect(engine.check("e", STEP).verdict).toBe("PAUSE");
    pause(engine);
    approveFirst(engine);
    expect(stateOf(engine)).toBe("PAUSED");
  });

  test("is no second pause when it is asked for again", () => {
    const engine = started();
    spend(engine);
    pause(engine);
    const { length } = engine.events("e");
    pause(engine);
    expect(engine.events("e")).toHaveLength(length);
  });

  test("does not keep a rejected run from being halted", () => {
    const engine = started();
    spend(engine);
    pause(engine);
    rejectFirst(engine);
    expect(stateOf(engine)).toBe("HALTED");
  });
});

describe("what operators do", () => {
  test("is kept in audit rows: who, what, why, before and after", async () => {
    const engine = started();
    pauseByOperator(engine.world, engine.index("e"), "op", "look", engine.now);
    resume(engine);
    halt(engine);
    const change = { values: { max_steps: 100n }, custom: {} };
    adjustByOperator(engine.world, engine.index("e"), change, "op", "more", engine.now);
    await engine.save();
    const rows = engine.volume.appends[APPEND_TABLES.indexOf("audit")]?.values() ?? [];
    expect([...rows].map(({ kind, subject, body }) => ({ kind, subject, ...JSON.parse(body) }))).toEqual([
      { kind: "pause", subject: "e", by: "op", note: "look", before: "RUNNING", after: "PAUSED" },
      { kind: "resume", subject: "e", by: "op", before: "PAUSED", after: "RUNNING" },
      { kind: "halt", subject: "e", by: "op", note: "stop", before: "RUNNING", after: "HALTED" },
      {
        kind: "adjust_limits",
        subject: "e",
        by: "op",
        note: "more",
        before: { values: {}, custom: {} },
        after: { values: { max_steps: "100" }, custom: {} },
      },
    ]);
  });
});

describe("an approved pause of a limit with on_exceed: pause", () => {
  const pausing = (value: bigint): Partial<EffectiveLimit> => ({ value, onExceed: "pause" });
  const pages: EffectiveLimit = { value: 2n, mode: "enforce", onExceed: "pause", tier: "tenant" };

  test.each([
    ["max_steps", policyOf({ max_steps: pausing(1n) }), { steps: 1n }],
    ["max_memory_mb", policyOf({ max_memory_mb: pausing(100n) }), { memoryBytes: 150n }],
    ["max_discovery_depth", policyOf({ max_discovery_depth: pausing(1n) }), { depthDelta: 1 }],
    [
      "max_same_step_repetitions",
      policyOf({ max_same_step_repetitions: pausing(1n) }),
      { step: { signature: "s" } },
    ],
    [
      "max_modifications_per_session",
      policyOf({ max_modifications_per_session: pausing(1n) }),
      { modifications: 1n },
    ],
    ["custom", policyOf({}, { customCounters: ["pages"], custom: { pages } }), { custom: { pages: 2n } }],
  ])("%s: the run goes on, and is not paused again by what stood already", (_, limits, usage) => {
    const engine = new Engine({ limits });
    engine.register("e");
    engine.report("e", [usage, usage]);
    const [approvalId = ""] = engine.world.executions.record(0).openApprovals;
    approve(engine.world, { approvalId, approvedBy: "op", note: undefined }, engine.now);
    expect(engine.reported("e", { cpuMillis: 1n }).allowed).toBe(true);
    expect(engine.eventTypes("e").filter((type) => type === "PAUSE")).toHaveLength(1);
  });
});
