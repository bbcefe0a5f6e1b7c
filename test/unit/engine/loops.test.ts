// Loops: repetitions, cycles of two to four steps, results that change, escalation, exemption.
import { describe, expect, test } from "vitest";
import type { LimitPolicy } from "../../../src/engine/limits/effective-limits.ts";
import { Engine, firstOf, messagesOf, policyOf } from "./engine-fixture.ts";

function started(more: Partial<LimitPolicy> = {}, limit = 3n): Engine {
  const engine = new Engine({ limits: policyOf({ max_same_step_repetitions: limit }, more) });
  engine.register("e");
  return engine;
}

function step(signature: string, resultDigest?: string, name?: string) {
  return { step: { signature, resultDigest, name } };
}

/** Verdicts of one Charge after the other. */
function verdicts(engine: Engine, signatures: string): string {
  return signatures
    .split("")
    .map((signature) => engine.charge("e", step(signature)).verdict.slice(0, 1))
    .join("");
}

describe("max_same_step_repetitions", () => {
  test("warns at the limit and refuses the next: with 3, the fourth", () => {
    const engine = started();
    expect(verdicts(engine, "aaaa")).toBe("AAWB");
    const refused = engine.check("e", step("a"));
    expect(messagesOf(refused)).toEqual(["same_step_loop exceeded: 4 / 3 (133%), the same step"]);
    expect(firstOf(refused)).toMatchObject({ reason: "SAME_STEP_LOOP", category: "quota_exceeded" });
    expect(refused.advice).toEqual(["change_approach"]);
    const near = started();
    verdicts(near, "aa");
    expect(firstOf(near.check("e", step("a")))).toMatchObject({
      reason: "SAME_STEP_LOOP_NEAR",
      message: "same_step_loop at 100%: 3 / 3",
    });
    expect(near.check("e", step("b")).findings).toEqual([]);
  });

  test("polling that sees new results is no loop; the same result is", () => {
    const engine = started();
    for (const result of ["1", "2", "3", "4", "5"]) {
      expect(engine.check("e", step("poll", result)).verdict).toBe("ALLOW");
      engine.report("e", step("poll", result));
    }
    engine.report("e", [step("poll", "5"), step("poll", "5")]);
    expect(messagesOf(engine.check("e", step("poll")))).toEqual([
      "same_step_loop exceeded: 4 / 3 (133%), the same step with the same results",
    ]);
    expect(engine.check("e", step("poll", "6")).verdict).toBe("ALLOW");
  });

  test.each([
    ["ab", "ababab", 2],
    ["abc", "abcabcabc", 3],
    ["abcd", "abcdabcdabcd", 4],
  ])("a cycle %s counts in whole repeats: the fourth is refused", (cycle, thrice, period) => {
    const engine = started();
    engine.report(
      "e",
      thrice.split("").map((signature) => step(signature)),
    );
    const refused = engine.check("e", step(cycle[0] as string));
    expect(messagesOf(refused)).toEqual([
      `same_step_loop exceeded: 4 / 3 (133%), ${period === 1 ? "" : expected(refused, period)}`,
    ]);
    expect(engine.check("e", step("z")).verdict).toBe("ALLOW");
  });

  test("what lies beyond the window is forgotten", () => {
    const engine = started({ loopWindow: 20 });
    verdicts(engine, "aa");
    for (let other = 0; other < 19; other++) engine.charge("e", step(`other-${other}`));
    expect(engine.check("e", step("a")).verdict).toBe("ALLOW");
  });

  test("reported steps move the window and are judged; on_exceed decides what a loop does", () => {
    const halting = new Engine({
      limits: policyOf({ max_same_step_repetitions: { value: 3n, onExceed: "halt" } }),
    });
    halting.register("e");
    const decision = halting.reported("e", [step("a"), step("a"), step("a"), step("a")]);
    expect(decision.verdict).toBe("BLOCK");
    expect(halting.eventTypes("e")).toContain("HALT");
    const blocking = started();
    blocking.report("e", [step("a"), step("a"), step("a"), step("a")]);
    expect(blocking.eventTypes("e")).toContain("BLOCK");
    expect(blocking.charge("e", step("b")).allowed).toBe(true);
  });

  test("loop_escalation warn_first warns the agent once, and blocks the next time", () => {
    const engine = started({ loopEscalation: "warn_first" });
    expect(verdicts(engine, "aaa")).toBe("AAW");
    const warned = engine.charge("e", step("a"));
    expect(warned).toMatchObject({ verdict: "WARN", allowed: true, advice: ["change_approach"] });
    expect(messagesOf(warned)).toEqual(["same_step_loop exceeded: 4 / 3 (133%), the same step"]);
    expect(engine.charge("e", step("a")).verdict).toBe("BLOCK");
  });

  test("exempt tools are left alone, only own steps count, planned ones do not", () => {
    const engine = started({ loopExempt: ["wait"] });
    for (let times = 0; times < 5; times++) {
      expect(engine.charge("e", step("w", undefined, "wait")).verdict).toBe("ALLOW");
      engine.charge("e", { step: { signature: "p", plannedOnly: true } });
    }
    expect(engine.check("e", step("p")).verdict).toBe("ALLOW");
    engine.register("child", { parentId: "e" });
    engine.report("e", [step("x"), step("x"), step("x")]);
    expect(engine.check("child", step("x")).verdict).toBe("ALLOW");
  });

  test("exempt tools are patterns, for the tool of an intent and the name of a step", () => {
    const engine = started({ loopExempt: ["wait_*&*_job", "poll"] });
    const judged = (times: number, more: object, name?: string) =>
      Array.from({ length: times }, () =>
        engine.charge("e", { ...step(`${name} ${JSON.stringify(more)}`, undefined, name), ...more }),
      ).at(-1)?.verdict;
    expect(judged(5, { tool: "wait_for_job" })).toBe("ALLOW");
    expect(judged(5, {}, "wait_for_job")).toBe("ALLOW");
    expect(judged(5, { tool: "poll" }, "next page")).toBe("ALLOW");
    expect(judged(4, { tool: "wait_for_all" })).toBe("BLOCK");
    expect(judged(4, {}, "polls")).toBe("BLOCK");
    const report = (name: string) => ({ step: { name, signature: name } });
    expect(
      engine.reported("e", [report("poll"), report("poll"), report("poll"), report("poll")]).allowed,
    ).toBe(true);
  });

  test("the window and the first warning are there after a restart", async () => {
    const engine = started({ loopEscalation: "warn_first" });
    verdicts(engine, "aaaa");
    await engine.save();
    const back = engine.restarted(1_000);
    expect(back.charge("e", step("a")).verdict).toBe("BLOCK");
  });
});

/** The words for a cycle, and that the plain repetition was not meant. */
function expected(decision: ReturnType<Engine["check"]>, period: number): string {
  const text = decision.findings[0]?.message ?? "";
  return text.endsWith("the same step") ? "the same step" : `a cycle of ${period} steps`;
}
