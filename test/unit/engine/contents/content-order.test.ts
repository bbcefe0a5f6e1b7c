import { describe, expect, test } from "vitest";
import { TollgateError } from "../../../../src/domain/errors.ts";
import { type ContentRequest, checkContent } from "../../../../src/engine/contents/check-content.ts";
import { MAX_CONTENTS } from "../../../../src/engine/contents/content-table.ts";
import { askOf, CALLER, Engine } from "../engine-fixture.ts";

function send(
  engine: Engine,
  chunkIndex: number,
  text: string,
  fields: Partial<ContentRequest> = {},
): unknown {
  const content = { text, direction: "output" as const };
  const request = { ...askOf("run", {}), content, contentId: "t", chunkIndex, isLast: false, ...fields };
  try {
    return checkContent(engine.world, CALLER, request, engine.now).decision.verdict;
  } catch (error) {
    if (error instanceof TollgateError) return error.reason;
    throw error;
  }
}

function started(): Engine {
  const engine = new Engine();
  engine.register("run");
  return engine;
}

describe("chunks of a text", () => {
  test("CONTENT_OUT_OF_ORDER: come one after the other", () => {
    const engine = started();
    expect(send(engine, 0, "a")).toBe("ALLOW");
    expect(send(engine, 2, "c")).toBe("CONTENT_OUT_OF_ORDER");
    expect(send(engine, 1, "b")).toBe("ALLOW");
  });

  test("CONTENT_CONFLICT: the last one may come again as it was, not otherwise, and nothing after the end", () => {
    const engine = started();
    expect([send(engine, 0, "a"), send(engine, 0, "a"), send(engine, 0, "b")]).toEqual([
      "ALLOW",
      "ALLOW",
      "CONTENT_CONFLICT",
    ]);
    expect(send(engine, 1, "end", { isLast: true })).toBe("ALLOW");
    expect(send(engine, 2, "more")).toBe("CONTENT_CONFLICT");
  });

  test("CONTENT_UNKNOWN: a later one of a text that nobody began, or that was silent for more than a minute", () => {
    const engine = started();
    expect(send(engine, 1, "b")).toBe("CONTENT_UNKNOWN");
    expect(send(engine, 0, "a")).toBe("ALLOW");
    engine.pass(60_001);
    expect(send(engine, 1, "b")).toBe("CONTENT_UNKNOWN");
  });

  test("CONTENTS_FULL: as many texts as may be are open; one that ended makes room", () => {
    const engine = started();
    for (let at = 0; at < MAX_CONTENTS; at++) send(engine, 0, "a", { contentId: `t${at}` });
    expect(send(engine, 0, "a", { contentId: "more" })).toBe("CONTENTS_FULL");
    engine.pass(60_001);
    expect(send(engine, 0, "a", { contentId: "more" })).toBe("ALLOW");
  });
});
