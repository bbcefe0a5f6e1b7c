// What the source document (enforcement.rs) asserts, said of this engine; and its presets. Where the engine departs from it,
// docs/limits.md says why.
import { describe, expect, test } from "vitest";
import { categoryOf, isRetryable, VIOLATION_TYPES } from "../../../src/domain/limits.ts";
import { PRESETS } from "../../../src/engine/limits/presets.ts";
import { Engine, firstOf, messagesOf, policyOf, STEP, USD } from "./engine-fixture.ts";
import { builtInLimits } from "./policy-fixture.ts";

const source = policyOf({ max_steps: 100n, max_tokens: 1_000n, max_wall_time_ms: 60_000n });

describe("tests of the source document", () => {
  test("test_usage_tracking", () => {
    const engine = new Engine({ limits: source });
    engine.register("e", { principal: { tenant: "tenant_test123456789012345" } });
    engine.report("e", [{ steps: 1n }, { steps: 1n }]);
    expect(engine.snapshot("e").steps).toBe(2n);
    engine.report("e", { tokens: { input: 100n, output: 50n } });
    expect(engine.snapshot("e")).toMatchObject({
      executionId: "e",
      tenantId: "tenant_test123456789012345",
      totalTokens: 150n,
      tokens: { input: 100n, output: 50n },
    });
  });

  test("test_step_limit_enforcement", () => {
    const engine = new Engine({
      limits: policyOf({ max_steps: 5n, max_tokens: 1_000n, max_wall_time_ms: 60_000n }),
    });
    engine.register("e");
    for (let step = 0; step < 5; step++) {
      expect(engine.check("e", STEP).allowed).toBe(true);
      engine.report("e", { steps: 1n });
    }
    const decision = engine.check("e", STEP);
    expect(decision.verdict).toBe("BLOCK");
    expect(messagesOf(decision)).toEqual(["step_limit exceeded: 6 / 5 (120%)"]);
  });

  test("test_token_limit_enforcement", () => {
    const engine = new Engine({ limits: policyOf({ max_tokens: 100n }) });
    engine.register("e");
    engine.report("e", { tokens: { input: 50n, output: 30n } });
    expect(engine.check("e", { tokens: { input: 25n } }).verdict).toBe("BLOCK");
    expect(engine.check("e", { tokens: { input: 10n } }).allowed).toBe(true);
  });

  test("test_warning_threshold", () => {
    const engine = new Engine({
      limits: policyOf({ max_steps: 10n, max_tokens: 1_000n, max_wall_time_ms: 60_000n }),
    });
    engine.register("e");
    engine.report("e", { steps: 7n });
    const decision = engine.check("e", STEP);
    expect(decision.verdict).toBe("WARN");
    expect(messagesOf(decision)).toEqual(["step_limit at 80%: 8 / 10"]);
  });

  test("test_step_timeout_guard", () => {
    const engine = new Engine({ limits: source });
    engine.register("e");
    engine.reserve("e", "step-1", {}, { timeoutMs: 100 });
    engine.advance(100);
    expect(engine.events("e")).toEqual([]);
    engine.advance(50);
    const [event] = engine.events("e");
    expect(event).toMatchObject({
      type: "STEP_TIMEOUT",
      message: "Step step-1 timed out after 100ms",
      elapsedMs: 150,
      limitMs: 100,
    });
    expect(event?.finding).toMatchObject({ category: "timeout", retryable: false });
  });

  test("test_concurrency_limit", () => {
    const two = { value: 2n, mode: "enforce", onExceed: "block", tier: "tenant" } as const;
    const engine = new Engine({ limits: policyOf({}, { concurrency: { tenant: two } }) });
    engine.register("a");
    engine.register("b");
    const third = engine.register("c");
    expect(third.decision.verdict).toBe("BLOCK");
    expect(messagesOf(third.decision)).toEqual(["concurrency_limit exceeded: 3 / 2 (150%)"]);
    expect(firstOf(third.decision)).toMatchObject({ category: "quota_exceeded", retryable: true });
    engine.complete("a");
    expect(engine.register("c").decision.allowed).toBe(true);
  });

  test("test_network_violation_type and test_violation_type_display_network", () => {
    expect(VIOLATION_TYPES).toContain("network_violation");
    expect(categoryOf("network_violation")).toBe("policy_violation");
    expect(isRetryable("network_violation")).toBe(false);
  });
});

describe("categories of the source document", () => {
  test("time is a timeout, rates are retryable errors of the model, everything else is a quota", () => {
    expect(categoryOf("wall_time_limit")).toBe("timeout");
    expect(categoryOf("rate_limit")).toBe("llm_error");
    expect(isRetryable("rate_limit")).toBe(true);
    const others = VIOLATION_TYPES.filter(
      (type) => !["wall_time_limit", "rate_limit", "network_violation"].includes(type),
    );
    expect(new Set(others.map(categoryOf))).toEqual(new Set(["quota_exceeded"]));
    expect(others.filter(isRetryable)).toEqual(["concurrency_limit"]);
  });
});

describe("presets for long-running executions", () => {
  test("standard, extended, unlimited and disabled are the source's", () => {
    expect(PRESETS.standard).toEqual({
      max_discovered_steps: 50n,
      max_discovery_depth: 5n,
      cost_alert_threshold_usd: 5n * USD,
      idle_timeout_seconds: 1_800n,
      max_same_step_repetitions: 3n,
    });
    expect(PRESETS.extended).toEqual({
      max_discovered_steps: 300n,
      max_discovery_depth: 10n,
      cost_alert_threshold_usd: 50n * USD,
      idle_timeout_seconds: 14_400n,
      max_same_step_repetitions: 5n,
    });
    expect(PRESETS.unlimited).toEqual({
      cost_alert_threshold_usd: 100n * USD,
      idle_timeout_seconds: 86_400n,
    });
    expect(PRESETS.disabled).toEqual({});
  });

  test("without a policy 100 steps, 100,000 tokens, 300 s and the standard preset are in force", () => {
    const { byKey, warningThreshold, timeoutGraceMs, emitWarningEvents, emitBlockEvents } = builtInLimits();
    expect({ warningThreshold, timeoutGraceMs, emitWarningEvents, emitBlockEvents }).toEqual({
      warningThreshold: 80,
      timeoutGraceMs: 1_000,
      emitWarningEvents: true,
      emitBlockEvents: true,
    });
    const values = Object.fromEntries(Object.entries(byKey).map(([key, limit]) => [key, limit?.value]));
    expect(values).toEqual({
      max_steps: 100n,
      max_tokens: 100_000n,
      max_wall_time_ms: 300_000n,
      max_modifications_per_session: 10n,
      ...PRESETS.standard,
    });
  });

  test("P6 P12: a registration can only tighten: a looser preset or value changes nothing", () => {
    const engine = new Engine();
    engine.register("e", {
      requested: { preset: "unlimited", values: { max_steps: 1_000n, max_tokens: 7n } },
    });
    const { byKey } = engine.world.executions.record(engine.index("e")).limits;
    expect(byKey.max_steps).toMatchObject({ value: 100n, tier: "default" });
    expect(byKey.max_tokens).toMatchObject({ value: 7n, tier: "session" });
    expect(byKey.cost_alert_threshold_usd?.value).toBe(5n * USD);
    expect(byKey.max_discovered_steps?.value).toBe(50n);
  });

  test("P6: a registration may ask for a stricter action, not for a milder one", () => {
    const engine = new Engine();
    engine.register("e", { requested: { onExceed: { max_steps: "block", max_discovered_steps: "halt" } } });
    const { byKey } = engine.world.executions.record(engine.index("e")).limits;
    expect([byKey.max_steps?.onExceed, byKey.max_discovered_steps?.onExceed]).toEqual(["halt", "halt"]);
  });
});
