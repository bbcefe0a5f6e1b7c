import { describe, expect, test } from "vitest";
import type { ToolCall } from "../../../../../src/engine/guards/guard.ts";
import { saturation } from "../../../../../src/engine/guards/output/saturation.ts";
import { GuardSession, settingsOf, told } from "../guard-fixture.ts";

const settings = settingsOf("saturation", {
  cdf_tools: ["*_cdf"],
  degenerate_values: [0, 1],
});
const normal: Partial<ToolCall> = { tool: "normal_cdf" };

function sessionOf(changes: Partial<typeof settings> = {}) {
  return new GuardSession(saturation, { ...settings, ...changes });
}

describe("extreme values", () => {
  test("the example of the source document", () => {
    expect(told(sessionOf().before(normal, { x: 100, mean: 0, std: 1 }))).toEqual([
      "WARN SATURATION SATURATION_WARNING: `normal_cdf` called with extreme Z-score |Z|=100.00 > 8.0. " +
        "The result is 0 or 1 whatever the question: check value, mean and standard deviation.",
    ]);
  });

  test.each([
    [{ x: 8, mean: 0, std: 1 }, false],
    [{ x: 8.01, mean: 0, std: 1 }, true],
    [{ x: -8.01 }, true],
    [{ x: 100, mean: 95, sd: 1 }, false],
    [{ x: 100, mu: 50, sigma: 10 }, false],
    [{ x: 100, mu: 50, sigma: 5 }, true],
    [{ z: 9 }, true],
    [{ z_score: "-9.5" }, true],
    [{ x: 5, mean: 5, std: 0 }, false],
    [{ x: 6, mean: 5, std: 0 }, true],
    [{ x: "a lot" }, false],
    [{ n: 1_000 }, false],
    [[1_000], false],
  ])("%j", (args, isExtreme) => {
    expect(sessionOf().before(normal, args).notes).toHaveLength(isExtreme ? 1 : 0);
  });

  test("a chi-square value is measured by its degrees of freedom", () => {
    const chi: Partial<ToolCall> = { tool: "chi2_cdf" };
    expect(sessionOf().before(chi, { x: 100, df: 95 }).notes).toEqual([]);
    expect(sessionOf().before(chi, { x: 100, df: 2 }).notes).toHaveLength(1);
  });

  test("block_on_extreme refuses", () => {
    expect(sessionOf({ block_on_extreme: true }).before(normal, { x: 100 }).notes[0]?.verdict).toBe("BLOCK");
  });

  test("only the tools that are named are watched, and none by default", () => {
    expect(sessionOf().before({ tool: "add" }, { x: 100 }).notes).toEqual([]);
    expect(sessionOf({ cdf_tools: [] }).before(normal, { x: 100 }).notes).toEqual([]);
  });
});

describe("degenerate results", () => {
  test("the third in a row is told, until another comes", () => {
    const session = sessionOf();
    const counts = [1, 0, 1.0000000001, { result: 0 }, 0.5, 1].map(
      (output) => session.after(normal, {}, { output }).notes.length,
    );
    expect(counts).toEqual([0, 0, 1, 1, 0, 0]);
    const again = [1, 0].map((output) => told(session.after(normal, {}, { output })));
    expect(again).toEqual([
      [],
      [
        "WARN DEGENERATE_OUTPUT `normal_cdf` returned 3 degenerate results in a row (1.0, 1.0, 0.0). " +
          "An earlier step has probably gone wrong.",
      ],
    ]);
  });

  test("each tool has its own run, and outputs without a number are no part of it", () => {
    const session = sessionOf();
    for (const output of [1, "no number", { a: 1, b: 2 }, null, 1]) session.after(normal, {}, { output });
    session.after({ tool: "t_cdf" }, {}, { output: 0 });
    expect(session.state.runs.map(({ tool, length }) => [tool, length])).toEqual([
      ["normal_cdf", 2],
      ["t_cdf", 1],
    ]);
  });

  test("a new turn starts anew", () => {
    const session = sessionOf();
    const results = ["a", "a", "b", "b", "b"].map(
      (turnId) => session.after({ ...normal, turnId }, {}, { output: 1 }).notes.length,
    );
    expect(results).toEqual([0, 0, 0, 0, 1]);
  });

  test("remembers at most 64 tools, the ones used last", () => {
    const session = sessionOf();
    for (let tool = 0; tool < 100; tool += 1) session.after({ tool: `${tool}_cdf` }, {}, { output: 1 });
    expect(session.state.runs).toHaveLength(64);
    expect(session.state.runs.at(-1)?.tool).toBe("99_cdf");
  });

  test("remembers a bounded tail of results however long the run", () => {
    const session = sessionOf();
    for (let call = 0; call < 50; call += 1) session.after(normal, {}, { output: 1 });
    expect(session.state.runs).toEqual([
      { tool: "normal_cdf", length: 50, recent: Array.from({ length: 8 }, () => 1) },
    ]);
  });
});
