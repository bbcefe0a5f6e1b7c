import { describe, expect, test } from "vitest";
import { concurrency } from "../../../../../src/engine/guards/flow/concurrency.ts";
import { FACTS, GuardSession, settingsOf, told } from "../guard-fixture.ts";

const NONE = FACTS.slots;

describe("concurrency", () => {
  test.each([
    [{ ...NONE, global: 49 }, []],
    [{ ...NONE, global: 50 }, ["global 50/50"]],
    [{ ...NONE, tool: 9 }, []],
    [{ ...NONE, tool: 10 }, ["tool fetch 10/10"]],
    [{ ...NONE, namespace: 19 }, []],
    [{ ...NONE, namespace: 20 }, ["namespace web 20/20"]],
    [{ ...NONE, session: 1_000 }, []],
    [
      { global: 50, tool: 10, namespace: 20, session: 0 },
      ["global 50/50, tool fetch 10/10, namespace web 20/20"],
    ],
  ])("names the levels that are full of %j", (slots, full) => {
    const session = new GuardSession(concurrency, settingsOf("concurrency"));
    session.facts = { ...FACTS, slots };
    expect(told(session.before({ namespace: "web" }))).toEqual(
      full.map((text) => `BLOCK CONCURRENCY_LIMIT concurrency limit reached: ${text}`),
    );
  });

  test("takes the smallest bound whose pattern matches, and the default only where none does", () => {
    const session = new GuardSession(
      concurrency,
      settingsOf("concurrency", {
        per_tool_max: { heavy_api: 2, "heavy_*": 20 },
        per_namespace_max: { external: 5 },
      }),
    );
    session.facts = { ...FACTS, slots: { ...NONE, tool: 12, namespace: 5 } };
    expect(told(session.before({ tool: "heavy_api" }))).toHaveLength(1);
    expect(told(session.before({ tool: "heavy_job" }))).toEqual([]);
    expect(told(session.before({ tool: "heavy_job", namespace: "external" }))).toHaveLength(1);
    expect(told(session.before({ tool: "light" }))).toHaveLength(1);
  });

  test("bounds a session only where a policy says so", () => {
    const session = new GuardSession(concurrency, settingsOf("concurrency", { per_session_max: 10 }));
    session.facts = { ...FACTS, slots: { ...NONE, session: 10 } };
    const outcome = session.before();
    expect(told(outcome)).toEqual(["BLOCK CONCURRENCY_LIMIT concurrency limit reached: session 10/10"]);
    expect(outcome.advice).toEqual(["reduce_parallelism"]);
  });
});
