// Shrunk failures about limits: what was not asked, not told, or told under another's name.
import { describe, expect, test } from "vitest";
import { approve } from "../../src/engine/approvals/answer-approvals.ts";
import { pauseByOperator, resumeByOperator } from "../../src/engine/executions/administer.ts";
import {
  Engine,
  type IntentFields,
  messagesOf,
  policyOf,
  reasonsOf,
  STEP,
  USD,
} from "../unit/engine/engine-fixture.ts";

const PAGES = { value: 3n, mode: "enforce", onExceed: "block", tier: "tenant" } as const;

describe("limits that an allowed intent was not compared with", () => {
  test("modifications are refused above their hourly limit by Charge too", () => {
    const engine = new Engine({ limits: policyOf({ max_modifications_per_session: 2n }) });
    engine.register("e");
    expect(engine.charge("e", { modifications: 2n }).verdict).toBe("WARN");
    expect(reasonsOf(engine.charge("e", { modifications: 1n }))).toEqual(["MODIFICATION_LIMIT"]);
    engine.advance(3_600_000);
    expect(engine.charge("e", { modifications: 1n }).allowed).toBe(true);
  });

  test("custom counters are refused above their limit though nothing else is near one", () => {
    const engine = new Engine({
      limits: policyOf({}, { customCounters: ["pages"], custom: { pages: PAGES } }),
    });
    engine.register("e");
    expect(engine.charge("e", { custom: { pages: 3n } }).allowed).toBe(true);
    expect(engine.charge("e", { custom: { pages: 1n } }).allowed).toBe(false);
    expect(engine.snapshot("e").custom).toEqual({ pages: 3n });
  });

  test("the depth of the asking execution counts at its ancestors, not their own", () => {
    const engine = new Engine({ limits: policyOf({ max_discovery_depth: 5n }) });
    engine.register("root", { requested: { values: { max_discovery_depth: 2n } } });
    engine.register("child", { parentId: "root", discovered: true });
    expect(engine.charge("child", { entersDepth: true }).allowed).toBe(true);
    expect(messagesOf(engine.charge("child", { entersDepth: true }))).toEqual([
      "discovery_depth_limit exceeded: 3 / 2 (150%)",
    ]);
  });

  test("an idle execution is not revived by the Charge that comes before its timer", () => {
    const engine = new Engine({ limits: policyOf({ idle_timeout_seconds: 10n }) });
    engine.register("e");
    engine.pass(10_000);
    expect(messagesOf(engine.charge("e", STEP))).toEqual(["idle_timeout exceeded: 10 / 10 (100%)"]);
    expect(engine.reserve("e", "r", STEP).allowed).toBe(true);
  });

  test("an agent cannot invent custom counters (P10)", () => {
    const engine = new Engine({ limits: policyOf() });
    engine.register("e");
    for (const name of ["constructor", "__proto__", "pages"]) {
      const custom = Object.fromEntries([[name, 1n]]);
      expect(() => engine.charge("e", { ...STEP, custom })).toThrow("not declared in custom_counters");
    }
    expect(engine.snapshot("e").steps).toBe(0n);
  });
});

describe("crossings that were not acted on", () => {
  test("one Charge from below the warning to above the cost alert pauses the run (P5)", () => {
    const engine = new Engine({ limits: policyOf({ cost_alert_threshold_usd: 5n * USD }) });
    engine.register("e");
    expect(engine.charge("e", { costNanoUsd: 6n * USD }).verdict).toBe("ALLOW");
    expect(engine.eventTypes("e")).toEqual(["APPROVAL_OPENED", "PAUSE"]);
  });

  test("memory above its limit is told though the report wants no decision", () => {
    const engine = new Engine({ limits: policyOf({ max_memory_mb: 1_000n }) });
    engine.register("e");
    const reporter = engine.report("e", { steps: 1n });
    expect(reporter.decisions).toHaveLength(1);
    const answer = engine.report("e", { memoryBytes: 1_001n }, { wantDecision: false });
    expect(answer.decisions.map(({ decision }) => reasonsOf(decision))).toEqual([["MEMORY_LIMIT"]]);
    expect(engine.eventTypes("e")).toEqual(["BLOCK"]);
  });

  test("reported discovered steps above their limit are told, and halt where the policy says so", () => {
    const engine = new Engine({
      limits: policyOf({ max_discovered_steps: { value: 1n, onExceed: "halt" } }),
    });
    engine.register("e");
    const decision = engine.reported("e", [{ step: { discovered: true } }, { step: { discovered: true } }]);
    expect(messagesOf(decision)).toEqual(["discovered_step_limit exceeded: 2 / 1 (200%)"]);
    expect(engine.eventTypes("e")).toContain("HALT");
  });

  test("a custom limit halts where the policy says so", () => {
    const custom = { pages: { ...PAGES, onExceed: "halt" } } as const;
    const engine = new Engine({ limits: policyOf({}, { customCounters: ["pages"], custom }) });
    engine.register("e");
    engine.report("e", { custom: { pages: 4n } });
    expect(engine.eventTypes("e")).toEqual(["HALT"]);
  });

  test("each custom counter and each unknown price is told once, and none under the name of another limit", () => {
    const custom = { pages: PAGES, mails: PAGES };
    const limits = policyOf({ max_wall_time_ms: 10_000n }, { customCounters: ["pages", "mails"], custom });
    const engine = new Engine({ limits });
    engine.register("e");
    for (let times = 0; times < 2; times++)
      engine.report("e", { tokens: { input: 1n }, custom: { pages: 4n, mails: 4n } });
    engine.pass(9_000);
    engine.report("e", { steps: 1n });
    const told = engine.events("e").map((event) => `${event.type} ${event.message}`);
    expect(told).toEqual([
      "BLOCK custom_limit exceeded: 4 / 3 (133%)",
      "BLOCK custom_limit exceeded: 4 / 3 (133%)",
      "WARNING no price is known: no model named",
      "WARNING wall_time_limit at 90%: 9000 / 10000",
    ]);
  });
});

describe("Check of an execution that the first call would register", () => {
  const pages = { value: 10n, mode: "enforce", onExceed: "block", tier: "tenant" } as const;
  const engine = new Engine({
    limits: policyOf(
      {
        max_steps: 1n,
        max_tokens: 100n,
        max_input_tokens: 50n,
        max_cost_usd: USD,
        cost_alert_threshold_usd: USD,
        max_discovered_steps: 0n,
        max_discovery_depth: 0n,
        max_requests: 10n,
        max_tool_calls: 10n,
        max_modifications_per_session: 1n,
        max_memory_mb: 1n,
        idle_timeout_seconds: 60n,
      },
      { unregistered: "register", customCounters: ["pages"], custom: { pages } },
    ),
  });
  engine.register("registered");

  test.each<[string, IntentFields]>([
    ["nothing", {}],
    ["a step", STEP],
    ["a discovered step", { step: { discovered: true } }],
    ["depth", { entersDepth: true }],
    ["tokens at the limit", { tokens: { input: 50n, output: 50n } }],
    ["tokens above it", { tokens: { input: 51n, output: 50n } }],
    ["money above it", { costNanoUsd: USD + 1n }],
    ["requests above it", { weight: 11n }],
    ["tool calls near it", { toolCalls: 8n }],
    ["modifications above it", { modifications: 2n }],
    ["a custom counter above it", { custom: { pages: 11n } }],
  ])("says of %s what it says once it is registered", (_what, intent) => {
    const messages = messagesOf(engine.check("unknown", intent));
    expect(messages).toEqual(messagesOf(engine.check("registered", intent)));
    expect(engine.index("unknown")).toBe(-1);
  });

  test("says that no place is left", () => {
    const full = { value: 1n, mode: "enforce", onExceed: "block", tier: "tenant" } as const;
    const more = { unregistered: "register", concurrency: { tenant: full } } as const;
    const one = new Engine({ limits: policyOf({}, more) });
    one.register("registered");
    expect(reasonsOf(one.check("unknown", STEP))).toEqual(["CONCURRENCY_LIMIT"]);
    expect(reasonsOf(one.charge("unknown", STEP))).toEqual(["CONCURRENCY_LIMIT"]);
  });
});

describe("approvals", () => {
  test("a run that another limit paused goes on with that limit raised, not with another cost alert", () => {
    const limits = policyOf({
      max_steps: { value: 2n, onExceed: "pause" },
      cost_alert_threshold_usd: 5n * USD,
    });
    const engine = new Engine({ limits });
    engine.register("e");
    expect(engine.reported("e", { steps: 3n }).verdict).toBe("PAUSE");
    approve(engine.world, { approvalId: "a1", approvedBy: "op", note: undefined }, engine.now);
    const { byKey } = engine.world.executions.record(engine.index("e")).limits;
    expect([byKey.max_steps?.value, byKey.cost_alert_threshold_usd?.value]).toEqual([5n, 5n * USD]);
    expect(engine.charge("e", STEP).allowed).toBe(true);
  });

  test("a run that an operator resumed is not halted by the question that nobody answered", () => {
    const engine = new Engine({ limits: policyOf({ cost_alert_threshold_usd: 5n * USD }) });
    engine.register("e");
    engine.report("e", { costNanoUsd: 5n * USD });
    resumeByOperator(engine.world, engine.index("e"), "op", undefined, engine.now);
    engine.advance(3_600_001);
    expect(engine.eventTypes("e")).not.toContain("HALT");
  });

  test("nobody is asked about what another limit refuses anyway", () => {
    const engine = new Engine({ limits: policyOf({ max_steps: 1n, cost_alert_threshold_usd: 5n * USD }) });
    engine.register("root");
    engine.register("child", { parentId: "root" });
    engine.charge("root", STEP);
    pauseByOperator(engine.world, engine.index("child"), "op", undefined, engine.now);
    engine.report("root", { costNanoUsd: 5n * USD });
    const before = engine.world.approvals.byId.size;
    expect(engine.check("child", STEP).verdict).toBe("BLOCK");
    expect(engine.world.approvals.byId.size).toBe(before);
  });
});

describe("registration", () => {
  const one = { value: 1n, onExceed: "block", tier: "tenant" } as const;

  test("a concurrency limit in shadow mode keeps nobody out", () => {
    const engine = new Engine({
      limits: policyOf({}, { concurrency: { tenant: { ...one, mode: "shadow" } } }),
    });
    engine.register("a");
    expect(engine.register("b").index).toBe(1);
  });

  test("a refused registration is a violation", () => {
    const engine = new Engine({
      limits: policyOf({}, { concurrency: { tenant: { ...one, mode: "enforce" } } }),
    });
    engine.register("a");
    expect(engine.register("b").index).toBe(-1);
    engine.drain();
    expect(engine.violations.map((violation) => [violation.executionId, violation.finding.reason])).toEqual([
      ["b", "CONCURRENCY_LIMIT"],
    ]);
  });
});
