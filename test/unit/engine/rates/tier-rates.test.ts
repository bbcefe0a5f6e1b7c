// Rates of the tiers, asked of the engine.
import { describe, expect, test } from "vitest";
import { Engine, reasonsOf } from "../engine-fixture.ts";
import { documentsOf } from "../quotas/bounds-fixture.ts";
import { engineWith, passing, ROUTE } from "./rates-fixture.ts";

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
