// P6: rules and pools of a broader tier that a narrower one names again.
import { describe, expect, test } from "vitest";
import type { EffectivePolicy } from "../../../../src/engine/policy/effective-policy.ts";
import { resolve } from "./policy-documents.ts";

function rule(policy: EffectivePolicy, id: string) {
  return policy.settings.rules.find((one) => one.id === id);
}

const NARROWER = {
  scope: { tools: ["nothing"], models: ["none"], labels: { a: "b" }, direction: "output" },
  pattern: "never said",
  expression: "false",
  time_window: "1s",
  locales: ["xx"],
  config: { a: 1 },
};

describe("P6: a tenant that restates an entry of the platform", () => {
  test.each(["default_prompt_injection", "default_pii_detection", "default_cost_limit"])(
    "adds nothing to what the built-in %s looks at",
    (id) => {
      const plain = rule(resolve(undefined, {}), id);
      expect(rule(resolve(undefined, { rules: [{ id, ...NARROWER }] }), id)).toEqual(plain);
      const override = { match: { a: "*" }, set: { rules: [{ id, ...NARROWER }] } };
      expect(rule(resolve(undefined, { overrides: [override] }, { a: "b" }), id)).toEqual(plain);
    },
  );

  test("adds nothing to a rule of the Baseline, and tightens it as before", () => {
    const own = {
      id: "gold",
      name: "gold words",
      description: "d",
      type: "content",
      pattern: "gold",
      action: "warn",
      severity: "low",
    };
    const plain = rule(resolve({ rules: [own] }, {}), "gold");
    const restated = { id: "gold", ...NARROWER, action: "block", severity: "high" };
    expect(rule(resolve({ rules: [own] }, { rules: [restated] }), "gold")).toEqual({
      ...plain,
      action: "block",
      severity: "high",
    });
  });

  test("cannot make the month of a pool a day", () => {
    const pool = { id: "p", usd: 100, members: { "team:a": {} } };
    const { pools } = resolve({ pools: [pool] }, { pools: [{ id: "p", usd: 50, window: "day" }] }).settings;
    expect(pools).toMatchObject([{ id: "p", usd: 50_000_000_000n, window: "month" }]);
  });

  test("an override adds nothing to a rule of its own document either, and may make a new one", () => {
    const own = {
      id: "r",
      name: "rule",
      description: "d",
      type: "content",
      action: "block",
      severity: "low",
    };
    const override = {
      match: { a: "b" },
      set: {
        rules: [
          { id: "r", scope: { tools: ["x"] } },
          { ...own, id: "new", pattern: "y", scope: { tools: ["x"] } },
        ],
      },
    };
    const policy = resolve(
      undefined,
      { rules: [{ ...own, pattern: "z" }], overrides: [override] },
      { a: "b" },
    );
    expect(rule(policy, "r")).toMatchObject({ pattern: "z", scope: {} });
    expect(rule(policy, "new")).toMatchObject({ pattern: "y", scope: { tools: ["x"] } });
  });
});
