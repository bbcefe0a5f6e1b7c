// Quotas under any history of charges, holds, reports and time: never overshot by what was allowed, charged once to every
// level or to none.
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { HELD_STRIDE, SPENT, SPENT_STRIDE } from "../../../src/domain/counters.ts";
import { levelsOf } from "../../../src/domain/quotas/levels.ts";
import { Engine, policyOf } from "../../unit/engine/engine-fixture.ts";
import { quotasOf } from "../../unit/engine/quotas/bounds-fixture.ts";

const LIMITS = { global: 60n, tenant: 40n, team: 30n, user: 20n, agent: 12n };
const PEOPLE = [
  { tenant: "t", team: "a", user: "u", agent: "x" },
  { tenant: "t", team: "a", user: "u", agent: "y" },
  { tenant: "t", team: "a", user: "v", agent: "x" },
  { tenant: "t", user: "w" },
  { tenant: "s", agent: "x" },
] as const;

const step = fc.oneof(
  fc.record({ kind: fc.constant("charge" as const), who: fc.nat({ max: 4 }), weight: fc.nat({ max: 15 }) }),
  fc.record({ kind: fc.constant("reserve" as const), who: fc.nat({ max: 4 }), weight: fc.nat({ max: 15 }) }),
  fc.record({ kind: fc.constant("settle" as const), hold: fc.nat({ max: 20 }), part: fc.nat({ max: 100 }) }),
  fc.record({ kind: fc.constant("release" as const), hold: fc.nat({ max: 20 }) }),
  fc.record({ kind: fc.constant("pass" as const), minutes: fc.nat({ max: 25 }) }),
);

function quotaEngine(): Engine {
  const day = (limit: bigint) => ({ requests: { hour: limit, day: limit * 3n } });
  const settings = {
    quotas: quotasOf({
      global: day(LIMITS.global),
      tenant: day(LIMITS.tenant),
      "team:*": day(LIMITS.team),
      "user:*": day(LIMITS.user),
      "agent:*": day(LIMITS.agent),
    }),
  };
  const engine = new Engine({ limits: policyOf({}), settings });
  for (const [at, principal] of PEOPLE.entries()) engine.register(`e${at}`, { principal });
  return engine;
}

/** Used and held of every window, by level, tenant, name, period and start. */
function sums(engine: Engine): Map<string, bigint> {
  const { windows } = engine;
  const found = new Map<string, bigint>();
  for (const row of windows.rows()) {
    const text = windows.texts[row];
    const used = windows.spent[row * SPENT_STRIDE + SPENT.requests] as bigint;
    const held = windows.held[row * HELD_STRIDE + SPENT.requests] as bigint;
    found.set(`${text?.level} ${text?.tenant} ${text?.name} ${text?.period} ${text?.startMs}`, used + held);
  }
  return found;
}

function run(engine: Engine, steps: readonly (typeof step extends fc.Arbitrary<infer T> ? T : never)[]) {
  const holds: { readonly id: string; readonly reservation: string; readonly weight: bigint }[] = [];
  for (const [at, one] of steps.entries()) {
    if (one.kind === "pass") engine.advance(one.minutes * 60_000);
    else if (one.kind === "charge") attempt(engine, one.who, one.weight, undefined);
    else if (one.kind === "reserve") {
      const reservation = `r${at}`;
      if (attempt(engine, one.who, one.weight, reservation))
        holds.push({ id: `e${one.who}`, reservation, weight: BigInt(one.weight) });
    } else {
      const hold = holds[one.hold];
      if (hold === undefined) continue;
      holds.splice(one.hold, 1);
      if (one.kind === "release") engine.release(hold.id, hold.reservation);
      else engine.settle(hold.id, hold.reservation, { requests: (hold.weight * BigInt(one.part)) / 100n });
    }
    assertWithin(engine);
  }
}

/** What was allowed is in every window of every level of its principal, what was refused in none. */
function attempt(engine: Engine, who: number, weight: number, reservation: string | undefined): boolean {
  const principal = PEOPLE[who] as (typeof PEOPLE)[number];
  const before = sums(engine);
  const intent = { weight: BigInt(weight) };
  const { allowed } =
    reservation === undefined
      ? engine.charge(`e${who}`, intent)
      : engine.reserve(`e${who}`, reservation, intent, { ttlMs: 3_600_000 });
  const after = sums(engine);
  let grown = 0;
  for (const [key, sum] of after) {
    const change = sum - (before.get(key) ?? 0n);
    expect(change === 0n || (allowed && change === BigInt(weight)), key).toBe(true);
    if (change !== 0n) grown++;
  }
  expect(grown).toBe(allowed && weight > 0 ? levelsOf(principal, false).length * 3 : 0);
  return allowed;
}

function assertWithin(engine: Engine): void {
  for (const [key, sum] of sums(engine)) {
    const [level, , , period] = key.split(" ");
    const limit = LIMITS[level as keyof typeof LIMITS] * (period === "day" ? 3n : 1n);
    expect(period === "month" || sum <= limit, key).toBe(true);
  }
}

describe("quotas", () => {
  test("P3: used and held stay within every window of every level, and every request is taken whole or not at all", () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        run(quotaEngine(), steps);
      }),
      { numRuns: 60 },
    );
  });

  test("P2: a kill between any two steps changes nothing that was saved", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(step, { maxLength: 15 }),
        fc.array(step, { maxLength: 10 }),
        async (early, late) => {
          const engine = quotaEngine();
          run(engine, early);
          const saved = sums(engine);
          await engine.save();
          const again = engine.restarted(0);
          expect([...sums(again)].toSorted()).toEqual([...saved].toSorted());
          for (const one of late) if (one.kind === "charge") attempt(again, one.who, one.weight, undefined);
          assertWithin(again);
        },
      ),
      { numRuns: 30 },
    );
  });
});
