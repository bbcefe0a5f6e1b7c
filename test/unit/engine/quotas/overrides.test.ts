// Values that an operator gives one principal until an instant.
import { describe, expect, test } from "vitest";
import { HOUR_MS } from "../../../../src/domain/time.ts";
import {
  listAdjustments,
  type OverrideRequest,
  putOverride,
  removeAdjustment,
} from "../../../../src/engine/adjustments/overrides.ts";
import { Engine, messagesOf, policyOf, reasonsOf } from "../engine-fixture.ts";
import { documentsOf, quotasOf, ratesOf, type WrittenQuotas } from "./bounds-fixture.ts";

const REQUEST = { weight: 1n };

function engineWith(quotas: { readonly [principal: string]: WrittenQuotas }): Engine {
  const engine = new Engine({ limits: policyOf({}), settings: { quotas: quotasOf(quotas) } });
  engine.register("bob", { principal: { user: "bob" } });
  return engine;
}

function put(engine: Engine, fields: Partial<OverrideRequest>) {
  const request: OverrideRequest = {
    tenant: "default",
    principal: "user:bob",
    target: "requests.hour",
    untilMs: engine.wallMs + 60_000,
    by: "root",
    ...fields,
  };
  return putOverride(engine.world, request, engine.now);
}

describe("putOverride", () => {
  test("is live at once for its principal alone, and ends by itself", () => {
    const engine = engineWith({ "user:*": { requests: { hour: 5n } }, tenant: { requests: { hour: 50n } } });
    engine.register("eve", { principal: { user: "eve" } });
    expect(engine.check("bob", { weight: 6n }).allowed).toBe(false);
    put(engine, { value: 20n });
    expect(engine.check("bob", { weight: 20n }).allowed).toBe(true);
    expect(engine.check("bob", { weight: 21n }).findings[0]).toMatchObject({ setting: "override" });
    expect(engine.check("eve", { weight: 6n }).allowed).toBe(false);
    put(engine, { value: 2n });
    expect(messagesOf(engine.check("bob", { weight: 3n }))).toEqual(["Hourly request quota exceeded: 3 > 2"]);
    engine.pass(60_000);
    expect(engine.check("bob", { weight: 5n }).allowed).toBe(true);
    expect(listAdjustments(engine.world, "default", engine.now)).toEqual([]);
  });

  test("bounds what has no quota, and slots, custom counters and storage as well", () => {
    const engine = engineWith({});
    put(engine, { target: "concurrent_requests", value: 1n });
    put(engine, { target: "custom.pages.day", value: 1n });
    put(engine, { target: "storage_gb", value: 1.5 });
    expect(engine.reserve("bob", "1", REQUEST).allowed).toBe(true);
    expect(engine.reserve("bob", "2", REQUEST).verdict).toBe("THROTTLE");
    engine.report("bob", { storageBytes: 2n << 30n });
    expect(messagesOf(engine.check("bob", { weight: 0n }))).toEqual(["Storage quota exceeded: 2 > 1.5"]);
  });

  test("never goes beyond the tenant's own values: not the tenant's quota, not a ceiling of the platform", () => {
    const set = documentsOf(
      { quotas: { "user:*": { tokens: { hour: { default: 5, max: 30 } } } } },
      { quotas: { tenant: { requests: { hour: 50 } }, "user:*": { requests: { hour: 5 } } } },
    );
    const engine = new Engine({ set });
    engine.register("bob", { principal: { user: "bob" } });
    expect(() => put(engine, { value: 51n })).toThrow("value 51 is above 50, the tenant's own");
    expect(() => put(engine, { principal: "tenant", value: 51n })).toThrow("above 50");
    expect(() => put(engine, { target: "tokens.hour", value: 31n })).toThrow("above 30");
    put(engine, { target: "tokens.hour", value: 30n });
    put(engine, { principal: "tenant", value: 10n });
    expect(engine.check("bob", { tokens: { input: 30n } }).allowed).toBe(true);
    expect(engine.check("bob", { weight: 0n, tokens: { input: 31n } }).allowed).toBe(false);
    put(engine, { value: 50n });
    expect(engine.check("bob", { weight: 11n }).findings.map((one) => one.principal)).toEqual([
      "tenant:default",
    ]);
  });

  test("gives a rate another speed; the tenant's own cannot be raised", () => {
    const rates = ratesOf({ tenant: { rps: 10, burst: 20 }, "user:*": { rps: 1, burst: 1 } });
    const engine = new Engine({ limits: policyOf({}), settings: { rates } });
    engine.register("bob", { principal: { user: "bob" } });
    expect(engine.charge("bob", { weight: 2n }).allowed).toBe(false);
    put(engine, { target: "rate", rate: { rps: 5, burst: 6 } });
    expect(engine.charge("bob", { weight: 6n }).allowed).toBe(true);
    expect(engine.charge("bob", REQUEST).retryAfterMs).toBe(200);
    expect(() => put(engine, { principal: "tenant", target: "rate", rate: { rps: 11, burst: 20 } })).toThrow(
      "rate.rps 11 is above 10",
    );
    put(engine, { principal: "tenant", target: "rate", rate: { rps: 1, burst: 1 } });
    engine.pass(10_000);
    expect(reasonsOf(engine.charge("bob", { weight: 2n }))).toEqual(["WEIGHT_ABOVE_BURST"]);
  });

  test.each<[Partial<OverrideRequest>, string]>([
    [{ principal: "user:*", value: 1n }, "principal"],
    [{ principal: "user", value: 1n }, "principal"],
    [{ principal: "global", value: 1n }, "principal"],
    [{ target: "requests", value: 1n }, "target"],
    [{ target: "requests.year", value: 1n }, "target"],
    [{ target: "unknown.hour", value: 1n }, "target"],
    [{}, "value"],
    [{ value: -1n }, "value"],
    [{ target: "rate" }, "rate"],
    [{ value: 1n, untilMs: 1 }, "until"],
  ])("%o is refused, naming %s", (fields, field) => {
    expect(() => put(engineWith({}), fields)).toThrow(new RegExp(`^${field}`));
  });

  test("is kept over a kill, audited, listed and taken back", async () => {
    const engine = engineWith({});
    put(engine, { value: 1n, untilMs: engine.wallMs + HOUR_MS });
    put(engine, { value: 2n, untilMs: engine.wallMs + HOUR_MS });
    await engine.save();
    const again = engine.restarted(1_000);
    expect(listAdjustments(again.world, "default", again.now)).toMatchObject([
      { level: "user", name: "bob", target: "requests.hour", value: 2n, cause: "override", by: "root" },
    ]);
    expect(again.check("bob", { weight: 3n }).allowed).toBe(false);
    const taken = { tenant: "default", principal: "user:bob", target: "requests.hour", by: "root" };
    removeAdjustment(again.world, { ...taken, cause: "override" }, again.now);
    expect(again.check("bob", { weight: 3n }).allowed).toBe(true);
    expect(() => removeAdjustment(again.world, { ...taken, cause: "override" }, again.now)).toThrow("has no");
    await again.save();
    const audited = [...(again.volume.appends[1]?.values() ?? [])].map((row) => JSON.stringify(row));
    expect(audited).toHaveLength(3);
    expect(audited[1]).toContain("put_override");
  });
});
