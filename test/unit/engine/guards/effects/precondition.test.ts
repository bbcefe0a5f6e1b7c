import { describe, expect, test } from "vitest";
import { isExpressionIssue } from "../../../../../src/engine/expressions/expression.ts";
import { compileCondition } from "../../../../../src/engine/expressions/tool-conditions.ts";
import { precondition } from "../../../../../src/engine/guards/effects/precondition.ts";
import { documentOf, settingsOf } from "../guard-fixture.ts";
import { afterOf, beforeOf, factsOf, notesOf } from "./inputs.ts";

const call = { tool: "pay.transfer", sideEffect: "write" } as const;

function before(conditions: readonly string[], args: unknown, pattern = "pay.*") {
  const settings = settingsOf("precondition", { pre: { [pattern]: conditions } });
  return precondition.before?.(beforeOf(settings, undefined, call, args));
}

function after(conditions: readonly string[], output: unknown, errorClass?: string) {
  const settings = settingsOf("precondition", { post: { "pay.*": conditions } });
  const document = output === undefined ? undefined : documentOf(output);
  return precondition.after?.(afterOf(settings, undefined, call, document, { errorClass }));
}

describe("before a call", () => {
  test.each([
    ["args.amount <= 100", { amount: 100 }, true],
    ["args.amount <= 100", { amount: 100.5 }, false],
    ["args.to.endsWith('@example.com')", { to: "ann@example.com" }, true],
    ["args.to.endsWith('@example.com')", { to: "ann@example.org" }, false],
    ["args.to.matches('^[a-z]+@example[.]com$')", { to: "ann@example.com" }, true],
    ["args.items.all(i, i.price > 0)", { items: [{ price: 1 }, { price: 2 }] }, true],
    ["args.items.all(i, i.price > 0)", { items: [{ price: 1 }, { price: 0 }] }, false],
    ["size(args.items) < 3", { items: [1, 2, 3] }, false],
    ["!has(args.force)", { amount: 1 }, true],
    ["!has(args.force)", { force: true }, false],
    ["args.confirmed", { confirmed: true }, true],
    ["args.confirmed", { confirmed: false }, false],
    ["args.confirmed", { confirmed: "yes" }, false],
    ["tool == 'pay.transfer' && side_effect == 'write' && tenant == 'default'", {}, true],
    ["args.fee * 2.0 + 1.0 == args.total", { fee: 2, total: 5 }, true],
  ])("%s with %j: %s", (condition, args, isTrue) => {
    expect(before([condition], args)?.notes).toHaveLength(isTrue ? 0 : 1);
  });

  test("the text names the tool and the condition, never a value", () => {
    expect(notesOf(before(["args.amount <= 100"], { amount: 4_321 }))).toEqual([
      "PRECONDITION_FAILED: Precondition of 'pay.transfer' failed: args.amount <= 100",
    ]);
    expect(notesOf(before(["args.amount <= 100"], {}))).toEqual([
      "PRECONDITION_FAILED: Precondition of 'pay.transfer' cannot be evaluated: args.amount <= 100",
    ]);
  });

  test("all conditions of all patterns that match must be true", () => {
    const settings = settingsOf("precondition", {
      pre: { "pay.*": ["args.a == 1", "args.b == 1"], "**": ["args.c == 1"], "other.*": ["args.d == 1"] },
    });
    const outcome = precondition.before?.(beforeOf(settings, undefined, call, { a: 1, b: 2, c: 2 }));
    expect(outcome?.notes.map(({ text }) => text.slice(-11))).toEqual(["args.b == 1", "args.c == 1"]);
  });

  test("facts of the session can be asked", () => {
    const settings = settingsOf("precondition", {
      pre: { "*": ["labels.stage == 'test' && principal.user == 'ann' && session == 's'"] },
    });
    const facts = factsOf({
      labels: { stage: "test" },
      principal: { tenant: "t", user: "ann" },
      session: "s",
    });
    expect(precondition.before?.(beforeOf(settings, undefined, call, {}, facts))?.notes).toEqual([]);
    expect(precondition.before?.(beforeOf(settings, undefined, call, {}))?.notes).toHaveLength(1);
  });

  test("an evaluation that would cost too much is not made", () => {
    const small = { a: [1, 2, 3] };
    const large = { a: Array.from({ length: 5_000 }, () => 1) };
    expect(before(["args.a.all(x, args.a.exists(y, y == x))"], small)?.notes).toEqual([]);
    expect(notesOf(before(["args.a.all(x, args.a.exists(y, y == x))"], large))[0]).toContain(
      "cannot be evaluated",
    );
    expect(before(["args.a.all(x, x == 1)"], { a: large.a.slice(0, 2_000) })?.notes).toEqual([]);
  });

  test("other tools pass", () => {
    expect(before(["false"], {}, "other")?.notes).toEqual([]);
  });
});

describe("after a call", () => {
  test.each([
    ["output.status == 'ok'", { status: "ok" }, true],
    ["output.status == 'ok'", { status: "failed" }, false],
    ["output > 3", 4, true],
    ["output == null", null, true],
    ["duration_ms < 1000.0 && error_class == ''", {}, true],
  ])("%s with %j: %s", (condition, output, isTrue) => {
    expect(after([condition], output)?.notes).toHaveLength(isTrue ? 0 : 1);
  });

  test("the text names tool and condition", () => {
    expect(notesOf(after(["output.ok"], { ok: false }))).toEqual([
      "POSTCONDITION_FAILED: Postcondition of 'pay.transfer' failed: output.ok",
    ]);
  });

  test("a call without output has nothing to be judged", () => {
    expect(after(["false"], undefined, "timeout")?.notes).toEqual([]);
  });
});

describe("compileCondition", () => {
  test.each([
    ["pre", "args.amount <=", true],
    ["pre", "output.status == 'ok'", true],
    ["post", "output.status == 'ok'", false],
    ["pre", "1 + 1", true],
    ["pre", "unknown == 1", true],
    ["pre", "args.a.matches('(')", true],
    ["pre", "args.a.all(x, args.a.all(y, args.a.all(z, true)))", true],
    ["pre", "x".repeat(5_000), true],
    ["pre", "args.amount <= 100", false],
  ] as const)("%s %s", (time, text, isWrong) => {
    expect(isExpressionIssue(compileCondition(text, time))).toBe(isWrong);
  });

  test("a condition that does not compile fails the guard at the call", () => {
    expect(() => before(["args.amount <="], {})).toThrow("does not compile");
  });
});
