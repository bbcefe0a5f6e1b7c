import { describe, expect, test } from "vitest";
import {
  explainPolicy,
  knownOperations,
  withAllowChanges,
} from "../../../../src/engine/policy/explain-policy.ts";
import { resolvePolicy } from "../../../../src/engine/policy/resolve-policy.ts";
import { baselineOf, resolve, setOf, tenantOf } from "./policy-documents.ts";

const baseline = baselineOf(
  {
    execution: { max_steps: { default: 100, max: 1000 }, max_cost_usd: 20, max_memory_mb: { max: 64 } },
    operations: { blocked: ["db.drop"] },
    guards: { network_policy: { allowed_domains: ["example.com"] } },
  },
  { "execution.max_steps": 5, "execution.max_cost_usd": 6, "operations.blocked": 9 },
);
const tenant = tenantOf(
  "xto",
  {
    profile: "aggressive",
    execution: { max_steps: 500, max_cost_usd: 50 },
    overrides: [{ match: { district: "08A" }, set: { execution: { max_steps: 50 } } }],
  },
  { profile: 3, "execution.max_steps": 5, "overrides[0].set.execution.max_steps": 11 },
);
const policy = resolvePolicy(setOf(baseline, [tenant]), "xto", { district: "08A" });

function rowOf(key: string, exposure: "reduced" | "full" = "full") {
  return explainPolicy(policy, exposure).find((row) => row.key === key);
}

describe("explainPolicy", () => {
  test("names value, ceiling, who decided and what the others said", () => {
    expect(rowOf("execution.max_steps")).toEqual({
      key: "execution.max_steps",
      valueJson: "50",
      tier: "tenant",
      document: "xto.yaml",
      line: 11,
      from: "override district=08A",
      ceilingJson: "1000",
      isClamped: false,
      said: [
        { tier: "baseline", valueJson: "100", document: "baseline.yaml", line: 5, from: undefined },
        { tier: "tenant", valueJson: "500", document: "xto.yaml", line: 5, from: undefined },
      ],
    });
  });

  test("says that a looser value is clamped, and that of a profile too", () => {
    expect(rowOf("execution.max_cost_usd")).toMatchObject({
      valueJson: "20.00",
      tier: "baseline",
      line: 6,
      ceilingJson: "20.00",
      isClamped: true,
    });
    expect(rowOf("operations.require_confirmation_above_risk")).toMatchObject({
      valueJson: "0.5",
      ceilingJson: "0.5",
      isClamped: true,
      said: [{ tier: "tenant", valueJson: "0.7", line: 3, from: "profile aggressive" }],
    });
  });

  test("shows values in the unit of their key, and limits that nobody set", () => {
    expect(rowOf("execution.max_memory_mb")).toMatchObject({ valueJson: "64", ceilingJson: "64" });
    expect(rowOf("approvals.timeout")?.valueJson).toBe('"1 h"');
    expect(rowOf("execution.max_requests")).toMatchObject({
      valueJson: undefined,
      tier: "default",
      said: [],
    });
    expect(rowOf("execution.max_requests.mode")).toBeUndefined();
  });

  test("shows every key once, in order", () => {
    const keys = explainPolicy(policy, "full").map(({ key }) => key);
    expect(keys).toEqual([...new Set(keys)].toSorted());
    expect(keys).toContain("rules.default_cost_limit.threshold");
    expect(keys).toContain("attributes.steps_removed.on_exceed");
  });

  test("reduced leaves out what would help to get around a check", () => {
    const keys = new Set(explainPolicy(policy, "reduced").map(({ key }) => key));
    expect(keys.has("guards.network_policy.level")).toBe(true);
    expect(keys.has("guards.network_policy.allowed_domains")).toBe(false);
    expect(keys.has("guards.output_size.max_bytes")).toBe(false);
    expect(keys.has("operations.allowed")).toBe(false);
    expect(keys.has("operations.blocked")).toBe(true);
    expect([...keys].filter((key) => key.endsWith(".pattern") || key.startsWith("access"))).toEqual([]);
  });

  test("the session's flag is met with the tiers", () => {
    const flag = (tenantSays: Record<string, unknown>, session: boolean) => {
      const values = withAllowChanges(resolve(undefined, tenantSays), session);
      return explainPolicy(values, "full").find(({ key }) => key === "operations.allow_changes");
    };
    expect(flag({}, true)).toMatchObject({ valueJson: "true", tier: "session" });
    expect(flag({}, false)).toMatchObject({ valueJson: "false", tier: "session" });
    expect(flag({ operations: { allow_changes: false } }, true)).toMatchObject({
      valueJson: "false",
      tier: "tenant",
    });
  });

  test("operations are known by the names that a policy writes", () => {
    const { settings, ...rest } = resolve(undefined, {
      operations: { blocked: ["db.drop", "web.*"], mutating: ["db.write"] },
      access: { rules: [{ id: "a", effect: "deny", operations: ["mail.send", "**"] }] },
    });
    expect(knownOperations({ settings, ...rest }, [])).toEqual(["db.drop", "db.write", "mail.send"]);
    expect(knownOperations({ settings, ...rest }, ["pay", "db.drop"])).toEqual([
      "db.drop",
      "db.write",
      "mail.send",
      "pay",
    ]);
  });
});

test("what is written as shared is shown as counted per pod: there is no shared store", () => {
  const shared = tenantOf(
    "xto",
    { quotas: { tenant: { requests: { day: { value: 9, scope: "cluster" } } } } },
    { "quotas.tenant.requests.day.scope": 7 },
  );
  const rows = explainPolicy(resolvePolicy(setOf(undefined, [shared]), "xto", {}), "full");
  const scope = rows.find(({ key }) => key === "quotas.tenant.requests.day.scope");
  expect(scope).toMatchObject({ valueJson: '"pod"', tier: "default", from: "no shared store is configured" });
  expect(scope?.said).toMatchObject([
    { tier: "tenant", valueJson: '"cluster"', document: "xto.yaml", line: 7 },
  ]);
});
