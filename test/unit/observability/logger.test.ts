import { describe, expect, test } from "vitest";
import { TollgateError } from "../../../src/domain/errors.ts";
import { internalErrorThrown } from "../../../src/observability/events/daemon.ts";
import { decisionTold, executionEventPushed } from "../../../src/observability/events/executions.ts";
import { LineBudget } from "../../../src/observability/line-budget.ts";
import type { LogFields } from "../../../src/observability/log-fields.ts";
import { createLogger } from "../../../src/observability/logger.ts";
import { createTelemetry } from "../../../src/observability/telemetry.ts";
import { Engine } from "../engine/engine-fixture.ts";

function createCapture() {
  const lines: string[] = [];
  const logger = createLogger("info", { write: (line) => void lines.push(line) });
  return { lines, logger, telemetry: createTelemetry(logger) };
}

describe("createLogger", () => {
  test("P11: a field that is not on the list is dropped", () => {
    const { lines, logger } = createCapture();
    logger.log("info", { reason: "STEP_LIMIT", prompt: "my secret" } as LogFields, "refused");
    expect(JSON.parse(lines[0] ?? "")).toEqual({
      level: "info",
      time: expect.stringMatching(/^\d{4}-.*Z$/) as string,
      reason: "STEP_LIMIT",
      msg: "refused",
    });
  });

  test("the level changes at run time", () => {
    const { lines, logger } = createCapture();
    logger.log("debug", {}, "one");
    logger.level = "debug";
    logger.log("debug", {}, "two");
    expect(lines).toHaveLength(1);
    expect(lines[0]).toContain("two");
  });
});

describe("business events", () => {
  test("a decision that an access rule asks for is one line, however many there are", () => {
    const { lines, telemetry } = createCapture();
    const engine = new Engine();
    engine.register("e");
    const decision = engine.check("e", { step: {} });
    for (let at = 0; at < 500; at++) decisionTold(telemetry, "log", "R-1", "e", decision);
    decisionTold(telemetry, "notify", "R-1", "e", decision);
    expect(lines).toHaveLength(501);
    expect(JSON.parse(lines[500] ?? "")).toMatchObject({
      level: "warn",
      event: "decision_notified",
      decision_id: decision.decisionId,
      source_id: "R-1",
      verdict: "ALLOW",
    });
  });

  test("P11: the text of an event and the text of a foreign error stay out of the log", () => {
    const { lines, telemetry } = createCapture();
    executionEventPushed(telemetry, "e1", {
      number: 1,
      type: "HALT",
      atMs: 0,
      message: "halted: my secret",
      finding: { verdict: "BLOCK", kind: "STATE", reason: "EXECUTION_HALTED", message: "my secret" },
    });
    internalErrorThrown(telemetry, "/a/B", new SyntaxError("Unexpected token in my secret"));
    expect(lines.join("")).not.toContain("secret");
    expect(JSON.parse(lines[0] ?? "")).toMatchObject({
      event: "execution_halted",
      execution_id: "e1",
      reason: "EXECUTION_HALTED",
    });
    expect(JSON.parse(lines[1] ?? "")).toMatchObject({
      event: "internal_error",
      method: "/a/B",
      error_name: "SyntaxError",
    });
  });

  test("the text of an error of our own is logged", () => {
    const { lines, telemetry } = createCapture();
    internalErrorThrown(telemetry, "/a/B", new TollgateError("STREAMS_FULL", "too many"));
    expect(JSON.parse(lines[0] ?? "")).toMatchObject({ error_text: "too many" });
  });
});

describe("LineBudget", () => {
  test("P10: writes 50 lines a second and tells how many it left out", () => {
    const budget = new LineBudget();
    const taken = Array.from({ length: 60 }, () => budget.take(0).isAllowed);
    expect(taken.filter(Boolean)).toHaveLength(50);
    expect(budget.take(999).isAllowed).toBe(false);
    expect(budget.take(1_000)).toEqual({ isAllowed: true, suppressed: 11 });
  });
});
