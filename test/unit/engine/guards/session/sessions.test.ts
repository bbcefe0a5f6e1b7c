// A session is bounded; what an agent puts into it clears nothing that stands against the agent.
import { describe, expect, test } from "vitest";
import { MAX_SESSION_LENGTH } from "../../../../../src/engine/guards/session/session-table.ts";
import { guardsOf, ToolEngine } from "../calls/tool-engine.ts";

const RETRIES = { retry_safety: { enforce_backoff: false }, concurrency: { per_session_max: 5 } };

function started(): ToolEngine {
  const engine = new ToolEngine({ guards: guardsOf(RETRIES) });
  engine.register("run");
  return engine;
}

function exhaust(engine: ToolEngine): void {
  for (let at = 0; at < 3; at++) {
    expect(engine.call("pay", { same: 1 }, { callId: `first-${at}` }).decision.allowed).toBe(true);
    engine.output(`first-${at}`, {}, { errorClass: "timeout" });
  }
  expect(engine.call("pay", { same: 1 }).stoppedAt).toBe("retry_safety");
}

describe("attempts that are used up", () => {
  test("stay so however many other calls are made", () => {
    const engine = started();
    exhaust(engine);
    for (let at = 0; at < 450; at++) {
      engine.call("get_page", { at }, { callId: `c${at}` });
      engine.output(`c${at}`, {}, { errorClass: "timeout" });
    }
    expect(engine.call("pay", { same: 1 }).stoppedAt).toBe("retry_safety");
  });

  test("stay so when a session is filled above its bound with other things", async () => {
    const engine = started();
    exhaust(engine);
    for (let at = 0; at < 150; at++) {
      const callId = `c${at}`.padEnd(120, "x");
      const tool = `get_${at % 12}_`.padEnd(120, "y");
      const more = { callId, planId: `p${at % 5}`.padEnd(120, "z"), turnId: `t${at}`.padEnd(120, "w") };
      engine.call(tool, { at }, more);
      engine.output(callId, { at });
      if (at % 10 === 0) await engine.save();
    }
    await engine.save();
    const [session] = engine.world.sessions.byKey.values();
    engine.call("get_page", { last: 1 });
    expect(JSON.stringify(session?.slices).length).toBeLessThan(MAX_SESSION_LENGTH + 10_000);
    expect(engine.call("pay", { same: 1 }).stoppedAt).toBe("retry_safety");
    expect(engine.again(1_000).call("pay", { same: 1 }, { callId: "again" }).stoppedAt).toBe("retry_safety");
  });
});
