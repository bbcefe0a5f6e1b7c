// Rates of the file and of the tiers, asked of the engine.
import { describe, expect, test } from "vitest";
import type { RequestedPrincipal } from "../../../../src/domain/execution.ts";
import type { PlatformRates } from "../../../../src/engine/rates/rate-settings.ts";
import { type AskFields, Engine, type IntentFields, policyOf, reasonsOf } from "../engine-fixture.ts";
import { documentsOf, QUOTAS_FILE, ratesOf, type WrittenRate } from "../quotas/bounds-fixture.ts";

const FILE: PlatformRates = { file: QUOTAS_FILE, fallback: { rps: 20, burst: 40 } };
const ROUTE: IntentFields = { route: "/v1/chat", weight: 1n };

function engineWith(
  rates: { readonly [principal: string]: WrittenRate },
  platform: PlatformRates = { file: undefined, fallback: undefined },
): Engine {
  return new Engine({
    limits: policyOf({}),
    settings: { rates: ratesOf(rates) },
    platformRates: platform,
  });
}

/** How many requests pass at once. */
function passing(engine: Engine, id: string, intent: IntentFields, fields: AskFields = {}): number {
  let passed = 0;
  while (passed < 2_000 && engine.charge(id, intent, fields).allowed) passed++;
  return passed;
}

function fileCase(principal: RequestedPrincipal, intent: IntentFields, fields: AskFields = {}): number {
  const engine = engineWith({}, FILE);
  engine.register("e", { principal });
  return passing(engine, "e", { weight: 1n, ...intent }, fields);
}

describe("the version 1 file", () => {
  const acme = { tenant: "acme-corp" };

  test.each<[string, RequestedPrincipal, IntentFields, AskFields, number]>([
    ["a tenant's own burst", acme, ROUTE, {}, 200],
    ["2.5 times as much for a route", acme, { route: "/v1/embeddings" }, {}, 500],
    ["the same for a route below it", acme, { route: "/v1/embeddings/batch" }, {}, 500],
    ["a quarter for another", acme, { route: "/v1/dreams?x=1" }, {}, 50],
    ["the most specific principal", { ...acme, user: "alice", agent: "a" }, ROUTE, {}, 9],
    ["a tenant before an address", acme, ROUTE, { sourceIp: "203.0.113.7" }, 200],
    ["an address range", { tenant: "other" }, ROUTE, { sourceIp: "203.0.113.7" }, 10],
    ["the longest range", { tenant: "other" }, ROUTE, { sourceIp: "203.0.113.200" }, 3],
    ["an IPv4 address written as IPv6", { tenant: "other" }, ROUTE, { sourceIp: "::ffff:203.0.113.7" }, 10],
    [
      "a range rounded down, at least 1",
      { tenant: "other" },
      { route: "/v1/dreams" },
      { sourceIp: "203.0.113.200" },
      1,
    ],
    ["the defaults", { tenant: "other" }, ROUTE, {}, 40],
    ["the defaults for a provider", { tenant: "other" }, { provider: "openai" }, {}, 40],
    ["no defaults without route and provider", { tenant: "other" }, {}, {}, 2_000],
  ])("gives %s", (_name, principal, intent, fields, wanted) => {
    expect(fileCase(principal, intent, fields)).toBe(wanted);
  });

  test("100 a second times 2.5 are 250 a second", () => {
    const engine = engineWith({}, FILE);
    engine.register("e", { principal: acme });
    passing(engine, "e", { route: "/v1/embeddings", weight: 1n });
    engine.pass(1_000);
    expect(passing(engine, "e", { route: "/v1/embeddings", weight: 1n })).toBe(250);
  });

  test("a named route has a bucket of its own, all others share one", () => {
    const engine = engineWith({}, FILE);
    engine.register("e", { principal: acme });
    expect(passing(engine, "e", { route: "/v1/embeddings", weight: 1n })).toBe(500);
    expect(passing(engine, "e", { route: "/v1/dreams", weight: 1n })).toBe(50);
    expect(passing(engine, "e", { route: "/v1/chat", weight: 1n })).toBe(200);
    expect(passing(engine, "e", { route: "/v2/other", weight: 1n })).toBe(0);
  });

  test("everybody in a range shares its bucket", () => {
    const engine = engineWith({}, FILE);
    engine.register("e", { principal: { tenant: "one" } });
    engine.register("f", { principal: { tenant: "two" } });
    expect(passing(engine, "e", ROUTE, { sourceIp: "203.0.113.1" })).toBe(10);
    expect(passing(engine, "f", ROUTE, { sourceIp: "203.0.113.2" })).toBe(0);
  });

  test("users of one name in two tenants are two principals", () => {
    const engine = engineWith({}, FILE);
    engine.register("e", { principal: { tenant: "one", user: "alice" } });
    engine.register("f", { principal: { tenant: "two", user: "alice" } });
    expect(passing(engine, "e", ROUTE)).toBe(9);
    expect(passing(engine, "f", ROUTE)).toBe(9);
  });

  test("the daemon's default gives way where rates name a level, the file's own do not", () => {
    const fallback = { file: undefined, fallback: { rps: 20, burst: 40 } };
    const named = engineWith({ tenant: { rps: 50, burst: 60 } }, fallback);
    named.register("e");
    expect(passing(named, "e", ROUTE)).toBe(60);
    const other = engineWith({ "user:bob": { rps: 50, burst: 60 } }, fallback);
    other.register("e");
    expect(passing(other, "e", ROUTE)).toBe(40);
    const both = engineWith({ tenant: { rps: 50, burst: 60 } }, FILE);
    both.register("e");
    expect(passing(both, "e", ROUTE)).toBe(40);
  });
});

describe("rates of the tiers", () => {
  test("every level that has one must pass: a user's never loosens the tenant's", () => {
    const engine = engineWith({
      tenant: { rps: 10, burst: 12 },
      "user:*": { rps: 5, burst: 8 },
      "user:vip": { rps: 90, burst: 90 },
    });
    engine.register("bob", { principal: { tenant: "t", user: "bob" } });
    engine.register("vip", { principal: { tenant: "t", user: "vip" } });
    expect(passing(engine, "bob", ROUTE)).toBe(8);
    expect(passing(engine, "vip", ROUTE)).toBe(4);
  });

  test("a refusal takes from no bucket, says whose it is and when it passes", () => {
    const engine = engineWith({ tenant: { rps: 10, burst: 100 }, "user:*": { rps: 4, burst: 1 } });
    engine.register("bob", { principal: { tenant: "t", user: "bob" } });
    engine.register("eve", { principal: { tenant: "t", user: "eve" } });
    expect(engine.charge("bob", ROUTE).allowed).toBe(true);
    for (let again = 0; again < 50; again++) engine.charge("bob", ROUTE);
    const refused = engine.charge("bob", ROUTE);
    expect(refused).toMatchObject({ verdict: "THROTTLE", retryAfterMs: 250 });
    expect(refused.findings[0]).toMatchObject({
      kind: "RATE",
      reason: "RATE_LIMIT",
      principal: "user:bob",
      sourceId: 'rates["user:*"]',
      violationType: "rate_limit",
      retryable: true,
    });
    expect(engine.charge("eve", { ...ROUTE, weight: 1n }).allowed).toBe(true);
    expect(
      engine
        .check("eve", { route: "/v1/chat", weight: 99n })
        .findings.map((one) => [one.reason, one.principal]),
    ).toEqual([
      ["WEIGHT_ABOVE_BURST", "user:eve"],
      ["RATE_LIMIT", "tenant:t"],
    ]);
    engine.pass(250);
    expect(engine.charge("bob", ROUTE).allowed).toBe(true);
  });

  test("Check looks and takes nothing; Reserve takes and a release does not give back", () => {
    const engine = engineWith({ tenant: { rps: 1, burst: 2 } });
    engine.register("e");
    for (let again = 0; again < 5; again++) expect(engine.check("e", ROUTE).allowed).toBe(true);
    expect(engine.reserve("e", "r1", ROUTE).allowed).toBe(true);
    expect(engine.reserve("e", "r2", ROUTE).allowed).toBe(true);
    engine.release("e", "r1");
    expect(reasonsOf(engine.reserve("e", "r3", ROUTE))).toEqual(["RATE_LIMIT"]);
  });

  test("a weight takes several at once; above the burst it never passes; a rate of 0 lets nothing pass", () => {
    const engine = engineWith({ tenant: { rps: 10, burst: 5 }, "user:off": { rps: 0 } });
    engine.register("e");
    engine.register("off", { principal: { user: "off" } });
    expect(engine.charge("e", { weight: 5n }).allowed).toBe(true);
    expect(engine.charge("e", { weight: 5n }).retryAfterMs).toBe(500);
    const never = engine.charge("e", { weight: 6n });
    expect(never).toMatchObject({ verdict: "BLOCK", retryAfterMs: undefined });
    expect(reasonsOf(never)).toEqual(["WEIGHT_ABOVE_BURST"]);
    expect(engine.charge("off", { weight: 1n }).verdict).toBe("BLOCK");
    expect(engine.charge("off", { weight: 0n }).allowed).toBe(true);
  });

  test("providers have rates of their own, beside those of the levels", () => {
    const engine = engineWith({
      "provider:openai": { rps: 1, burst: 3 },
      "provider:*": { rps: 1, burst: 5 },
    });
    engine.register("e");
    expect(passing(engine, "e", { weight: 1n, provider: "openai" })).toBe(3);
    expect(passing(engine, "e", { weight: 1n, provider: "mistral" })).toBe(5);
  });

  test("a range of addresses has one bucket in each tenant", () => {
    const engine = engineWith({
      "ip:198.51.100.0/24": { rps: 1, burst: 2 },
      "ip:198.51.100.9": { rps: 1, burst: 1 },
    });
    engine.register("e");
    expect(passing(engine, "e", ROUTE, { sourceIp: "198.51.100.1" })).toBe(2);
    expect(passing(engine, "e", ROUTE, { sourceIp: "198.51.100.2" })).toBe(0);
    expect(passing(engine, "e", ROUTE, { sourceIp: "198.51.100.9" })).toBe(1);
  });

  test("a tenant's multiplier cannot pass a baseline's rate, nor can its many routes together", () => {
    const routes = { "/a": 4, "/b": 4 };
    const set = documentsOf(
      { rates: { tenant: { rps: 100, burst: 100 } } },
      { rates: { tenant: { rps: 50, burst: 50, endpoint_multipliers: routes } } },
    );
    const engine = new Engine({ set });
    engine.register("e", { requested: { values: { max_requests: 10_000n } } });
    expect(passing(engine, "e", { weight: 1n, route: "/a" })).toBe(100);
    expect(passing(engine, "e", { weight: 1n, route: "/b" })).toBe(0);
    const other = new Engine({ set });
    other.register("e");
    expect(passing(other, "e", { weight: 1n, route: "/c" })).toBe(50);
    expect(passing(other, "e", { weight: 1n, route: "/b" })).toBe(50);
  });

  test("a shadow rate refuses nothing, and keeps its own book of what it would have let pass", () => {
    const engine = engineWith({ tenant: { rps: 1, burst: 2, mode: "shadow" } });
    engine.register("e");
    const verdicts = [1, 2, 3, 4].map(() => engine.charge("e", ROUTE));
    expect(verdicts.map((one) => one.allowed)).toEqual([true, true, true, true]);
    expect(verdicts.map((one) => one.findings.length)).toEqual([0, 0, 1, 1]);
    expect(verdicts[3]?.findings[0]).toMatchObject({ shadow: true, reason: "RATE_LIMIT" });
    expect(verdicts[3]?.retryAfterMs).toBeUndefined();
    engine.pass(1_000);
    expect(engine.charge("e", ROUTE).findings).toEqual([]);
  });

  test("a rate that is off says nothing", () => {
    const engine = engineWith({ tenant: { rps: 1, burst: 1, mode: "off" } });
    engine.register("e");
    expect(passing(engine, "e", ROUTE)).toBe(2_000);
  });
});

describe("buckets", () => {
  test("outlive a kill: what was taken stays taken, and fills while the daemon is away", async () => {
    const engine = engineWith({ tenant: { rps: 10, burst: 10 } });
    engine.register("e");
    expect(passing(engine, "e", ROUTE)).toBe(10);
    await engine.save();
    const again = engine.restarted(500, { bootId: "other", monoMs: 77 });
    expect(passing(again, "e", ROUTE)).toBe(5);
    await again.save();
    expect(passing(again.restarted(0), "e", ROUTE)).toBe(0);
  });

  test("that are full again are forgotten by the sweep", () => {
    const engine = engineWith({ "user:*": { rps: 10, burst: 10 } });
    for (let user = 0; user < 20; user++) {
      engine.register(`e${user}`, { principal: { user: `u${user}` } });
      engine.charge(`e${user}`, ROUTE);
    }
    expect(engine.world.rates.size).toBe(20);
    engine.advance(20_000);
    expect(engine.world.rates.size).toBe(0);
  });

  test("rates of principals that a request of an unregistered execution names are counted", () => {
    const engine = new Engine({
      limits: policyOf({}, { unregistered: "allow" }),
      settings: { rates: ratesOf({ "user:*": { rps: 1, burst: 1 } }) },
    });
    const who = { principal: { tenant: "t", user: "alice" } };
    expect(engine.charge("", ROUTE, who).allowed).toBe(true);
    expect(reasonsOf(engine.charge("", ROUTE, who))).toEqual(["RATE_LIMIT"]);
    expect(engine.charge("", ROUTE, { principal: { tenant: "t", user: "bob" } }).allowed).toBe(true);
  });
});
