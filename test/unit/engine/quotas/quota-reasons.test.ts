import { describe, expect, test } from "vitest";
import { TollgateError } from "../../../../src/domain/errors.ts";
import { MAX_ADJUSTMENTS } from "../../../../src/engine/adjustments/adjustment-table.ts";
import { putOverride, removeAdjustment } from "../../../../src/engine/adjustments/overrides.ts";
import { MAX_BUCKETS, NO_ROW } from "../../../../src/engine/rates/rate-table.ts";
import { Engine, firstOf, policyOf, reasonsOf } from "../engine-fixture.ts";
import { engineWith, ROUTE } from "../rates/rates-fixture.ts";
import { documentsOf, quotasOf } from "./bounds-fixture.ts";

const MIB_MILLIS_PER_GIB_HOUR = 1_024n * 3_600_000n;

function tenantWith(quotas: object): Engine {
  const execution = { max_wall_time_ms: 1_000_000_000_000 };
  return new Engine({
    set: documentsOf({}, { execution, long_running: "disabled", quotas: { tenant: quotas } }),
  });
}

function refusalOf(act: () => unknown): unknown {
  try {
    act();
  } catch (error) {
    if (error instanceof TollgateError) return error.reason;
    throw error;
  }
  return undefined;
}

describe("quotas", () => {
  test("QUOTA_MEMORY: memory-time that was reported is full at its quota and refuses above it", () => {
    const engine = tenantWith({ memory_gb_hours: { day: 2 } });
    engine.register("e");
    engine.report("e", { memoryMibMillis: 2n * MIB_MILLIS_PER_GIB_HOUR });
    expect(engine.check("e", { weight: 1n }).allowed).toBe(true);
    engine.report("e", { memoryMibMillis: 1n });
    expect(firstOf(engine.check("e", { weight: 1n }))).toMatchObject({
      verdict: "BLOCK",
      reason: "QUOTA_MEMORY",
    });
  });

  test("QUOTA_CONCURRENT_EXECUTIONS: the last place is given, the next registration waits for one", () => {
    const engine = tenantWith({ concurrent_executions: 2 });
    for (const id of ["a", "b"]) expect(engine.register(id).decision.allowed).toBe(true);
    expect(reasonsOf(engine.register("c").decision)).toEqual(["QUOTA_CONCURRENT_EXECUTIONS"]);
    engine.complete("a");
    expect(engine.register("c").decision.allowed).toBe(true);
  });

  test("QUOTA_NEAR: told once above 75 % and once above 90 %", () => {
    const engine = tenantWith({ requests: { hour: 100 } });
    engine.register("e");
    const told = (): readonly string[] =>
      engine
        .events("e")
        .flatMap(({ type, finding }) =>
          type === "QUOTA_ALERT" ? [`${finding?.reason} ${finding?.severity}`] : [],
        );
    engine.report("e", { requests: 75n });
    engine.settleDue();
    expect(told()).toEqual([]);
    engine.report("e", { requests: 1n });
    engine.settleDue();
    engine.report("e", { requests: 1n });
    engine.settleDue();
    expect(told()).toEqual(["QUOTA_NEAR medium"]);
    engine.report("e", { requests: 14n });
    engine.settleDue();
    expect(told()).toEqual(["QUOTA_NEAR medium", "QUOTA_NEAR high"]);
  });
});

describe("P10: what is remembered of principals", () => {
  test("RATE_BUCKETS_FULL: with as many buckets as may be, a new one waits; one that is full again makes room", () => {
    const engine = engineWith({ "user:*": { rps: 1, burst: 1 } });
    const { rates, rows } = engine.world;
    for (let at = 0; at < MAX_BUCKETS; at++) {
      const row = rates.open(`k${at}`, engine.monoMs, rows.rates, rows.rateTexts);
      expect(row).not.toBe(NO_ROW);
      rates.instants[row] = engine.monoMs + 60_000;
    }
    engine.register("bob", { principal: { user: "bob" } });
    expect(reasonsOf(engine.charge("bob", ROUTE))).toEqual(["RATE_BUCKETS_FULL"]);
    engine.pass(60_001);
    expect(engine.charge("bob", ROUTE).allowed).toBe(true);
  });

  test("OVERRIDES_FULL: one more is refused, one in the place of another is taken", () => {
    const engine = new Engine({ limits: policyOf({}), settings: { quotas: quotasOf({}) } });
    const put = (user: number) =>
      putOverride(
        engine.world,
        {
          tenant: "default",
          principal: `user:u${user}`,
          target: "requests.hour",
          value: 1n,
          untilMs: engine.wallMs + 60_000,
          by: "root",
        },
        engine.now,
      );
    for (let user = 0; user < MAX_ADJUSTMENTS; user++) put(user);
    expect(refusalOf(() => put(MAX_ADJUSTMENTS))).toBe("OVERRIDES_FULL");
    expect(refusalOf(() => put(0))).toBeUndefined();
    const request = {
      tenant: "default",
      principal: "user:u0",
      target: "requests.hour",
      cause: "override",
      by: "root",
    } as const;
    expect(refusalOf(() => removeAdjustment(engine.world, request, engine.now))).toBeUndefined();
    expect(refusalOf(() => removeAdjustment(engine.world, request, engine.now))).toBe("OVERRIDE_NOT_FOUND");
    expect(refusalOf(() => put(MAX_ADJUSTMENTS))).toBeUndefined();
  });
});
