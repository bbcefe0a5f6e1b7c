import { describe, expect, test } from "vitest";
import { sourceOf } from "../../../../src/engine/policy/policy-source.ts";
import {
  createPolicySet,
  missingLabels,
  resolvePolicy,
} from "../../../../src/engine/policy/resolve-policy.ts";
import { baselineOf, resolve, setOf, tenantOf } from "./policy-documents.ts";

const USD = 1_000_000_000n;

describe("the documents of the guide", () => {
  const baseline = baselineOf(
    {
      required_labels: ["district"],
      execution: { max_steps: { default: 100, max: 1000 }, max_cost_usd: 20.0 },
    },
    { "execution.max_steps": 5, "execution.max_cost_usd": 6 },
  );
  const xto = tenantOf(
    "xto",
    {
      execution: { max_steps: 500 },
      quotas: {
        tenant: { cost_usd: { day: 200 } },
        "user:*": { requests: { hour: { value: 100, mode: "shadow" } } },
      },
      overrides: [
        {
          match: { district: "08A" },
          set: {
            attributes: { material_delta_percent: { max_abs: 0.2 } },
            operations: { require_confirmation_above_risk: 0.3 },
          },
        },
      ],
    },
    { "execution.max_steps": 4, "overrides[0].set.attributes.material_delta_percent.max_abs": 13 },
  );
  const set = setOf(baseline, [xto]);

  test("a default holds where nobody says more, a bare value for everybody", () => {
    const other = resolvePolicy(set, "other", {}).limits.byKey;
    expect(other.max_steps).toMatchObject({ value: 100n, tier: "baseline", line: 5, ceiling: 1000n });
    expect(other.max_cost_usd).toMatchObject({ value: 20n * USD, tier: "baseline", ceiling: 20n * USD });
  });

  test("the tenant's value takes the place of the default, and says where it stands", () => {
    expect(resolvePolicy(set, "xto", {}).limits.byKey.max_steps).toEqual({
      value: 500n,
      mode: "enforce",
      onExceed: "halt",
      tier: "tenant",
      document: "xto.yaml",
      line: 4,
      ceiling: 1000n,
    });
  });

  test("quotas hold by principal, each with its mode", () => {
    const { quotas } = resolvePolicy(set, "xto", {}).settings;
    expect(quotas["tenant"]?.cost_usd.day).toMatchObject({ value: 200n * USD, mode: "enforce" });
    expect(quotas["user:*"]?.requests.hour).toMatchObject({ value: 100n, mode: "shadow", scope: "pod" });
    expect(resolvePolicy(set, "other", {}).settings.quotas).toEqual({});
  });

  test("district 08A has a material delta of 0.2 and a risk of 0.3, every other one 0.3 and 0.5", () => {
    const inside = resolvePolicy(set, "xto", { district: "08A" });
    const outside = resolvePolicy(set, "xto", { district: "7C" });
    expect(inside.settings.attributes["material_delta_percent"]?.max_abs).toBe(0.2);
    expect(inside.settings.operations.require_confirmation_above_risk).toBe(0.3);
    expect(inside.overrides).toEqual(["district=08A"]);
    expect(outside.settings.attributes["material_delta_percent"]?.max_abs).toBe(0.3);
    expect(outside.settings.operations.require_confirmation_above_risk).toBe(0.5);
    expect(outside).toBe(resolvePolicy(set, "xto", { district: "8B" }));
    expect(sourceOf(inside, ["attributes", "material_delta_percent", "max_abs"])).toEqual({
      tier: "tenant",
      document: "xto.yaml",
      line: 13,
      from: "override district=08A",
      ceiling: 0.3,
      isClamped: false,
    });
  });

  test("a required label is missing until it is there", () => {
    const policy = resolvePolicy(set, "xto", {});
    expect(missingLabels(policy, {})).toEqual(["district"]);
    expect(missingLabels(policy, { district: "08A" })).toEqual([]);
  });
});

describe("tiers", () => {
  test("a tenant's looser value is clamped to the ceiling, and its source says so", () => {
    const policy = resolve(
      { execution: { max_steps: { default: 10, max: 50 } } },
      { execution: { max_steps: 80 } },
    );
    expect(policy.limits.byKey.max_steps).toMatchObject({ value: 50n, tier: "baseline", ceiling: 50n });
    expect(sourceOf(policy, ["execution", "max_steps"]).isClamped).toBe(true);
  });

  test("the Baseline is laid over the built-in one field by field, tighter or looser", () => {
    const loose = { operations: { require_confirmation_above_risk: { default: 0.6, max: 0.9 } } };
    const policy = resolve(loose, { operations: { require_confirmation_above_risk: 0.8 } });
    expect(policy.settings.operations.require_confirmation_above_risk).toBe(0.8);
    expect(policy.settings.operations.max_modifications_per_session?.value).toBe(10n);
    const free = resolve({ operations: { max_modifications_per_session: "unlimited" } }, undefined);
    expect(free.limits.byKey.max_modifications_per_session).toBeUndefined();
  });

  test("a default says nothing about the ceiling: the built-in one stays", () => {
    const policy = resolve({ operations: { require_confirmation_above_risk: { default: 0.2 } } }, undefined);
    expect(policy.settings.operations.require_confirmation_above_risk).toBe(0.2);
    const asked = resolve(
      { operations: { require_confirmation_above_risk: { default: 0.2 } } },
      { operations: { require_confirmation_above_risk: 0.45 } },
    );
    expect(asked.settings.operations.require_confirmation_above_risk).toBe(0.45);
  });

  test("`unlimited` takes a limit away where no ceiling stands against it", () => {
    expect(
      resolve(undefined, { execution: { max_steps: "unlimited" } }).limits.byKey.max_steps,
    ).toBeUndefined();
    const held = resolve({ execution: { max_steps: 7 } }, { execution: { max_steps: "unlimited" } });
    expect(held.limits.byKey.max_steps?.value).toBe(7n);
  });

  test("lists that allow intersect, lists of what is looked at join, exemptions need every tier", () => {
    const policy = resolve(
      {
        operations: { allowed: ["web.*", "db.read"], blocked: ["db.drop"] },
        guards: { sensitive_data: { allowlist: ["a", "b"] } },
      },
      {
        operations: { allowed: ["web.search", "db.*"], blocked: ["web.post"] },
        guards: { sensitive_data: { allowlist: ["b", "c"] } },
      },
    );
    expect(policy.settings.operations.allowed).toEqual(["db.read", "web.search"]);
    expect(policy.settings.operations.blocked).toEqual(["db.drop", "web.post"]);
    expect(policy.settings.guards.sensitive_data.allowlist).toEqual(["b"]);
  });

  test("overrides of the Baseline are ceilings, those of the tenant are met, several apply together", () => {
    const set = setOf(
      baselineOf({ overrides: [{ match: { env: "prod*" }, set: { execution: { max_steps: 40 } } }] }),
      [
        tenantOf("xto", {
          execution: { max_steps: 90, max_tokens: 5000 },
          overrides: [
            { match: { team: ["blue", "red"] }, set: { execution: { max_steps: 30 } } },
            { match: { env: "prod-eu", team: "red" }, set: { execution: { max_tokens: 100 } } },
          ],
        }),
      ],
    );
    const stepsOf = (labels: Record<string, string>) => {
      const { byKey } = resolvePolicy(set, "xto", labels).limits;
      return [byKey.max_steps?.value, byKey.max_tokens?.value];
    };
    expect(stepsOf({})).toEqual([90n, 5000n]);
    expect(stepsOf({ env: "prod-eu" })).toEqual([40n, 5000n]);
    expect(stepsOf({ env: "prod-eu", team: "red" })).toEqual([30n, 100n]);
    expect(stepsOf({ env: "dev", team: "red" })).toEqual([30n, 5000n]);
    expect(stepsOf({ env: "dev", team: "green" })).toEqual([90n, 5000n]);
    const ceiling = sourceOf(resolvePolicy(set, "xto", { env: "prod-eu" }), ["execution", "max_steps"]);
    expect(ceiling).toMatchObject({ tier: "baseline", from: "override env=prod*", ceiling: 40n });
  });

  test("with `missing_label: strictest` every override that names a missing label applies", () => {
    const tenant = {
      missing_label: "strictest",
      overrides: [
        { match: { district: "08A" }, set: { execution: { max_steps: 5 } } },
        { match: { district: "7C" }, set: { execution: { max_tokens: 50 } } },
        { match: { district: "7C", team: "red" }, set: { execution: { max_requests: 1 } } },
      ],
    };
    const { byKey } = resolve(
      { required_labels: ["district"], missing_label: { default: "block", max: "strictest" } },
      tenant,
    ).limits;
    expect([byKey.max_steps?.value, byKey.max_tokens?.value, byKey.max_requests]).toEqual([
      5n,
      50n,
      undefined,
    ]);
  });

  test("what the admin API keeps can only tighten the tenant's file", () => {
    const file = tenantOf("xto", { execution: { max_steps: 300 } });
    const api = tenantOf("xto", { execution: { max_steps: 400, max_tokens: 70 } });
    const set = createPolicySet({
      baseline: undefined,
      tenants: [{ tenant: "xto", file, api, isInvalid: false }],
    });
    const { byKey } = resolvePolicy(set, "xto", {}).limits;
    expect([byKey.max_steps?.value, byKey.max_tokens?.value]).toEqual([300n, 70n]);
  });
});

describe("profiles and presets", () => {
  const attributesOf = (sections: Record<string, unknown>) => {
    const { attributes, operations } = resolve(undefined, sections).settings;
    return [
      operations.require_confirmation_above_risk,
      attributes["material_delta_percent"]?.max_abs,
      attributes["steps_removed"]?.max,
      attributes["confidence"]?.min,
    ];
  };

  test.each([
    ["conservative", [0.3, 0.2, 2, 0.9]],
    ["balanced", [0.5, 0.3, 3, 0.7]],
    ["aggressive", [0.5, 0.3, 3, undefined]],
    ["custom", [0.5, 0.3, 3, undefined]],
  ])("%s fills in what the document does not write, clamped to the ceilings", (profile, values) => {
    expect(attributesOf({ profile })).toEqual(values);
  });

  test("written values win over the profile", () => {
    const written = {
      profile: "conservative",
      attributes: { steps_removed: { max: 3 }, confidence: { min: 0.5 } },
    };
    expect(attributesOf(written)).toEqual([0.3, 0.2, 3, 0.5]);
  });

  test("a profile of the Baseline is the default and, written bare, the ceiling", () => {
    const policy = resolve(
      { profile: "conservative" },
      { operations: { require_confirmation_above_risk: 0.4 } },
    );
    expect(policy.settings.operations.require_confirmation_above_risk).toBe(0.3);
    const open = resolve(
      { profile: { default: "conservative" } },
      { operations: { require_confirmation_above_risk: 0.4 } },
    );
    expect(open.settings.operations.require_confirmation_above_risk).toBe(0.4);
    expect(open.settings.attributes["confidence"]?.min).toBe(0.9);
  });

  test("a preset for long runs takes the place of the one before it", () => {
    const keys = [
      "max_discovered_steps",
      "max_discovery_depth",
      "cost_alert_threshold_usd",
      "idle_timeout_seconds",
    ] as const;
    const valuesOf = (baseline: Record<string, unknown> | undefined, tenant: Record<string, unknown>) => {
      const { byKey } = resolve(baseline, tenant).limits;
      return keys.map((key) => byKey[key]?.value);
    };
    expect(valuesOf(undefined, { long_running: "extended" })).toEqual([300n, 10n, 50n * USD, 14_400n]);
    expect(valuesOf(undefined, { long_running: "unlimited" })).toEqual([
      undefined,
      undefined,
      100n * USD,
      86_400n,
    ]);
    expect(valuesOf(undefined, { long_running: "disabled" })).toEqual([
      undefined,
      undefined,
      undefined,
      undefined,
    ]);
    expect(valuesOf({ long_running: "standard" }, { long_running: "extended" })).toEqual([
      50n,
      5n,
      5n * USD,
      1_800n,
    ]);
    expect(valuesOf(undefined, { long_running: "extended", execution: { max_discovery_depth: 4 } })).toEqual([
      300n,
      4n,
      50n * USD,
      14_400n,
    ]);
  });
});

describe("mode", () => {
  test("at the top of a tenant's document it holds for everything that no ceiling holds", () => {
    const { settings, limits } = resolve(undefined, {
      mode: "shadow",
      execution: { max_requests: { value: 5, mode: "enforce" } },
    });
    expect(limits.byKey.max_steps?.mode).toBe("shadow");
    expect(limits.byKey.max_requests?.mode).toBe("enforce");
    expect(limits.byKey.max_modifications_per_session?.mode).toBe("enforce");
    expect(settings.guards.network_policy.mode).toBe("shadow");
    expect(settings.rules.map(({ mode }) => mode)).toEqual(["enforce", "enforce", "enforce"]);
  });

  test("at the top of a Baseline it rolls everything out dark, and a tenant may enforce", () => {
    const { settings, limits } = resolve(
      { mode: "shadow" },
      { execution: { max_steps: { value: 9, mode: "enforce" } } },
    );
    expect(limits.byKey.max_steps?.mode).toBe("enforce");
    expect(limits.byKey.max_tokens?.mode).toBe("shadow");
    expect(settings.rules.map(({ mode }) => mode)).toEqual(["shadow", "shadow", "shadow"]);
  });

  test("what has a ceiling holds: no tenant puts it into shadow", () => {
    const tenant = {
      execution: { max_steps: { value: 5, mode: "shadow" }, max_tokens: { value: 5, mode: "shadow" } },
    };
    const { byKey } = resolve({ execution: { max_steps: 10 } }, tenant).limits;
    expect(byKey.max_steps).toMatchObject({ value: 5n, mode: "enforce" });
    expect(byKey.max_tokens).toMatchObject({ value: 5n, mode: "shadow" });
  });

  test("what has no mode of its own is in shadow only where the Baseline says so", () => {
    expect(resolve(undefined, { mode: "shadow" }).mode).toBe("enforce");
    expect(resolve({ mode: "shadow" }, undefined).mode).toBe("shadow");
    expect(resolve({ mode: "shadow" }, { mode: "enforce" }).mode).toBe("enforce");
  });

  test("`off` takes a limit away", () => {
    expect(
      resolve(undefined, { execution: { max_steps: { value: 5, mode: "off" } } }).limits.byKey.max_steps,
    ).toBeUndefined();
  });
});

describe("rules and access", () => {
  test("a tenant may restate a rule of the Baseline: the restated values are met, the rest stays", () => {
    const tenant = {
      rules: [
        { id: "default_pii_detection", action: "block", severity: "critical" },
        { id: "default_cost_limit", threshold: 50, action: "audit", enabled: false, mode: "off" },
        {
          id: "mine",
          name: "Mine",
          description: "Mine.",
          type: "cost",
          action: "warn",
          severity: "low",
          threshold: 2,
        },
      ],
    };
    const rules = resolve(undefined, tenant).settings.rules;
    expect(rules.map(({ id }) => id)).toEqual([
      "default_pii_detection",
      "default_cost_limit",
      "default_prompt_injection",
      "mine",
    ]);
    expect(rules[0]).toMatchObject({ type: "content", action: "block", severity: "critical" });
    expect(rules[1]).toMatchObject({ threshold: 10, action: "block", enabled: true, mode: "enforce" });
    expect(rules[3]).toMatchObject({ threshold: 2, action: "warn", throttle_after: 5 });
  });

  test("the access of each tier stands for itself", () => {
    const policy = resolve(
      { access: { default: "deny", rules: [{ id: "a", effect: "allow", routes: ["/v1/*"] }] } },
      { access: { rules: [{ id: "b", effect: "deny", tools: ["shell"] }] } },
    );
    expect(
      policy.settings.access.map(({ tier, document, value }) => [
        tier,
        document,
        value.default,
        value.rules.length,
      ]),
    ).toEqual([
      ["baseline", "baseline.yaml", "deny", 1],
      ["tenant", "xto.yaml", "allow", 1],
    ]);
  });

  test("parts that a tenant says nothing about are the very objects of the Baseline", () => {
    const set = setOf(baselineOf({ guards: { network_policy: { require_https: true } } }), [
      tenantOf("xto", { profile: "conservative", execution: { max_steps: 5 } }),
    ]);
    const policy = resolvePolicy(set, "xto", {});
    expect(policy.settings.rules).toBe(set.base.settings.rules);
    expect(policy.settings.guards).toBe(set.base.settings.guards);
    expect(policy.settings.attributes).not.toBe(set.base.settings.attributes);
    expect(resolvePolicy(set, "nobody", { any: "label" })).toBe(set.base);
  });
});

describe("a reload", () => {
  test("keeps what did not change, as the same objects", () => {
    const baseline = baselineOf({ execution: { max_steps: 50 } });
    const [one, two] = [tenantOf("one", { execution: { max_tokens: 5 } }), tenantOf("two", {})];
    const first = setOf(baseline, [one, two]);
    const before = ["one", "two", "three"].map((name) => resolvePolicy(first, name, {}));
    const second = setOf(baseline, [tenantOf("one", { execution: { max_tokens: 6 } }), two], first);
    const after = ["one", "two", "three"].map((name) => resolvePolicy(second, name, {}));
    expect(after.map((policy, at) => policy === before[at])).toEqual([false, true, true]);
    expect(after[0]?.settings.guards).toBe(before[0]?.settings.guards);
  });
});
