// Room of quotas (src/engine/quotas/quota-room.ts) only saves work: an engine that measures before every step says the same.
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { Engine, policyOf } from "../../unit/engine/engine-fixture.ts";
import { quotasOf } from "../../unit/engine/quotas/bounds-fixture.ts";

const PEOPLE = [
  { tenant: "t", user: "u", agent: "x" },
  { tenant: "t", user: "v", agent: "x" },
  { tenant: "t", user: "v", agent: "y" },
  { tenant: "s", user: "u" },
] as const;

const who = fc.nat({ max: PEOPLE.length - 1 });
const weight = fc.nat({ max: 12 });
const tokens = fc.nat({ max: 60 });
const step = fc.oneof(
  fc.record({ kind: fc.constant("charge" as const), who, weight, tokens }),
  fc.record({ kind: fc.constant("check" as const), who, weight, tokens }),
  fc.record({ kind: fc.constant("report" as const), who, weight, tokens }),
  fc.record({ kind: fc.constant("reserve" as const), who, weight, tokens }),
  fc.record({ kind: fc.constant("settle" as const), hold: fc.nat({ max: 9 }), weight, tokens }),
  fc.record({ kind: fc.constant("release" as const), hold: fc.nat({ max: 9 }) }),
  fc.record({ kind: fc.constant("pass" as const), minutes: fc.nat({ max: 50 }) }),
);
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

function createEngine(shadow: boolean): Engine {
  const mode = shadow ? ({ mode: "shadow" } as const) : {};
  const settings = {
    quotas: quotasOf({
      tenant: { requests: { hour: { value: 40n, ...mode }, day: 90n }, tokens: { hour: 300n, day: 700n } },
      "user:*": { requests: { hour: 25n }, input_tokens: { hour: 160n, ...mode } },
      "agent:x": { output_tokens: { hour: 90n }, requests: { day: 50n } },
    }),
  };
  const engine = new Engine({ limits: policyOf({}), settings });
  for (const [at, principal] of PEOPLE.entries()) engine.register(`e${at}`, { principal });
  return engine;
}

/** Everything that anybody is told, step by step. */
function run(engine: Engine, steps: readonly Step[], before: (engine: Engine) => void): unknown[] {
  const told: unknown[] = [];
  const holds: { readonly id: string; readonly name: string }[] = [];
  for (const [at, one] of steps.entries()) {
    before(engine);
    told.push(take(engine, one, `r${at}`, holds));
    told.push(
      PEOPLE.map((_, person) => engine.events(`e${person}`).map(({ type, message }) => [type, message])),
    );
  }
  return told;
}

function take(
  engine: Engine,
  one: Step,
  name: string,
  holds: { readonly id: string; readonly name: string }[],
): unknown {
  if (one.kind === "pass") return engine.advance(one.minutes * 60_000);
  if (one.kind === "settle" || one.kind === "release") {
    const hold = holds[one.hold];
    if (hold === undefined) return undefined;
    holds.splice(one.hold, 1);
    if (one.kind === "release") return engine.release(hold.id, hold.name);
    return engine.settle(hold.id, hold.name, usageOf(one)).decision.findings;
  }
  const id = `e${one.who}`;
  const intent = { weight: BigInt(one.weight), tokens: usageOf(one).tokens };
  if (one.kind === "report")
    return engine
      .report(id, usageOf(one), { wantDecision: false })
      .decisions.map((told) => told.decision.findings);
  if (one.kind === "check") return engine.check(id, intent).findings;
  if (one.kind === "charge") return engine.charge(id, intent).findings;
  const { allowed, findings } = engine.reserve(id, name, intent, { ttlMs: 3_600_000 });
  if (allowed) holds.push({ id, name });
  return findings;
}

function usageOf(one: { readonly weight: number; readonly tokens: number }) {
  return {
    requests: BigInt(one.weight),
    tokens: { input: BigInt(one.tokens), output: BigInt(one.tokens >> 1) },
  };
}

function forgetRoom({ world }: Engine): void {
  for (const binding of world.executions.bindings.values()) binding.room = undefined;
}

test("P3: findings and events are the same whether room is kept or measured anew before every step", () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60, size: "max" }), fc.boolean(), (steps, shadow) => {
      const kept = run(createEngine(shadow), steps, () => undefined);
      expect(kept).toEqual(run(createEngine(shadow), steps, forgetRoom));
    }),
    { numRuns: 150 },
  );
});
