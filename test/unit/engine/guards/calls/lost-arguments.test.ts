// Arguments are in no file (P11): a postcondition that needs those of a call from before a restart refuses, and says why.
import { describe, expect, test } from "vitest";
import { onlyGuards, ToolEngine } from "./tool-engine.ts";

async function restartedWith(condition: string): Promise<ToolEngine> {
  const guards = onlyGuards({ precondition: { post: { pay: [condition] } } });
  const engine = new ToolEngine({ guards });
  engine.register("run");
  expect(engine.call("pay", { amount: 5, force: true }, { callId: "c" }).decision.allowed).toBe(true);
  await engine.save();
  return engine.again(1_000);
}

describe("a postcondition of a call from before a restart", () => {
  test.each([
    "args.amount == output.amount",
    "!has(args.force)",
    "!('force' in args)",
    "args == {}",
    "size(args) < 2",
    "args.?force.orValue(false) == false",
    "output.ok == false || args.amount > 1.0",
  ])("that needs its arguments refuses: %s", async (condition) => {
    const engine = await restartedWith(condition);
    const answer = engine.output("c", { amount: 5, ok: true });
    expect(answer.decision).toMatchObject({ verdict: "BLOCK", allowed: false });
    expect(answer.reason).toBe(
      `Postcondition of 'pay' cannot be evaluated, the arguments are no longer known: ${condition}`,
    );
    expect(engine.world.toolCalls.slots("all\ndefault")).toBe(0);
  });

  test("that the output alone decides is judged as ever", async () => {
    const engine = await restartedWith("output.ok || args.amount < 1.0");
    expect(engine.output("c", { ok: true }).decision.verdict).toBe("ALLOW");
    const failed = await restartedWith("output.ok");
    expect(failed.output("c", { ok: false }).reason).toBe("Postcondition of 'pay' failed: output.ok");
  });
});
