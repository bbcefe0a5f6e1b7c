import { createHash } from "node:crypto";
import { describe, expect, test } from "vitest";
import { hashesOf, MAX_USER, rememberUser } from "../../../../../src/engine/guards/input/grounding.ts";
import { keepUserValues } from "../../../../../src/engine/guards/session/user-values.ts";
import { onlyGuards, ToolEngine } from "../calls/tool-engine.ts";

function started(values: readonly string[]): ToolEngine {
  const engine = new ToolEngine({ guards: onlyGuards({ grounding: { tools: { "pay*": {} } } }) });
  const { index } = engine.register("run", { session: "s" });
  keepUserValues(engine.world, index, values, engine.now);
  return engine;
}

describe("what the user gave", () => {
  test("grounds numbers of the whole session, whichever execution was told", () => {
    const engine = started(["Book 2 seats for 1,234.50 EUR", "42"]);
    engine.register("other", { session: "s" });
    engine.register("stranger", { session: "t" });
    const pay = (executionId: string, amount: unknown): boolean =>
      engine.call("pay", { amount }, { executionId }).decision.allowed;
    expect([pay("run", 1_234.5), pay("other", "42"), pay("run", 2)]).toEqual([true, true, true]);
    expect([pay("run", 43), pay("stranger", 42)]).toEqual([false, false]);
  });

  test("is not pushed out by outputs, outlives a restart, and stands nowhere as it came (P11)", async () => {
    const engine = started(["987654321"]);
    for (let at = 0; at < 6; at++) {
      engine.call("read", { at }, { callId: `c${at}` });
      engine.output(
        `c${at}`,
        Array.from({ length: 250 }, (_, place) => 10 + at * 250 + place),
      );
    }
    expect(engine.call("pay", { amount: 987_654_321 }).decision.allowed).toBe(true);
    await engine.save();
    expect(JSON.stringify([...engine.world.sessions.byKey.values()])).not.toContain("987654321");
    const again = engine.again(1_000);
    expect(again.call("pay", { amount: 987_654_321 }, { callId: "later" }).decision.allowed).toBe(true);
  });

  test("is bounded, over registrations too", () => {
    const hash = (text: string): string => createHash("sha256").update(text).digest("hex");
    const numbers = (from: number): string =>
      Array.from({ length: 200 }, (_, at) => `${at + from}`).join(" ");
    const first = hashesOf([numbers(10), numbers(1_000)], { tolerance: 1e-9 }, hash);
    expect(first).toHaveLength(MAX_USER);
    const state = { known: [], runs: [], user: [] as string[] };
    rememberUser(state, first);
    rememberUser(state, hashesOf([numbers(5_000)], { tolerance: 1e-9 }, hash));
    expect(state.user).toHaveLength(MAX_USER);
  });

  test("takes no session where it holds no number", () => {
    expect(started(["no number", ""]).world.sessions.byKey.size).toBe(0);
    expect(started([]).world.sessions.byKey.size).toBe(0);
  });
});
