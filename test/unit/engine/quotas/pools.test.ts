// One budget shared by principals.
import { describe, expect, test } from "vitest";
import { HOUR_MS } from "../../../../src/domain/time.ts";
import { dividePool, MILLION } from "../../../../src/engine/pools/divide-pool.ts";
import type { Pool } from "../../../../src/engine/pools/pool-table.ts";
import { Engine, policyOf, USD } from "../engine-fixture.ts";
import { documentsOf } from "./bounds-fixture.ts";
import { quotaMessages } from "./quotas-fixture.ts";

const NONE = 1n << 62n;
const claim = (weight: number, floor = 0n, ceiling = NONE, demand = NONE) => ({
  weight: BigInt(weight) * MILLION,
  floor,
  ceiling,
  demand,
});

describe("dividePool", () => {
  test.each<[string, readonly ReturnType<typeof claim>[], readonly bigint[]]>([
    ["by weight", [claim(1), claim(3)], [25n, 75n]],
    ["within max: the rest flows to the others", [claim(1, 0n, 10n), claim(1), claim(1)], [10n, 45n, 45n]],
    ["within min", [claim(1, 40n), claim(1), claim(1)], [40n, 30n, 30n]],
    ["what one does not need to those who do", [claim(1, 0n, NONE, 5n), claim(1, 0n, NONE, 95n)], [5n, 95n]],
    ["what nobody needs by weight", [claim(1, 0n, NONE, 10n), claim(1, 0n, NONE, 10n)], [50n, 50n]],
    ["never below what is taken", [claim(1, 90n), claim(9, 5n)], [90n, 10n]],
  ])("divides %s", (_name, claims, shares) => {
    expect(dividePool(100n, claims)).toEqual(shares);
  });
});

type Written = Partial<Omit<Pool, "members">> & { readonly members: object };

function engineWith(pool: Written): Engine {
  const settings = {
    pools: [{ id: "llm", usd: USD, window: "day", recompute: "window", mode: "enforce", ...pool } as Pool],
  };
  const engine = new Engine({ limits: policyOf({}), settings });
  for (const user of ["ann", "bob"]) engine.register(user, { principal: { user } });
  return engine;
}

const TWO = { members: { "user:ann": { weight: 1 }, "user:bob": { weight: 3 } } };
const CENT = USD / 100n;
const cost = (cents: bigint) => ({ weight: 0n, costNanoUsd: cents * CENT });

describe("pools", () => {
  test("a share is a quota of money like any other", () => {
    const engine = engineWith(TWO);
    expect(engine.charge("ann", cost(25n)).allowed).toBe(true);
    const refused = engine.charge("ann", cost(1n));
    expect(quotaMessages(refused)).toEqual(["Daily cost limit exceeded: 0.26 > 0.25"]);
    expect(refused.findings[0]).toMatchObject({
      sourceId: "cost_limit_day",
      principal: "user:ann",
      setting: 'pools["llm"]',
    });
    expect(engine.charge("bob", cost(75n)).allowed).toBe(true);
    engine.pass(24 * HOUR_MS);
    expect(engine.charge("ann", cost(25n)).allowed).toBe(true);
  });

  test("an hourly recomputation moves what one leaves to the other, and never what is taken", () => {
    const engine = engineWith({ ...TWO, recompute: "hour" });
    engine.charge("ann", cost(20n));
    engine.reserve("ann", "r", cost(5n), { ttlMs: HOUR_MS });
    expect(engine.check("ann", cost(1n)).allowed).toBe(false);
    engine.pass(HOUR_MS);
    // Ann goes on at 25 an hour, Bob used nothing: what he does not need is hers, but for what the weights give of the rest.
    expect(engine.check("ann", cost(70n)).allowed).toBe(true);
    expect(engine.check("bob", cost(75n)).allowed).toBe(false);
  });

  test("the shares of all members are together no more than the pool, whatever they do", () => {
    const engine = engineWith({ ...TWO, recompute: "hour" });
    let spent = 0n;
    for (let hour = 0; hour < 11; hour++) {
      for (const user of ["ann", "bob"])
        for (let again = 0; again < 40; again++) if (engine.charge(user, cost(1n)).allowed) spent++;
      engine.pass(HOUR_MS);
    }
    expect(spent <= 100n).toBe(true);
    expect(spent >= 95n).toBe(true);
  });

  test("true usage above a share is counted; the others keep what they took", () => {
    const engine = engineWith({ ...TWO, recompute: "hour" });
    engine.charge("bob", cost(50n));
    engine.report("ann", { costNanoUsd: 90n * CENT });
    engine.pass(HOUR_MS);
    expect(engine.check("ann", cost(1n)).allowed).toBe(false);
    expect(engine.check("bob", cost(1n)).allowed).toBe(false);
    expect(engine.check("bob", cost(0n)).allowed).toBe(true);
  });

  test("a pool is divided once for all labels of its tenant", () => {
    const members = { "user:ann": {}, "user:bob": {} };
    const overrides = [{ match: { stage: "*" }, set: { execution: { max_steps: 5 } } }];
    const engine = new Engine({
      set: documentsOf({}, { pools: [{ id: "llm", usd: 1, members }], overrides }),
    });
    engine.register("ann", { principal: { user: "ann" } });
    engine.register("bob", { principal: { user: "bob" }, labels: { stage: "test" } });
    engine.charge("ann", cost(1n));
    const { version } = engine.world.pools;
    for (const user of ["bob", "ann", "bob", "ann"]) engine.charge(user, cost(1n));
    expect(engine.world.pools.version).toBe(version);
  });

  test("min and max bound a share; documents declare pools", () => {
    const members = { "user:ann": { min: 60 }, "user:bob": { weight: 9, max: 30 } };
    const set = documentsOf({ pools: [{ id: "llm", usd: 100, window: "month", members }] });
    const engine = new Engine({ set });
    for (const user of ["ann", "bob"])
      engine.register(user, { principal: { user }, requested: { values: { max_cost_usd: 10_000n * USD } } });
    engine.report("ann", { costNanoUsd: 70n * USD });
    engine.report("bob", { costNanoUsd: 30n * USD });
    expect(quotaMessages(engine.check("ann", { weight: 0n, costNanoUsd: 1n }))).toEqual([
      "Monthly cost limit exceeded: 70.000000001 > 70.00",
    ]);
    expect(quotaMessages(engine.check("bob", { weight: 0n, costNanoUsd: 1n }))).toEqual([
      "Monthly cost limit exceeded: 30.000000001 > 30.00",
    ]);
  });
});
