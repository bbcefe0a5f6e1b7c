// Quotas on windows: formulas, words, windows, levels, events.
import { describe, expect, test } from "vitest";
import type { Decision } from "../../../../src/domain/decision.ts";
import { HOUR_MS } from "../../../../src/domain/time.ts";
import { spendBegunWindows } from "../../../../src/engine/quotas/fresh-windows.ts";
import { Engine, type IntentFields, policyOf, reasonsOf, USD } from "../engine-fixture.ts";
import { documentsOf, quotasOf, type WrittenQuotas } from "./bounds-fixture.ts";
import { engineWith, quotaMessages, quotasIn, REQUEST, started } from "./quotas-fixture.ts";

const first = (decision: Decision) => decision.findings[0];

describe("the table of quotas", () => {
  const LAST = 30 * 60_000;

  test.each<[string, WrittenQuotas, IntentFields, IntentFields, string, object]>([
    [
      "requests an hour",
      { requests: { hour: 1000n } },
      { weight: 1000n },
      REQUEST,
      "Hourly request quota exceeded: 1001 > 1000",
      { sourceId: "quota_requests_hour", reason: "QUOTA_REQUESTS", severity: "high" },
    ],
    [
      "requests a day",
      { requests: { day: 10n } },
      { weight: 8n },
      { weight: 3n },
      "Daily request quota exceeded: 11 > 10",
      { sourceId: "quota_requests_day", severity: "high" },
    ],
    [
      "tokens an hour",
      { tokens: { hour: 100n } },
      { tokens: { input: 40n, output: 40n } },
      { tokens: { input: 10n, output: 11n } },
      "Hourly token quota exceeded: 101 > 100",
      { sourceId: "quota_tokens_hour", reason: "QUOTA_TOKENS" },
    ],
    [
      "input tokens",
      { input_tokens: { day: 50n } },
      { tokens: { input: 50n, output: 900n } },
      { tokens: { input: 1n } },
      "Daily input token quota exceeded: 51 > 50",
      { sourceId: "quota_input_tokens_day" },
    ],
    [
      "output tokens",
      { output_tokens: { hour: 50n } },
      { tokens: { input: 900n, output: 50n } },
      { tokens: { output: 1n } },
      "Hourly output token quota exceeded: 51 > 50",
      { sourceId: "quota_output_tokens_hour" },
    ],
    [
      "cost an hour",
      { cost_usd: { hour: 10n * USD } },
      { costNanoUsd: 10n * USD },
      { costNanoUsd: USD / 100n },
      "Hourly cost limit exceeded: 10.01 > 10.00",
      { sourceId: "cost_limit_hour", reason: "QUOTA_COST", severity: "high" },
    ],
    [
      "cost a day",
      { cost_usd: { day: 2n * USD } },
      { costNanoUsd: 2n * USD },
      { costNanoUsd: 1n },
      "Daily cost limit exceeded: 2.000000001 > 2.00",
      { sourceId: "cost_limit_day", severity: "critical" },
    ],
    [
      "cost a month",
      { cost_usd: { month: 5n * USD } },
      { costNanoUsd: 4n * USD },
      { costNanoUsd: 2n * USD },
      "Monthly cost limit exceeded: 6.00 > 5.00",
      { sourceId: "cost_limit_month", severity: "critical" },
    ],
    [
      "a custom counter",
      { custom: { pages: { month: 10n } } },
      { custom: { pages: 10n } },
      { custom: { pages: 2n } },
      "Monthly pages quota exceeded: 12 > 10",
      { sourceId: "quota_custom_pages_month", reason: "QUOTA_CUSTOM" },
    ],
  ])("%s: up to the quota, and not one more", (_name, quotas, most, more, message, finding) => {
    const engine = started(quotas);
    expect(engine.charge("e", most).allowed).toBe(true);
    const refused = engine.charge("e", more);
    expect(refused.verdict).toBe("BLOCK");
    expect(quotaMessages(refused)).toEqual([message]);
    expect(first(refused)).toMatchObject({ kind: "QUOTA", principal: "tenant:default", ...finding });
    expect(first(refused)?.violationType).toBeUndefined();
  });

  test.each<[string, WrittenQuotas, object, object, string, string]>([
    [
      "CPU hours",
      { cpu_hours: { day: 1 } },
      { cpuMillis: BigInt(HOUR_MS) },
      { cpuMillis: 1n },
      "Daily CPU hours quota exceeded: 1.001 > 1",
      "quota_cpu_hours_day",
    ],
    [
      "memory GB-hours",
      { memory_gb_hours: { day: 0.5 } },
      { memoryMibMillis: 512n * BigInt(HOUR_MS) },
      { memoryMibMillis: 512n * BigInt(HOUR_MS) },
      "Daily memory GB-hours quota exceeded: 1 > 0.5",
      "quota_memory_gb_hours_day",
    ],
    [
      "storage GB",
      { storage_gb: 10 },
      { storageBytes: 10n << 30n },
      { storageBytes: 21n << 29n },
      "Storage quota exceeded: 10.5 > 10",
      "quota_storage_gb",
    ],
  ])(
    "%s: the report that passes it is charged, later intents are refused",
    (_name, quotas, most, more, message, id) => {
      const engine = started(quotas);
      engine.report("e", most);
      expect(engine.charge("e", REQUEST).allowed).toBe(true);
      engine.report("e", more);
      const refused = engine.charge("e", REQUEST);
      expect(refused).toMatchObject({ verdict: "BLOCK" });
      expect(quotaMessages(refused)).toEqual([message]);
      expect(first(refused)).toMatchObject({ sourceId: id, severity: "high" });
    },
  );

  test("a refusal charges nothing and says when the window ends", () => {
    const engine = started({ requests: { hour: 10n, day: 100n } });
    engine.charge("e", { weight: 10n });
    const refused = engine.charge("e", REQUEST);
    expect(refused.retryAfterMs).toBe(LAST);
    expect(first(refused)?.retryable).toBe(true);
    engine.pass(LAST - 1);
    expect(engine.charge("e", REQUEST).allowed).toBe(false);
    engine.pass(1);
    expect(engine.charge("e", { weight: 10n }).allowed).toBe(true);
    expect(engine.check("e", { weight: 80n }).findings.map((one) => one.sourceId)).toEqual([
      "quota_requests_hour",
    ]);
  });

  test("what is above a quota by itself passes in no window: it names no time", () => {
    const engine = started({ requests: { hour: 10n } });
    const refused = engine.charge("e", { weight: 11n });
    expect(first(refused)).toMatchObject({ retryable: false });
    expect(refused.retryAfterMs).toBeUndefined();
  });

  test("a reservation holds in the windows, and its release gives back", () => {
    const engine = started({ requests: { hour: 10n }, custom: { pages: { day: 5n } } });
    expect(engine.reserve("e", "r", { weight: 6n, custom: { pages: 5n } }).allowed).toBe(true);
    const refused = engine.charge("e", { weight: 5n, custom: { pages: 1n } });
    expect(quotaMessages(refused)).toEqual([
      "Daily pages quota exceeded: 6 > 5 (held 5)",
      "Hourly request quota exceeded: 11 > 10 (held 6)",
    ]);
    engine.release("e", "r");
    expect(engine.charge("e", { weight: 5n, custom: { pages: 1n } }).allowed).toBe(true);
  });

  test("the tightest comes first", () => {
    const engine = started({ requests: { hour: 10n, day: 5n }, tokens: { hour: 1n } });
    const refused = engine.check("e", { weight: 20n, tokens: { input: 3n } });
    expect(quotasIn(refused).map((one) => one.sourceId)).toEqual([
      "quota_requests_day",
      "quota_tokens_hour",
      "quota_requests_hour",
    ]);
  });

  test("a quota of 0 refuses everything of its unit and nothing else", () => {
    const engine = started({ tokens: { hour: 0n } });
    expect(quotaMessages(engine.charge("e", { tokens: { input: 1n } }))).toEqual([
      "Hourly token quota exceeded: 1 > 0",
    ]);
    expect(engine.charge("e", REQUEST).allowed).toBe(true);
  });
});

describe("levels", () => {
  test("usage is charged once to every level of the chain, all or nothing; the finding names the level", () => {
    const engine = engineWith({
      global: { requests: { day: 100n } },
      tenant: { requests: { hour: 10n } },
      "team:*": { requests: { hour: 8n } },
      "user:*": { requests: { hour: 5n } },
      "agent:*": { requests: { hour: 4n } },
      "api_key:*": { requests: { hour: 6n } },
    });
    const who = { tenant: "t", team: "a", user: "u", apiKeyId: "k", agent: "x" };
    engine.register("e", { principal: who });
    engine.register("f", { principal: { ...who, agent: "y" } });
    engine.register("g", { principal: { tenant: "t" } });
    expect(first(engine.charge("e", { weight: 5n }))?.principal).toBe("agent:x");
    expect(engine.charge("e", { weight: 4n }).allowed).toBe(true);
    expect(engine.charge("f", { weight: 2n }).findings.map((one) => one.principal)).toEqual(["user:u"]);
    expect(engine.charge("f", { weight: 1n }).allowed).toBe(true);
    expect(engine.charge("g", { weight: 6n }).findings.map((one) => one.principal)).toEqual(["tenant:t"]);
    expect(engine.charge("g", { weight: 5n }).allowed).toBe(true);
  });

  test("a name stands before patterns, key by key; patterns that match hold all together", () => {
    const engine = engineWith({
      "user:vip": { requests: { hour: 50n } },
      "user:*": { requests: { hour: 5n }, tokens: { hour: 7n } },
      "user:svc-*": { requests: { hour: 3n } },
    });
    for (const user of ["vip", "bob", "svc-1"]) engine.register(user, { principal: { user } });
    expect(engine.check("vip", { weight: 50n }).allowed).toBe(true);
    expect(engine.check("vip", { weight: 51n }).allowed).toBe(false);
    expect(engine.check("vip", { tokens: { input: 8n } }).allowed).toBe(false);
    expect(engine.check("bob", { weight: 6n }).allowed).toBe(false);
    expect(engine.check("svc-1", { weight: 4n }).allowed).toBe(false);
    expect(engine.check("svc-1", { weight: 3n }).allowed).toBe(true);
  });

  test("P6: what the platform set as the ceiling of a pattern bounds every name", () => {
    const set = documentsOf(
      { quotas: { "user:*": { requests: { hour: { default: 5, max: 100 } } } } },
      { quotas: { "user:vip": { requests: { hour: 500 } } } },
    );
    const engine = new Engine({ set });
    engine.register("e", { principal: { user: "vip" } });
    expect(engine.check("e", { weight: 100n }).allowed).toBe(true);
    expect(quotaMessages(engine.check("e", { weight: 101n }))).toEqual([
      "Hourly request quota exceeded: 101 > 100",
    ]);
  });

  test("principals of an unregistered execution are charged and refused", () => {
    const engine = new Engine({
      limits: policyOf({}, { unregistered: "allow" }),
      settings: { quotas: quotasOf({ "user:*": { requests: { hour: 2n } } }) },
    });
    const who = { principal: { tenant: "t", user: "u" } };
    expect(engine.charge("", { weight: 2n }, who).allowed).toBe(true);
    expect(reasonsOf(engine.charge("", REQUEST, who))).toEqual(["QUOTA_REQUESTS"]);
    expect(engine.charge("", REQUEST, { principal: { tenant: "t2", user: "u" } }).allowed).toBe(true);
  });

  test("quotas follow the principals, not the tree", () => {
    const engine = engineWith({ "user:*": { requests: { hour: 3n } } });
    engine.register("root", { principal: { user: "a" } });
    engine.register("child", { parentId: "root", principal: { user: "b" } });
    expect(engine.charge("child", { weight: 3n }).allowed).toBe(true);
    expect(engine.charge("root", { weight: 3n }).allowed).toBe(true);
    expect(engine.charge("child", REQUEST).allowed).toBe(false);
  });
});

describe("time", () => {
  test("windows follow the tenant's time zone", () => {
    const quotas = quotasOf({ tenant: { requests: { day: 1n } } });
    const settings = { quotas, time_zone: "America/Los_Angeles" };
    const engine = new Engine({ limits: policyOf({}), settings });
    engine.register("e");
    engine.charge("e", REQUEST);
    // 12:30 UTC is 4:30 in Los Angeles: 19.5 hours are left of the day there.
    expect(engine.charge("e", REQUEST).retryAfterMs).toBe(19.5 * HOUR_MS);
  });

  test("a hold is settled in the window it was made in", () => {
    const engine = started({ tokens: { hour: 100n } });
    engine.reserve("e", "r", { tokens: { input: 90n } }, { ttlMs: HOUR_MS });
    engine.pass(40 * 60_000);
    expect(engine.check("e", { tokens: { input: 100n } }).allowed).toBe(true);
    engine.settle("e", "r", { tokens: { input: 95n } });
    expect(engine.check("e", { tokens: { input: 100n } }).allowed).toBe(true);
  });

  test("counters, what was told and holds outlive a kill", async () => {
    const engine = started({ requests: { hour: 10n }, custom: { pages: { day: 10n } }, storage_gb: 1 });
    engine.charge("e", { weight: 8n, custom: { pages: 8n } });
    engine.reserve("e", "r", { weight: 1n, custom: { pages: 1n } });
    engine.report("e", { storageBytes: 5n });
    await engine.save();
    const again = engine.restarted(1_000);
    expect(quotaMessages(again.check("e", { weight: 2n, custom: { pages: 2n } }))).toEqual([
      "Hourly request quota exceeded: 11 > 10 (held 1)",
      "Daily pages quota exceeded: 11 > 10 (held 1)",
    ]);
    expect(again.world.storage.of("default", { level: "tenant", name: "default" })).toBe(5n);
    const alerts = again.eventTypes("e").filter((type) => type === "QUOTA_ALERT").length;
    again.charge("e", { weight: 0n, custom: {} });
    expect(again.eventTypes("e").filter((type) => type === "QUOTA_ALERT")).toHaveLength(alerts);
  });
});

describe("a file that was lost", () => {
  test("windows that had begun count as used up until they end, over restarts, for every principal", async () => {
    const engine = engineWith({ "user:*": { requests: { hour: 5n, day: 50n } } });
    spendBegunWindows(engine.world, engine.now);
    await engine.save();
    const again = engine.restarted(1_000);
    again.register("e", { principal: { user: "late" } });
    const refused = again.charge("e", REQUEST);
    expect(refused.findings.map((one) => one.sourceId)).toEqual([
      "quota_requests_hour",
      "quota_requests_day",
    ]);
    expect(again.charge("e", { tokens: { input: 5n } }).allowed).toBe(true);
    again.pass(24 * HOUR_MS);
    expect(again.charge("e", { weight: 5n }).allowed).toBe(true);
  });
});

describe("registration", () => {
  test("a principal whose quota was crossed starts nothing new until the window ends", () => {
    const engine = started({ requests: { hour: 1n } });
    expect(engine.register("second").decision.allowed).toBe(true);
    engine.report("e", { requests: 2n });
    expect(reasonsOf(engine.register("third").decision)).toEqual(["QUOTA_REQUESTS"]);
    engine.pass(HOUR_MS);
    expect(engine.register("third").decision.allowed).toBe(true);
  });
});
