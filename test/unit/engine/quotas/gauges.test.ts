// Slots of requests, places of executions, storage.
import { describe, expect, test } from "vitest";
import { Engine, messagesOf, policyOf, reasonsOf } from "../engine-fixture.ts";
import { quotasOf, type WrittenQuotas } from "./bounds-fixture.ts";

const REQUEST = { weight: 1n };

function engineWith(quotas: { readonly [principal: string]: WrittenQuotas }): Engine {
  return new Engine({ limits: policyOf({}), settings: { quotas: quotasOf(quotas) } });
}

describe("concurrent requests", () => {
  test("a reservation holds one slot on every level; settled, released or expired it is free again", () => {
    const engine = engineWith({ tenant: { concurrent_requests: 3n }, "user:*": { concurrent_requests: 2n } });
    engine.register("a", { principal: { user: "a" } });
    engine.register("b", { principal: { user: "b" } });
    expect(engine.reserve("a", "1", { weight: 5n }).allowed).toBe(true);
    expect(engine.reserve("a", "2", REQUEST).allowed).toBe(true);
    const refused = engine.reserve("a", "3", REQUEST);
    expect(refused).toMatchObject({ verdict: "THROTTLE", allowed: false });
    expect(messagesOf(refused)).toEqual(["Concurrent request quota exceeded: 3 > 2"]);
    expect(refused.findings[0]).toMatchObject({
      sourceId: "quota_concurrent_requests",
      principal: "user:a",
      severity: "medium",
      retryable: true,
    });
    expect(engine.reserve("b", "1", REQUEST).allowed).toBe(true);
    expect(engine.check("b", REQUEST).findings.map((one) => one.principal)).toEqual(["tenant:default"]);
    expect(engine.charge("b", REQUEST).allowed).toBe(true);
    engine.settle("a", "1", {});
    expect(engine.reserve("b", "2", REQUEST).allowed).toBe(true);
    engine.release("a", "2");
    expect(engine.reserve("a", "4", REQUEST, { ttlMs: 1_000 }).allowed).toBe(true);
    engine.advance(1_000);
    expect(engine.reserve("a", "5", REQUEST).allowed).toBe(true);
  });

  test("a heartbeat keeps a slot, a hold without requests takes none, a completed execution gives its slots back", () => {
    const engine = engineWith({ tenant: { concurrent_requests: 1n } });
    engine.register("e");
    expect(engine.reserve("e", "step", { step: {}, weight: 0n }).allowed).toBe(true);
    engine.reserve("e", "r", REQUEST, { ttlMs: 1_000 });
    engine.pass(900);
    engine.extend("e", "r", 1_000);
    engine.advance(500);
    expect(engine.reserve("e", "s", REQUEST).verdict).toBe("THROTTLE");
    engine.complete("e");
    engine.register("f");
    expect(engine.reserve("f", "r", REQUEST).allowed).toBe(true);
  });

  test("slots outlive a kill with their reservations, for at least the grace of a client that comes back", async () => {
    const engine = engineWith({ tenant: { concurrent_requests: 1n } });
    engine.register("e");
    engine.reserve("e", "r", REQUEST, { ttlMs: 1_000 });
    await engine.save();
    const again = engine.restarted(500);
    expect(reasonsOf(again.reserve("e", "s", REQUEST))).toEqual(["QUOTA_CONCURRENT_REQUESTS"]);
    again.advance(31_000);
    expect(again.reserve("e", "s", REQUEST).allowed).toBe(true);
  });

  test("a shadow bound keeps its own book: only what it would have let pass stands in it", () => {
    const engine = engineWith({ tenant: { concurrent_requests: { value: 1n, mode: "shadow" } } });
    engine.register("e");
    const findings = ["1", "2", "3"].map((id) => engine.reserve("e", id, REQUEST).findings.length);
    expect(findings).toEqual([0, 1, 1]);
    engine.release("e", "2");
    expect(engine.check("e", REQUEST).findings[0]).toMatchObject({ shadow: true, verdict: "THROTTLE" });
    engine.release("e", "1");
    expect(engine.check("e", REQUEST).findings).toEqual([]);
    engine.release("e", "3");
    expect(engine.world.slots.entries()).toEqual([]);
  });
});

describe("concurrent executions", () => {
  test("are judged at registration, and free when they end or are halted", () => {
    const engine = engineWith({
      "team:*": { concurrent_executions: 2n },
      global: { concurrent_executions: 3n },
    });
    const team = { principal: { tenant: "t", team: "a" } };
    expect(engine.register("1", team).decision.allowed).toBe(true);
    expect(engine.register("2", team).decision.allowed).toBe(true);
    const refused = engine.register("3", team).decision;
    expect(refused.verdict).toBe("BLOCK");
    expect(messagesOf(refused)).toEqual(["Concurrent execution quota exceeded: 3 > 2"]);
    expect(refused.findings[0]).toMatchObject({
      sourceId: "quota_concurrent_executions",
      principal: "team:a",
      retryable: true,
      severity: "medium",
    });
    expect(engine.index("3")).toBe(-1);
    expect(engine.register("4", { principal: { tenant: "u" } }).decision.allowed).toBe(true);
    expect(engine.register("5").decision.findings[0]?.principal).toBe("global");
    expect(engine.charge("1", REQUEST).allowed).toBe(true);
    engine.complete("1");
    expect(engine.register("3", team).decision.allowed).toBe(true);
  });

  test("a shadow bound lets register and says so", () => {
    const engine = engineWith({ tenant: { concurrent_executions: { value: 1n, mode: "shadow" } } });
    expect(engine.register("1").decision.findings).toEqual([]);
    expect(engine.register("2").decision).toMatchObject({ allowed: true, verdict: "ALLOW" });
    engine.complete("2");
    expect(engine.register("3").decision.findings[0]).toMatchObject({ shadow: true });
    engine.complete("1");
    expect(engine.register("4").decision.findings).toEqual([]);
  });

  test("are counted again after a kill", async () => {
    const engine = engineWith({ tenant: { concurrent_executions: 1n } });
    engine.register("1");
    await engine.save();
    expect(engine.restarted(0).register("2").decision.allowed).toBe(false);
  });
});

describe("storage", () => {
  test("a report replaces what the principal reported before; a level is the sum of its principals", () => {
    const engine = engineWith({ tenant: { storage_gb: 3 } });
    engine.register("a", { principal: { agent: "a" } });
    engine.register("b", { principal: { agent: "b" } });
    engine.report("a", { storageBytes: 2n << 30n });
    engine.report("b", { storageBytes: 2n << 30n });
    expect(messagesOf(engine.check("a", REQUEST))).toEqual(["Storage quota exceeded: 4 > 3"]);
    engine.report("b", { storageBytes: 1n << 30n });
    expect(engine.check("a", REQUEST).allowed).toBe(true);
    engine.report("a", { storageBytes: 0n });
    engine.report("b", { storageBytes: 0n });
    expect(engine.world.storage.of("default", { level: "tenant", name: "default" })).toBe(0n);
  });
});
