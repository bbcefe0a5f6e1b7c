// Rates of the file, asked of the engine.
import { describe, expect, test } from "vitest";
import type { RequestedPrincipal } from "../../../../src/domain/execution.ts";
import type { PlatformRates } from "../../../../src/engine/rates/rate-settings.ts";
import { type AskFields, Engine, type IntentFields, policyOf, reasonsOf } from "../engine-fixture.ts";
import { QUOTAS_FILE, ratesOf } from "../quotas/bounds-fixture.ts";
import { engineWith, passing, ROUTE } from "./rates-fixture.ts";

const FILE: PlatformRates = { file: QUOTAS_FILE, fallback: { rps: 20, burst: 40 } };
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
