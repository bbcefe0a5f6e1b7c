import { describe, expect, test } from "vitest";
import type { PolicyDocument } from "../../../../src/domain/policy/document.ts";
import { issuesOf } from "./document-issues.ts";
import { baselineOf, tenantOf } from "./policy-documents.ts";

describe("conditions of tool calls", () => {
  test("are compiled in the words of a call, in overrides too", () => {
    const precondition = {
      pre: { "pay.*": ["args.amount <= 100", "output.ok", "args.amount <"] },
      post: { "pay.*": ["output.ok", "1 + 1"] },
    };
    const paths = (document: PolicyDocument) => issuesOf(document).map((issue) => issue.split(": ", 1)[0]);
    expect(paths(tenantOf("xto", { guards: { precondition } }))).toEqual([
      'guards.precondition.pre["pay.*"][1]',
      'guards.precondition.pre["pay.*"][2]',
      'guards.precondition.post["pay.*"][1]',
    ]);
    const overrides = [{ match: { stage: "x" }, set: { guards: { precondition } } }];
    expect(paths(tenantOf("xto", { overrides }))).toHaveLength(3);
  });
});

describe("the form of a document", () => {
  test("P10: of a document of nonsense only the first thousand problems are told, and that there are more", () => {
    const nonsense = Object.fromEntries(Array.from({ length: 30_000 }, (_, at) => [`k${at}`, 1]));
    const issues = issuesOf(tenantOf("xto", { execution: nonsense }));
    expect(issues).toHaveLength(1_001);
    expect(issues.at(-1)).toContain("only the first 1000 problems are told");
  });

  test("every key that is none, every value that is none, all at once and by path", () => {
    const document = tenantOf("xto", {
      execution: { max_step: 5, max_steps: -1, max_cost_usd: "12 USD", warning_threshold: 101 },
      quotas: { tenants: { requests: { hour: 5 } }, tenant: { requests: { week: 5 } } },
      guards: { network_policy: { level: "strict", ports: [0] } },
      operations: { allowed: null, blocked: ["a&b"] },
      approvals: { timeout: 30 },
      unknown_tenant: "block",
      attributes: { material_delta_percent: { max_abs: ".3" } },
    });
    expect(issuesOf(document)).toEqual([
      expect.stringMatching(/^execution\.max_step: is no key here; allowed are max_wall_time_ms, /),
      "execution.max_steps: -1 must be a whole number of at least 0, or unlimited",
      'execution.max_cost_usd: "12 USD" must be an amount in USD of at least 0 with at most 9 decimals, as 2.50, or unlimited',
      "execution.warning_threshold: 101 must be a whole number from 0 to 100",
      "quotas.tenants: must be global, or a level (tenant, team, user, api_key, agent), alone or with a name, as user:*; addresses have rates",
      "quotas.tenant.requests.week: is no key here; allowed are hour, day",
      'guards.network_policy.level: "strict" must be block, warn or off',
      "guards.network_policy.ports[0]: 0 must be a whole number from 1 to 65535",
      "operations.allowed: is empty: write a value or leave the key out",
      'operations.blocked[0]: "a&b" must be a pattern without "&"',
      "approvals.timeout: 30 must be a time from 1 s to 30 d, as 10 s (units: ms, s, min, h, d)",
      "unknown_tenant: stands in a Baseline alone",
      'attributes.material_delta_percent.max_abs: ".3" must be a number of at least 0, or unlimited',
    ]);
  });

  test("the source's words for the level of a guard are understood, and not beside the level itself", () => {
    const said = (guard: Record<string, unknown>) =>
      issuesOf(tenantOf("xto", { guards: { side_effect: guard } }));
    expect(said({ mode: "BLOCK" })).toEqual([]);
    expect(said({ mode: "read_only", level: "block" })).toEqual([]);
    expect(said({ mode: "WARN", level: "block" })).toEqual([
      "guards.side_effect.mode: says the same as level: write one of them",
    ]);
  });

  test("a Baseline writes defaults and ceilings, a tenant neither", () => {
    const execution = { max_steps: { default: 20, max: 10 } };
    expect(issuesOf(baselineOf({ execution }))).toEqual([
      "execution.max_steps.default: 20 is looser than the ceiling 10",
    ]);
    expect(issuesOf(baselineOf({ time_zone: { default: "UTC", max: "UTC" } }))).toEqual([
      "time_zone.max: this key has no ceiling: the most specific document decides",
    ]);
    expect(issuesOf(tenantOf("xto", { execution }))).toEqual([
      "execution.max_steps.default: is no key here; allowed are value, mode, on_exceed",
      "execution.max_steps.max: is no key here; allowed are value, mode, on_exceed",
    ]);
  });

  test("an override needs labels and values", () => {
    const overrides = [
      { match: {}, set: {} },
      { set: {} },
      { match: { district: 8 }, set: {} },
      { match: { a: "b" }, set: { tenant: "x" } },
    ];
    expect(issuesOf(tenantOf("xto", { overrides }))).toEqual([
      "overrides[0].match: must name 1 to 32 labels",
      "overrides[1]: must be a mapping with match and set",
      "overrides[2].match: district must be text or a list of 1 to 100 texts: put numbers in quotes",
      expect.stringMatching(/^overrides\[3\]\.set\.tenant: is no key here; allowed are profile, /),
    ]);
  });
});

describe("lists that all documents fill together", () => {
  const names = (from: number, to: number) => Array.from({ length: to - from }, (_, at) => `n${from + at}`);

  test.each([
    ["custom_counters", 8],
    ["required_labels", 32],
  ])("%s hold at most %i names, in a document and with those of broader ones", (key, most) => {
    const baseline = baselineOf({ [key]: names(0, most - 3) });
    const file = tenantOf("xto", { [key]: names(most - 4, most - 1) });
    const api = (to: number) => tenantOf("xto", { [key]: names(most - 1, to) });
    const message = `together with those of broader documents these are ${most + 1} names; at most ${most}`;
    expect(issuesOf(file, { baseline })).toEqual([]);
    expect(issuesOf(api(most), { baseline, file })).toEqual([]);
    expect(issuesOf(api(most + 1), { baseline, file })).toEqual([`${key}: ${message}`]);
    expect(issuesOf(tenantOf("xto", { [key]: names(0, most + 1) }))).toHaveLength(1);
    // What a broader document says too many of is not this one's fault.
    expect(issuesOf(tenantOf("xto", {}), { baseline, file: api(most + 1) })).toEqual([]);
  });
});

test("a counter is not called what every object has", () => {
  const message = (name: string) => `custom_counters: "${name}" is no name of a counter`;
  const document = baselineOf({ custom_counters: ["pages", "valueOf", "constructor"] });
  expect(issuesOf(document)).toEqual([message("constructor"), message("valueOf")]);
});

describe("a tenant that asks for more than the ceiling", () => {
  test("is refused by field, value and ceiling: the risky tenant of the source", () => {
    const risky = tenantOf("risky", {
      operations: { require_confirmation_above_risk: 0.8 },
      attributes: { new_violations: { max: 1 } },
    });
    expect(issuesOf(risky)).toEqual([
      "operations.require_confirmation_above_risk: 0.8 is looser than the ceiling 0.5",
      "attributes.new_violations.max: 1 is looser than the ceiling 0",
    ]);
  });

  test("the conservative operator of the source is accepted", () => {
    const operator = tenantOf("xto", {
      profile: "conservative",
      operations: { require_confirmation_above_risk: 0.3, blocked: ["replace_cibp"] },
      attributes: { material_delta_percent: { max_abs: 0.2 } },
    });
    expect(issuesOf(operator)).toEqual([]);
  });

  test("is refused in overrides too, and names the document of the ceiling; a looser profile is clamped", () => {
    const baseline = baselineOf({
      execution: { max_cost_usd: { default: 5, max: 20 }, max_steps: 10 },
      guards: { network_policy: { allowed_domains: ["example.com"], require_https: true } },
    });
    const tenant = tenantOf("xto", {
      profile: "aggressive",
      long_running: "unlimited",
      execution: { max_cost_usd: 20.5, max_steps: { value: 5, mode: "shadow" } },
      guards: { network_policy: { allowed_domains: ["api.example.com", "other.org"], require_https: false } },
      overrides: [{ match: { env: "dev" }, set: { execution: { max_steps: "unlimited" } } }],
    });
    expect(issuesOf(tenant, { baseline })).toEqual([
      "execution.max_cost_usd.value: 20.50 is looser than the ceiling 20.00 of baseline.yaml",
      'execution.max_steps.mode: "shadow" is looser than the ceiling "enforce"',
      'guards.network_policy.allowed_domains: ["api.example.com","other.org"] is looser than the ceiling ["example.com"] of baseline.yaml',
      "guards.network_policy.require_https: false is looser than the ceiling true of baseline.yaml",
      'overrides[0].set.execution.max_steps.value: "unlimited" is looser than the ceiling 10 of baseline.yaml',
    ]);
  });

  test("a list that only adds is never looser", () => {
    const baseline = baselineOf({ operations: { blocked: ["a"] } });
    expect(issuesOf(tenantOf("xto", { operations: { blocked: ["b"] } }), { baseline })).toEqual([]);
  });

  test("what the admin API keeps is held to the tenant's file", () => {
    const file = tenantOf("xto", { execution: { max_steps: 300 } });
    const api = tenantOf("xto", { execution: { max_steps: 400, max_tokens: 500_000 } });
    expect(issuesOf(api, { file })).toEqual([
      "execution.max_steps.value: 400 is looser than the ceiling 300 of xto.yaml",
    ]);
  });
});

describe("what does not compile", () => {
  test("rules that say too little, patterns, conditions and time zones", () => {
    const document = tenantOf("xto", {
      time_zone: "Mars/Olympus",
      rules: [
        { id: "short", name: "ab", type: "cost", action: "warn", severity: "low", threshold: 1 },
        { id: "default_pii_detection", action: "block", type: "prompt" },
      ],
      guards: { sensitive_data: { custom_patterns: ["a(b"] } },
    });
    expect(issuesOf(document)).toEqual([
      "rules[0].name: must have at least 3 characters",
      "rules[0].description: is required",
      'time_zone: "Mars/Olympus" must be the name of a time zone, as Europe/Berlin',
      expect.stringMatching(/^guards\.sensitive_data\.custom_patterns\[0\]: "a\(b" /),
      'rules[1].type: "prompt" has no effect: default_pii_detection is the platform\'s, and "content" stays',
    ]);
  });
});

test("what is wrong with the form and what is wrong with the meaning is told at once", () => {
  const rule = { type: "content", action: "warn", severity: "low", description: "Of many." };
  const document = tenantOf("xto", {
    execution: { max_stepz: 5 },
    operations: { require_confirmation_above_risk: 0.9 },
    time_zone: "Europe/Nowhere",
    rules: [
      { ...rule, id: "a", name: "ab", pattern: "secret" },
      { ...rule, id: "b", name: "Bad form", pattern: "secret", action: "explode" },
      { ...rule, id: "c", name: "Bad pattern", pattern: "([" },
    ],
  });
  expect(issuesOf(document).map((issue) => issue.split(": ", 1)[0])).toEqual([
    "execution.max_stepz",
    "rules[1].action",
    "rules[0].name",
    "rules[2].pattern",
    "time_zone",
    "operations.require_confirmation_above_risk",
  ]);
});
