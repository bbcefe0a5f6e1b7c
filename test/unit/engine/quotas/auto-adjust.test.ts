// Quotas that follow their load.
import { describe, expect, test } from "vitest";
import { HOUR_MS } from "../../../../src/domain/time.ts";
import { listAdjustments, removeAdjustment } from "../../../../src/engine/adjustments/overrides.ts";
import { recommendQuota } from "../../../../src/engine/adjustments/recommend.ts";
import type { Effect } from "../../../../src/engine/world.ts";
import { Engine } from "../engine-fixture.ts";
import { documentsOf } from "./bounds-fixture.ts";

describe("recommendQuota", () => {
  test.each<[string, readonly bigint[], bigint | undefined]>([
    ["nothing without any past", [], undefined],
    ["nothing where nothing was used", [0n, 0n], undefined],
    ["all of one window but a percent", [100n], 99n],
    ["what refuses at most a percent of all", [100n, 100n, 100n, 10n], 99n],
    ["no more than a single peak needs", [1000n, 1000n, 1010n], 994n],
  ])("names %s", (_name, past, value) => {
    expect(recommendQuota(past)).toBe(value);
  });
});

function engineWith(auto_adjust: object, baseline: object = {}): Engine {
  const quotas = { tenant: { requests: { hour: { value: 100, auto_adjust } } } };
  const execution = { max_wall_time_ms: 1_000_000_000_000 };
  const set = documentsOf(baseline as never, { execution, long_running: "disabled", quotas });
  const engine = new Engine({ set });
  engine.register("e");
  return engine;
}

/** The largest request that passes now. */
function quotaOf(engine: Engine): bigint {
  let allowed = 0n;
  for (let weight = 1n; weight <= 1_000n; weight++)
    if (engine.check("e", { weight }).allowed) allowed = weight;
  return allowed;
}

/** One hour in which so many requests were made, and the first look of the next. */
function hour(engine: Engine, requests: bigint): void {
  engine.charge("e", { weight: requests });
  engine.pass(HOUR_MS);
}

const changes = (engine: Engine): readonly Effect[] =>
  engine.world.effects.filter((effect) => effect.type === "quota_adjusted");

describe("auto_adjust", () => {
  const FOLLOWS = { mode: "apply", floor: 20, ceiling: 200, step: 30, every: "1 h" };

  test("moves towards the load by at most a step, and stays within floor and ceiling", () => {
    const engine = engineWith(FOLLOWS);
    hour(engine, 10n);
    expect(quotaOf(engine)).toBe(70n);
    hour(engine, 10n);
    expect(quotaOf(engine)).toBe(40n);
    hour(engine, 10n);
    hour(engine, 10n);
    expect(quotaOf(engine)).toBe(20n);
  });

  test("grows with what was refused, never above its ceiling nor above a tier's", () => {
    const engine = engineWith(FOLLOWS);
    hour(engine, 500n);
    expect(quotaOf(engine)).toBe(130n);
    for (let again = 0; again < 5; again++) hour(engine, 500n);
    expect(quotaOf(engine)).toBe(200n);
    const baseline = { quotas: { tenant: { requests: { hour: { default: 100, max: 150 } } } } };
    const bounded = engineWith(FOLLOWS, baseline);
    for (let again = 0; again < 5; again++) hour(bounded, 500n);
    expect(quotaOf(bounded)).toBe(150n);
  });

  test("suggest changes nothing and says what it would", () => {
    const engine = engineWith({ ...FOLLOWS, mode: "suggest" });
    hour(engine, 10n);
    expect(quotaOf(engine)).toBe(100n);
    expect(changes(engine)).toMatchObject([
      { target: "tenant:default requests.hour", before: 100n, after: 70n, applied: false },
    ]);
    expect(listAdjustments(engine.world, "default", engine.now)).toEqual([]);
  });

  test("is looked at every so often, kept over a kill, and stops when it is taken back", async () => {
    const engine = engineWith(FOLLOWS);
    hour(engine, 10n);
    expect(quotaOf(engine)).toBe(70n);
    engine.pass(HOUR_MS / 2);
    expect(quotaOf(engine)).toBe(70n);
    await engine.save();
    const again = engine.restarted(0);
    expect(quotaOf(again)).toBe(70n);
    const taken = {
      tenant: "default",
      principal: "tenant",
      target: "requests.hour",
      by: "root",
      cause: "auto_adjust",
    } as const;
    removeAdjustment(again.world, taken, again.now);
    hour(again, 10n);
    expect(quotaOf(again)).toBe(100n);
    hour(again, 10n);
    expect(quotaOf(again)).toBe(100n);
    removeAdjustment(again.world, taken, again.now);
    again.pass(HOUR_MS);
    expect(quotaOf(again)).toBe(70n);
  });

  test("without floor and ceiling it is neither lowered nor raised", () => {
    const engine = engineWith({ mode: "apply", every: "1 h" });
    hour(engine, 10n);
    expect(quotaOf(engine)).toBe(100n);
  });
});

describe("auto_adjust of a rate", () => {
  function follow(mode: string): Engine {
    const auto_adjust = { mode, floor: 5, ceiling: 50, step: 10, every: "60 s" };
    const engine = new Engine({
      set: documentsOf(
        {},
        { rates: { tenant: { rps: 20, burst: 40, auto_adjust } }, long_running: "disabled" },
      ),
    });
    engine.register("e", { requested: { values: { max_requests: 1_000_000n } } });
    return engine;
  }

  /** One minute of so many requests a second. */
  function minute(engine: Engine, perSecond: number): void {
    for (let second = 0; second < 60; second++) {
      for (let again = 0; again < perSecond; again++) engine.charge("e", { weight: 1n });
      engine.pass(1_000);
    }
    engine.charge("e", { weight: 1n });
  }

  const burst = (engine: Engine): number => {
    let most = 0;
    engine.pass(20_000);
    for (let weight = 1; weight <= 200; weight++)
      if (engine.check("e", { weight: BigInt(weight) }).allowed) most = weight;
    return most;
  };

  test("follows what is wanted in a second, refused or not, by a step, within its bounds", () => {
    const engine = follow("apply");
    minute(engine, 45);
    expect(burst(engine)).toBe(60);
    minute(engine, 100);
    minute(engine, 100);
    minute(engine, 100);
    expect(burst(engine)).toBe(100);
    const quiet = follow("apply");
    minute(quiet, 2);
    expect(burst(quiet)).toBe(20);
    minute(quiet, 2);
    expect(burst(quiet)).toBe(10);
  });

  test("suggest changes nothing", () => {
    const engine = follow("suggest");
    minute(engine, 45);
    expect(burst(engine)).toBe(40);
    expect(changes(engine)).toMatchObject([{ target: "tenant:default rate", before: 20n, after: 30n }]);
  });
});
