// Formulas of limits against what they mean, for any numbers.

import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { formatUsd, MAX_COUNTER, parseUsd, percentOf } from "../../src/domain/amounts.ts";
import { counterPlace } from "../../src/engine/executions/table/columns.ts";
import { warningPoint } from "../../src/engine/limits/compiled-limits.ts";
import { judgeEveryLimit, judgeLimits } from "../../src/engine/limits/judge.ts";
import { probeIntent } from "../../src/engine/limits/probe.ts";
import { Engine, policyOf } from "../unit/engine/engine-fixture.ts";

const counter = fc.bigInt({ min: 0n, max: MAX_COUNTER });

describe("percentages", () => {
  test("the warning point is the least amount whose percentage reaches the threshold", () => {
    const limit = fc.bigInt({ min: 1n, max: MAX_COUNTER });
    fc.assert(
      fc.property(limit, fc.integer({ min: 0, max: 100 }), (value, threshold) => {
        const point = warningPoint(value, threshold);
        expect(percentOf(point, value)).toBeGreaterThanOrEqual(threshold);
        expect(point === 0n || Number(percentOf(point - 1n, value)) < threshold).toBe(true);
      }),
    );
  });

  test("a percentage is the floor of the true one as long as a number is exact, and a limit of 0 has none", () => {
    fc.assert(
      fc.property(counter, fc.bigInt({ min: 1n, max: MAX_COUNTER }), (current, limit) => {
        const exact = (current * 100n) / limit;
        const most = BigInt(Number.MAX_SAFE_INTEGER);
        expect(BigInt(percentOf(current, limit) ?? -1)).toBe(exact > most ? most : exact);
      }),
    );
    expect(percentOf(MAX_COUNTER, 1n)).toBe(Number.MAX_SAFE_INTEGER);
    expect(percentOf(5n, 0n)).toBeUndefined();
  });
});

describe("formatUsd and parseUsd", () => {
  test("what is printed is read back exactly, with 2 to 9 decimals", () => {
    fc.assert(
      fc.property(counter, (nanoUsd) => {
        const text = formatUsd(nanoUsd);
        expect(text).toMatch(/^\d+\.\d{2,9}$/);
        expect(parseUsd(text)).toBe(nanoUsd);
      }),
    );
  });

  test("what is no amount of money is refused", () => {
    for (const text of [
      "-0.01",
      "-0",
      "NaN",
      "Infinity",
      "1e400",
      "0.0000000001",
      "4611686018.427387905",
      "",
      "5 USD",
    ]) {
      expect(() => parseUsd(text), text).toThrow(RangeError);
    }
    expect(parseUsd("4611686018.427387904")).toBe(MAX_COUNTER);
    expect(parseUsd("0.000000001")).toBe(1n);
    expect(formatUsd(-1n)).toBe("-0.000000001");
  });
});

/** Whether every limit is looked at or only those that can have something to say, they say the same. */
test("limits that are quiet have nothing to say but of loops", () => {
  const step = fc.record({
    child: fc.boolean(),
    tokens: fc.bigInt({ min: 0n, max: 40n }),
    signature: fc.constantFrom("a", "b", undefined),
    waitMs: fc.constantFrom(0, 0, 5_000),
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 25 }), (steps) => {
      const limits = policyOf({
        max_steps: 12n,
        max_tokens: 300n,
        max_same_step_repetitions: 3n,
        max_tool_calls: 9n,
        max_wall_time_ms: 60_000n,
        idle_timeout_seconds: 20n,
      });
      const engine = new Engine({ limits });
      engine.register("root");
      engine.register("child", { parentId: "root" });
      for (const { child, tokens, signature, waitMs } of steps) {
        engine.pass(waitMs);
        const index = child ? 1 : 0;
        const intent = { tokens: { input: tokens }, step: { signature }, toolCalls: 1n };
        const whole = { entersDepth: false, custom: {}, weight: 1n, modifications: 0n, ...intent };
        const probe = probeIntent(whole, 0n, false, false);
        const { world, now } = engine;
        expect(judgeLimits(world, index, probe, now)).toEqual(judgeEveryLimit(world, index, probe, now));
        engine.charge(child ? "child" : "root", intent);
      }
    }),
    { numRuns: 100 },
  );
});

/** Whatever is asked, what is spent and held stays within the limits; refused calls change nothing. */
describe("admission", () => {
  const tokens = fc.integer({ min: 0, max: 60 });
  const act = fc.oneof(
    fc.record({ verb: fc.constant("charge" as const), child: fc.boolean(), tokens }),
    fc.record({ verb: fc.constant("reserve" as const), child: fc.boolean(), tokens }),
    fc.record({ verb: fc.constant("settle" as const), child: fc.boolean(), tokens }),
    fc.record({ verb: fc.constant("release" as const), child: fc.boolean(), tokens }),
  );

  test("P3: spent and held never pass a limit of an execution or its parent", () => {
    fc.assert(
      fc.property(
        fc.array(act, { maxLength: 60 }),
        fc.constantFrom("cap" as const, "floor" as const),
        (acts, carveMode) => {
          const engine = new Engine({ limits: policyOf({ max_tokens: 200n }) });
          engine.register("root");
          engine.register("child", { parentId: "root", carve: { tokens: 80n }, carveMode });
          const open = { root: [] as string[], child: [] as string[] };
          for (const [at, one] of acts.entries()) {
            const id = one.child ? "child" : "root";
            const intent = { tokens: { input: BigInt(one.tokens) } };
            const before = totals(engine);
            const held = open[id].at(-1);
            const isRefused = one.verb === "charge" && !engine.charge(id, intent).allowed;
            expect(isRefused ? totals(engine) : before).toEqual(before);
            if (one.verb === "reserve" && engine.reserve(id, `r${at}`, intent).allowed)
              open[id].push(`r${at}`);
            if (one.verb === "settle" && held !== undefined)
              engine.settle(id, open[id].pop() ?? "", { tokens: { input: 1n } });
            if (one.verb === "release" && held !== undefined) engine.release(id, open[id].pop() ?? "");
            expect(totals(engine)[0]).toBeLessThanOrEqual(200n);
          }
        },
      ),
      { numRuns: 60 },
    );
  });
});

/** Tokens spent and held at the root and at the child, from the rows. */
function totals({ world }: Engine): readonly bigint[] {
  return [0, 1].map((index) => {
    const spent =
      (world.executions.spent[counterPlace(index) + 2] as bigint) +
      (world.executions.spent[counterPlace(index) + 3] as bigint);
    const held = world.executions.held.subarray(index * 10, index * 10 + 10);
    return spent + (held[2] as bigint) + (held[3] as bigint) + (held[8] as bigint);
  });
}
