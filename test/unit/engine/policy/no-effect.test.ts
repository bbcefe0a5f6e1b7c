import { describe, expect, test } from "vitest";
import { issuesOf } from "./document-issues.ts";
import { baselineOf, tenantOf } from "./policy-documents.ts";

describe("what would have no effect is refused", () => {
  test("a name under which nobody would ever be found is refused", () => {
    const hour = { requests: { hour: 5 } };
    const document = tenantOf("xto", {
      quotas: {
        global: hour,
        user: hour,
        "api_key:*": hour,
        "global:x": hour,
        "ip:10.0.0.0/8": hour,
        provider: hour,
      },
      rates: { provider: 5, "ip:10.0.0.0/8": 5, "ip:10.0.0.1/8": 5, "ip:ten": 5, ip: 5, "global:x": 5 },
    });
    expect(issuesOf(document).map((one) => one.split(": ", 1)[0])).toEqual([
      'quotas["global:x"]',
      'quotas["ip:10.0.0.0/8"]',
      "quotas.provider",
      'rates["ip:10.0.0.1/8"]',
      'rates["ip:ten"]',
      "rates.ip",
      'rates["global:x"]',
    ]);
  });

  test("an access rule that could be about nobody and no time is refused, and what is next to it accepted", () => {
    const rule = (id: string, more: object) => ({ id, effect: "deny", ...more });
    const rules = [
      rule("good", {
        principals: ["user:ann", "api_key:*", "*:ann", "*", "ip:10.0.0.0/8"],
        time: { from: "00:00", to: "24:00" },
      }),
      rule("names", { principals: ["usr:ann", "user", "user:", "ip:10.0.0.1/8", "ip:*"] }),
      rule("times", { time: { from: "8:00", to: "24:01" } }),
    ];
    const paths = issuesOf(tenantOf("xto", { access: { rules } })).map((one) => one.split(": ", 1)[0]);
    expect(paths).toEqual([
      "access.rules[1].principals[0]",
      "access.rules[1].principals[1]",
      "access.rules[1].principals[2]",
      "access.rules[1].principals[3]",
      "access.rules[1].principals[4]",
      "access.rules[2].time.from",
      "access.rules[2].time.to",
    ]);
  });

  test("a host that no target can have is refused, in lists of names and of addresses", () => {
    const hosts = [
      "https://evil.com",
      "evil.com:443",
      "evil.com/path",
      "*.evil.com:443",
      "10.0.0.1/8",
      "10.0.0.0/33",
    ];
    const good = [
      "evil.com",
      ".evil.com",
      "*.evil.com",
      "*",
      "10.0.0.0/8",
      "10.*",
      "::1",
      "fe80::/10",
      "2001:db8:*",
    ];
    const network_policy = {
      blocked_domains: [...hosts, ...good],
      metadata_ips: [...good, "169.254.169.254:80"],
    };
    const issues = issuesOf(tenantOf("xto", { guards: { network_policy } }));
    expect(issues.map((one) => one.split(": ", 1)[0])).toEqual([
      ...hosts.map((_one, at) => `guards.network_policy.blocked_domains[${at}]`),
      `guards.network_policy.metadata_ips[${good.length}]`,
    ]);
    expect(issues[0]).toContain('"https://evil.com" must be a name, a pattern as *.example.com');
  });

  const gold = {
    id: "gold",
    name: "gold words",
    description: "d",
    type: "content",
    pattern: "gold",
    action: "warn",
    severity: "low",
  };

  test("P9: what a tenant adds to a rule of the platform, and to one of its own in an override", () => {
    const baseline = baselineOf({ rules: [gold], pools: [{ id: "p", usd: 100, members: { "team:a": {} } }] });
    const own = { ...gold, id: "own", pattern: "mine" };
    const tenant = tenantOf("xto", {
      rules: [
        { id: "default_prompt_injection", scope: { tools: ["none"] }, time_window: "1 h" },
        { ...gold, pattern: "silver", config: { a: 1 } },
        own,
      ],
      pools: [{ id: "p", usd: 50, window: "day" }],
      overrides: [
        { match: { a: "b" }, set: { rules: [{ id: "own", action: "block", locales: ["de"] }] } },
        { match: { a: "c" }, set: { rules: [{ ...own, id: "new", scope: { tools: ["x"] } }] } },
      ],
    });
    expect(issuesOf(tenant, { baseline })).toEqual([
      'rules[0].scope.tools: ["none"] has no effect: default_prompt_injection is the platform\'s, and nothing can be added to it here',
      'rules[0].time_window: "1 h" has no effect: default_prompt_injection is the platform\'s, and nothing can be added to it here',
      'rules[1].pattern: "silver" has no effect: gold is the platform\'s, and "gold" stays',
      'rules[1].config: {"a":1} has no effect: gold is the platform\'s, and nothing can be added to it here',
      'pools[0].window: "day" has no effect: p is the platform\'s, and "month" stays',
      'overrides[0].set.rules[0].locales: ["de"] has no effect: own is declared above, and nothing can be added to it here',
    ]);
  });

  test("P9: bounds of counters that are not declared, and rates without requests a second", () => {
    const bounds = { pages: { day: 5 }, rows: { day: 5 } };
    const baseline = baselineOf({ custom_counters: ["rows"], rates: { tenant: { rps: 5 } } });
    const tenant = tenantOf("xto", {
      execution: { custom: { rows: 5, files: 5 } },
      quotas: { "user:*": { custom: bounds } },
      rates: { tenant: { burst: 3 }, user: { burst: 3 }, agent: { rps: "unlimited" } },
      overrides: [{ match: { a: "b" }, set: { quotas: { tenant: { custom: bounds } } } }],
    });
    const undeclared = "is not declared in custom_counters: nothing of it is counted";
    expect(issuesOf(tenant, { baseline })).toEqual([
      "rates.user: has no effect: no document says its rps",
      `execution.custom.files: "files" ${undeclared}`,
      `quotas["user:*"].custom.pages: "pages" ${undeclared}`,
      `overrides[0].set.quotas.tenant.custom.pages: "pages" ${undeclared}`,
    ]);
    const own = tenantOf("xto", {
      custom_counters: ["pages"],
      quotas: { tenant: { custom: { pages: { day: 5 } } } },
    });
    expect(issuesOf(own)).toEqual([]);
  });

  test("P9: what a rule of another type would look at", () => {
    const rule = { name: "rule", description: "d", action: "warn", severity: "low" };
    const tenant = tenantOf("xto", {
      rules: [
        { ...rule, id: "a", type: "cost", threshold: 1, pattern: "x" },
        { ...rule, id: "b", type: "content", pattern: "x", expression: "true", counter: "tokens" },
        { ...rule, id: "c", type: "policy", expression: "true" },
      ],
    });
    expect(issuesOf(tenant)).toEqual([
      "rules[0].pattern: has no effect: a rule of type cost does not look at it",
      "rules[1].expression: has no effect: a rule of type content does not look at it",
      "rules[1].counter: has no effect: a rule of type content does not look at it",
    ]);
  });

  test("P9: a rule that only an override makes has to be whole", () => {
    const set = (...rules: readonly object[]) => ({ match: { a: "b" }, set: { rules } });
    const half = { id: "half", name: "ab", type: "content", action: "block" };
    const own = { ...gold, id: "own" };
    const tenant = tenantOf("xto", {
      rules: [gold],
      overrides: [set({ id: "gold", action: "block" }, half), set(own), set({ id: "own", action: "block" })],
    });
    expect(issuesOf(tenant)).toEqual([
      "overrides[0].set.rules[1].name: must have at least 3 characters",
      "overrides[0].set.rules[1].description: is required",
      "overrides[0].set.rules[1].severity: is required",
      "overrides[0].set.rules[1].pattern: is required for rules of type content",
    ]);
  });

  test("P9: what may be restated, and what says again what stands there, is accepted", () => {
    const baseline = baselineOf({ rules: [gold] });
    const tightened = {
      action: "block",
      severity: "high",
      throttle_after: 2,
      mode: "enforce",
      enabled: true,
    };
    const tenant = tenantOf("xto", {
      rules: [
        { ...gold, ...tightened },
        { id: "default_cost_limit", threshold: 5 },
      ],
      overrides: [{ match: { a: "b" }, set: { rules: [{ id: "gold", action: "block" }] } }],
    });
    expect(issuesOf(tenant, { baseline })).toEqual([]);
    // The platform may say a built-in rule anew, and adds nothing by an override.
    const narrowed = { id: "default_prompt_injection", scope: { tools: ["none"] } };
    expect(issuesOf(baselineOf({ rules: [narrowed] }))).toEqual([]);
    expect(issuesOf(baselineOf({ overrides: [{ match: { a: "b" }, set: { rules: [narrowed] } }] }))).toEqual([
      'overrides[0].set.rules[0].scope.tools: ["none"] has no effect: default_prompt_injection is the platform\'s, and nothing can be added to it here',
    ]);
  });

  test("P9: what operators write adds nothing to a rule of the tenant's file", () => {
    const file = tenantOf("xto", { rules: [gold] });
    const api = tenantOf("xto", { rules: [{ id: "gold", action: "block", scope: { models: ["m"] } }] });
    expect(issuesOf(api, { file })).toEqual([
      'rules[0].scope.models: ["m"] has no effect: gold is that of xto.yaml, and nothing can be added to it here',
    ]);
  });

  test("auto_adjust on slots, storage and rates that nothing follows", () => {
    const auto_adjust = { mode: "apply", floor: 1, ceiling: 9 };
    const quota = { value: 5, auto_adjust };
    const document = tenantOf("xto", {
      quotas: {
        tenant: { requests: { hour: quota, day: 50 }, concurrent_requests: quota, storage_gb: quota },
      },
      rates: {
        tenant: { rps: 5, auto_adjust },
        "user:*": { rps: 5, auto_adjust, endpoint_multipliers: { "/v1/chat": 2 } },
        "provider:demo": { rps: 5, auto_adjust },
        "ip:203.0.113.0/24": { rps: 5, auto_adjust: "off" },
      },
    });
    expect(issuesOf(document).map((issue) => issue.split(": ", 1)[0])).toEqual([
      "quotas.tenant.concurrent_requests.auto_adjust.mode",
      "quotas.tenant.storage_gb.auto_adjust.mode",
      'rates["user:*"].auto_adjust.mode',
      'rates["provider:demo"].auto_adjust.mode',
    ]);
    expect(issuesOf(document)[0]).toContain(
      "has no effect here: auto_adjust follows quotas on windows and rates of principals",
    );
  });

  test("a pool's members are single principals, in a map or in a list", () => {
    const pool = (members: unknown) => tenantOf("xto", { pools: [{ id: "llm", usd: 50, members }] });
    expect(issuesOf(pool({ "user:ann": { weight: 2 }, tenant: {} }))).toEqual([]);
    expect(issuesOf(pool([{ principal: "user:ann", weight: 2 }, { principal: "team:red" }]))).toEqual([]);
    expect(issuesOf(pool({ "user:*": {}, "ip:10.0.0.0/8": {} })).map((one) => one.split(": ", 1)[0])).toEqual(
      ['pools[0].members["user:*"]', 'pools[0].members["ip:10.0.0.0/8"]'],
    );
    expect(
      issuesOf(
        pool([{ principal: "user:*" }, { weight: 1 }, { principal: "user:a" }, { principal: "user:a" }]),
      ),
    ).toEqual([
      expect.stringContaining("pools[0].members[0]: must be one principal"),
      "pools[0].members[1]: must be a mapping with principal",
      'pools[0].members[3].principal: "user:a" is there already',
    ]);
  });
});
