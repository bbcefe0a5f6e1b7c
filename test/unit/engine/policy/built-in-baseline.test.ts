// What is on without any file: the table of the guide, line by line.
import { describe, expect, test } from "vitest";
import { BUILT_IN_DOCUMENT } from "../../../../src/engine/policy/documents/read-document.ts";
import { sourceOf } from "../../../../src/engine/policy/policy-source.ts";
import { createPolicySet, NO_DOCUMENTS } from "../../../../src/engine/policy/resolve-policy.ts";

const { base } = createPolicySet(NO_DOCUMENTS);
const { settings } = base;

function ceilingOf(...path: string[]): unknown {
  return sourceOf(base, path).ceiling;
}

describe("the built-in baseline", () => {
  test("is read without an issue", () => {
    expect(BUILT_IN_DOCUMENT.issues).toEqual([]);
  });

  test("bounds an execution by 100 steps, 100,000 tokens and 300,000 ms, with the standard preset, and by no ceiling", () => {
    const { execution } = settings;
    const limits = Object.fromEntries(
      Object.entries(base.limits.byKey).map(([key, limit]) => [key, limit.value]),
    );
    expect(limits).toEqual({
      max_steps: 100n,
      max_tokens: 100_000n,
      max_wall_time_ms: 300_000n,
      max_discovered_steps: 50n,
      max_discovery_depth: 5n,
      cost_alert_threshold_usd: 5_000_000_000n,
      idle_timeout_seconds: 1_800n,
      max_same_step_repetitions: 3n,
      max_modifications_per_session: 10n,
    });
    expect(execution.max_concurrent_executions).toEqual({});
    expect(settings.long_running).toBe("standard");
    for (const key of Object.keys(limits)) {
      const ceiling = key === "max_modifications_per_session" ? 10n : undefined;
      expect(base.limits.byKey[key as "max_steps"]?.ceiling, key).toBe(ceiling);
      expect(base.limits.byKey[key as "max_steps"]?.tier, key).toBe("default");
    }
  });

  test("asks a person above a risk of 0.5, which no tenant can raise", () => {
    expect(settings.profile).toBe("balanced");
    expect(settings.operations).toEqual({
      blocked: [],
      mutating: [],
      require_confirmation_above_risk: 0.5,
      missing: "block",
      max_modifications_per_session: { value: 10n, mode: "enforce", on_exceed: "block" },
    });
    expect(ceilingOf("operations", "require_confirmation_above_risk")).toBe(0.5);
    expect(ceilingOf("operations", "max_modifications_per_session", "value")).toBe(10n);
  });

  test("bounds three attributes, default and ceiling alike, and confidence by its default alone", () => {
    const rest = { on_exceed: "block", missing: "block" };
    expect(settings.attributes).toEqual({
      material_delta_percent: { max_abs: 0.3, ...rest },
      steps_removed: { max: 3, ...rest },
      new_violations: { max: 0, ...rest },
      confidence: { min: 0.7, ...rest },
    });
    expect(ceilingOf("attributes", "material_delta_percent", "max_abs")).toBe(0.3);
    expect(ceilingOf("attributes", "steps_removed", "max")).toBe(3);
    expect(ceilingOf("attributes", "new_violations", "max")).toBe(0);
    expect(ceilingOf("attributes", "new_violations", "on_exceed")).toBe("block");
    expect(ceilingOf("attributes", "confidence", "min")).toBeUndefined();
  });

  test("has three rules that no tenant can switch off", () => {
    const rules = settings.rules.map(({ id, action, severity, enabled, mode, threshold }) => ({
      id,
      action,
      severity,
      enabled,
      mode,
      threshold,
    }));
    const on = { enabled: true, mode: "enforce" };
    expect(rules).toEqual([
      { id: "default_pii_detection", action: "warn", severity: "high", threshold: undefined, ...on },
      { id: "default_cost_limit", action: "block", severity: "critical", threshold: 10, ...on },
      { id: "default_prompt_injection", action: "block", severity: "critical", threshold: undefined, ...on },
    ]);
    // As many as docs/text-rules.md names.
    const { locales } = settings.rules.find(({ id }) => id === "default_prompt_injection") ?? {};
    expect(locales).toHaveLength(38);
    expect(locales).toEqual(expect.arrayContaining(["en", "de", "zh", "ar", "sw"]));
    for (const { id } of rules) {
      expect(ceilingOf("rules", id, "enabled")).toBe(true);
      expect(ceilingOf("rules", id, "mode")).toBe("enforce");
    }
  });

  test("switches guards on as `guards: default` says", () => {
    const levels = Object.entries(settings.guards).flatMap(([name, guard]) =>
      typeof guard === "string" ? [] : [[name, guard.level]],
    );
    expect(Object.fromEntries(levels)).toEqual({
      schema_strictness: "block",
      sensitive_data: "block",
      network_policy: "block",
      side_effect: "block",
      concurrency: "block",
      timeout_budget: "block",
      output_size: "block",
      retry_safety: "block",
      provenance: "warn",
      plan_shape: "block",
      saturation: "off",
      tool_budget: "off",
      precondition: "off",
      unresolved_reference: "warn",
      grounding: "off",
    });
    expect(settings.guards.retry_safety.backoff).toBe("warn");
    expect(settings.guards.schema_strictness.unknown_tool).toBe("allow");
    expect(settings.guards.evaluate).toBe("first");
  });

  test("has no quota, no pool, no rate, no access rule and no required label", () => {
    const { quotas, pools, rates, access, required_labels, missing_label } = settings;
    expect({ quotas, pools, rates, access, required_labels, missing_label }).toEqual({
      quotas: {},
      pools: [],
      rates: {},
      access: [],
      required_labels: [],
      missing_label: "block",
    });
  });

  test("prices, answers and tenants as the guide says", () => {
    const { execution, approvals, mode, unknown_tenant, expose } = settings;
    expect(execution.unregistered).toBe("block");
    expect(execution.cost_source).toBe("price_book");
    expect(execution.unknown_price).toBeUndefined();
    expect(approvals).toEqual({ timeout: 3_600_000, on_timeout: "halt" });
    expect({ mode, unknown_tenant, expose }).toEqual({
      mode: "enforce",
      unknown_tenant: "baseline",
      expose: "reduced",
    });
  });
});
