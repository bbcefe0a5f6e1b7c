import { describe, expect, test } from "vitest";
import { explainPolicy } from "../../../../src/engine/policy/explain-policy.ts";
import { sourceOf } from "../../../../src/engine/policy/policy-source.ts";
import { resolvePolicy } from "../../../../src/engine/policy/resolve-policy.ts";
import { baselineOf, setOf, tenantOf } from "./policy-documents.ts";

const RULES = Array.from({ length: 300 }, (_, number) => ({
  id: `r${number}`,
  name: `Rule ${number}`,
  description: "One of many.",
  type: "cost",
  action: "warn",
  severity: "low",
  threshold: number,
}));

describe("long lists", () => {
  const baseline = baselineOf(
    { rules: RULES, access: { rules: [{ id: "a", effect: "deny", tools: ["shell"] }] } },
    { "rules[7].threshold": 71 },
  );
  const set = setOf(baseline, [
    tenantOf("one", { rules: [{ id: "r7", threshold: 3 }], access: { default: "deny" } }),
    tenantOf("two", { access: { default: "deny" } }),
  ]);
  const one = resolvePolicy(set, "one", {});
  const two = resolvePolicy(set, "two", {});

  test("entries that a tenant does not restate are the very objects of the Baseline", () => {
    const restated = one.settings.rules.filter((rule, place) => rule !== set.base.settings.rules[place]);
    expect(restated.map(({ id, threshold }) => [id, threshold])).toEqual([["r7", 3]]);
    expect(two.settings.rules).toBe(set.base.settings.rules);
  });

  test("what one tier says of access is one object for all tenants", () => {
    expect(one.settings.access[0]?.value).toBe(two.settings.access[0]?.value);
    expect(one.settings.access[0]?.value).toMatchObject({
      default: "allow",
      rules: [{ id: "a", scopes_match: "all" }],
    });
    expect(one.settings.access[1]?.value).toMatchObject({ default: "deny", rules: [] });
  });

  test("a restated value is explained beside the ceiling that it stays below", () => {
    const row = explainPolicy(one, "full").find(({ key }) => key === "rules.r7.threshold");
    expect(row).toMatchObject({
      valueJson: "3",
      tier: "tenant",
      document: "one.yaml",
      ceilingJson: "7",
      isClamped: false,
      said: [{ tier: "baseline", valueJson: "7", document: "baseline.yaml", line: 71 }],
    });
  });

  test("lines are those of the entries, wherever they stand", () => {
    expect(sourceOf(two, ["rules", "r7", "threshold"])).toMatchObject({
      document: "baseline.yaml",
      line: 71,
    });
  });
});

describe("after a change of the baseline's access rules", () => {
  const baseline = (tool: string) =>
    baselineOf({ access: { rules: [{ id: "a", effect: "deny", tools: [tool] }] }, rules: RULES });
  const tenants = [tenantOf("one", { execution: { max_steps: 5 } }), tenantOf("two", {})];
  const before = setOf(baseline("shell"), tenants);
  for (const tenant of ["one", "two"]) resolvePolicy(before, tenant, {});
  const after = setOf(baseline("browser"), tenants, before);

  test("they are still one object for all tenants", () => {
    expect(after.base.settings.access[0]?.value.rules).toMatchObject([{ id: "a", tools: ["browser"] }]);
    for (const tenant of ["one", "two"])
      expect(resolvePolicy(after, tenant, {}).settings.access[0]).toBe(after.base.settings.access[0]);
  });

  test("rules that did not change are those of before", () => {
    expect(after.base.settings.rules).toBe(before.base.settings.rules);
    expect(resolvePolicy(after, "one", {}).settings.execution).toBe(
      resolvePolicy(before, "one", {}).settings.execution,
    );
  });
});
