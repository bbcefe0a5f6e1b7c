// Carve arithmetic: where in a tree a unit is spent makes no difference at its root.
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Engine, policyOf } from "../unit/engine/engine-fixture.ts";

const DEPTH = 4;

interface Tree {
  /** Carve of each execution below the root, in steps; 0 = none. */
  readonly carves: readonly number[];
  readonly modes: readonly ("cap" | "floor")[];
}

const tree: fc.Arbitrary<Tree> = fc.record({
  carves: fc.array(fc.integer({ min: 0, max: 12 }), { minLength: DEPTH - 1, maxLength: DEPTH - 1 }),
  modes: fc.array(fc.constantFrom("cap" as const, "floor" as const), {
    minLength: DEPTH - 1,
    maxLength: DEPTH - 1,
  }),
});
const places = fc.array(
  fc.record({ level: fc.integer({ min: 0, max: DEPTH - 1 }), steps: fc.integer({ min: 0, max: 4 }) }),
  { maxLength: 20 },
);

/** A chain of executions e0 ← e1 ← e2 ← e3; a carve that is not to be had is left out. */
function build({ carves, modes }: Tree): Engine {
  const engine = new Engine({ limits: policyOf({ max_steps: { value: 20n, onExceed: "block" } }) });
  engine.register("e0");
  for (let level = 1; level < DEPTH; level++) {
    const parentId = `e${level - 1}`;
    const steps = BigInt(carves[level - 1] ?? 0);
    const carve = { parentId, carve: { steps }, carveMode: modes[level - 1] ?? "cap" } as const;
    if (steps === 0n || engine.register(`e${level}`, carve).index < 0)
      engine.register(`e${level}`, { parentId });
  }
  return engine;
}

function held(engine: Engine, level: number): bigint {
  return engine.world.executions.held[engine.index(`e${level}`) * 10] as bigint;
}

function carveHeld(engine: Engine, level: number): bigint {
  return engine.world.executions.record(engine.index(`e${level}`)).carve?.held[0] ?? 0n;
}

describe("carves", () => {
  test("held at every level is what the carves below it still hold, whatever was used where", () => {
    fc.assert(
      fc.property(tree, places, (shape, used) => {
        const engine = build(shape);
        for (const { level, steps } of used) {
          engine.report(`e${level}`, { steps: BigInt(steps) });
          for (let at = 0; at < DEPTH; at++) {
            let below = 0n;
            for (let child = at + 1; child < DEPTH; child++) below += carveHeld(engine, child);
            expect(held(engine, at)).toBe(below);
          }
        }
      }),
    );
  });

  test("spent and held at the root are the same whether a unit inside a carve is spent at its child or below", () => {
    const inside = fc.integer({ min: 1, max: 4 });
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 0, max: 2 }), { minLength: 1, maxLength: 8 }),
        inside,
        (order, steps) => {
          const sums = [1, 2, 3].map((level) => {
            const engine = build({ carves: [12, 0, 0], modes: ["floor", "cap", "cap"] });
            for (const shift of order)
              engine.report(`e${((level + shift - 1) % 3) + 1}`, { steps: BigInt(steps) });
            return engine.snapshot("e0").steps + held(engine, 0);
          });
          expect(new Set(sums).size).toBe(1);
        },
      ),
    );
  });

  test("holds in carves leave no trace when they are released, and ends give everything back", () => {
    fc.assert(
      fc.property(
        tree,
        fc.array(fc.integer({ min: 0, max: DEPTH - 1 }), { maxLength: 12 }),
        (shape, levels) => {
          const engine = build(shape);
          const before = [0, 1, 2, 3].map((level) => [held(engine, level), carveHeld(engine, level)]);
          const made = levels.filter(
            (level, at) => engine.reserve(`e${level}`, `r${at}`, { step: {} }).allowed || level < 0,
          );
          for (const [at, level] of levels.entries()) {
            if (made.length === 0) break;
            try {
              engine.release(`e${level}`, `r${at}`);
            } catch (thrown) {
              if (!String(thrown).includes("has no reservation")) throw thrown;
            }
          }
          expect([0, 1, 2, 3].map((level) => [held(engine, level), carveHeld(engine, level)])).toEqual(
            before,
          );
          engine.complete("e1");
          expect(held(engine, 0)).toBe(0n);
        },
      ),
    );
  });
});
