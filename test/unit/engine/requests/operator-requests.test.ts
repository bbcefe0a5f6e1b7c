import { describe, expect, test } from "vitest";
import { TollgateError } from "../../../../src/domain/errors.ts";
import {
  assertOperatorRoom,
  findOperatorAnswer,
  rememberOperatorAnswer,
} from "../../../../src/engine/requests/operator-requests.ts";
import { Engine } from "../engine-fixture.ts";

function failureOf(act: () => unknown): unknown {
  try {
    return act();
  } catch (error) {
    if (error instanceof TollgateError) return error;
    throw error;
  }
}

const ask = (requestId: string, content = "halt a") => ({ requestId, content });

describe("writes of operators", () => {
  test("are remembered for ten minutes, and under their content alone", () => {
    const engine = new Engine();
    rememberOperatorAnswer(engine.world, ask("r"), "answer", engine.now);
    engine.advance(599_999);
    expect(findOperatorAnswer(engine.world, ask("r"), engine.now)).toBe("answer");
    expect(failureOf(() => findOperatorAnswer(engine.world, ask("r", "halt b"), engine.now))).toMatchObject({
      reason: "REQUEST_CONFLICT",
      fields: [{ field: "request_id" }],
    });
    engine.advance(1);
    expect(findOperatorAnswer(engine.world, ask("r", "halt b"), engine.now)).toBeUndefined();
    engine.advance(10_000);
    expect(engine.world.requests.operatorCount).toBe(0);
    expect(engine.world.requests.operatorCharacters).toBe(0);
  });

  test("P10: are refused beyond 10,000 ids, or 16 MiB of answers, before anything is done", () => {
    const many = new Engine();
    for (let at = 0; at < 9_999; at++) rememberOperatorAnswer(many.world, ask(`r${at}`), "", many.now);
    assertOperatorRoom(many.world);
    rememberOperatorAnswer(many.world, ask("last"), "", many.now);
    expect(failureOf(() => assertOperatorRoom(many.world))).toMatchObject({ reason: "REQUESTS_FULL" });
    const long = new Engine();
    rememberOperatorAnswer(long.world, ask("r"), "x".repeat((16 << 20) - 1), long.now);
    assertOperatorRoom(long.world);
    rememberOperatorAnswer(long.world, ask("s"), "x", long.now);
    expect(failureOf(() => assertOperatorRoom(long.world))).toMatchObject({ reason: "REQUESTS_FULL" });
  });

  test("are remembered over a restart for what is left of their time", async () => {
    const engine = new Engine();
    rememberOperatorAnswer(engine.world, ask("r"), "answer", engine.now);
    await engine.save();
    const again = engine.restarted(599_999, { bootId: "next", monoMs: 5 });
    expect(findOperatorAnswer(again.world, ask("r"), again.now)).toBe("answer");
    again.advance(1);
    expect(findOperatorAnswer(again.world, ask("r"), again.now)).toBeUndefined();
  });
});
