import { describe, expect, test } from "vitest";
import { GUARDS } from "../../../../../src/engine/guards/guard-table.ts";
import {
  type GroundingSettings,
  grounding,
  MAX_KNOWN,
} from "../../../../../src/engine/guards/input/grounding.ts";
import { FACTS, GuardSession, told } from "../guard-fixture.ts";

/** Stands in for the keyed hash of the installation: different texts, different hashes. */
function keyedHash(text: string): string {
  let hash = 0n;
  for (const letter of text)
    hash = BigInt.asUintN(64, hash * 1_099_511_628_211n + BigInt(letter.charCodeAt(0)));
  return hash.toString(16).padStart(32, "0").split("").reverse().join("");
}

function sessionOf(
  changes: Partial<GroundingSettings> = {},
  labels: { readonly [name: string]: string } = {},
) {
  const settings: GroundingSettings = {
    tools: { "stats.*": {} },
    tolerance: 1e-9,
    max_repeats: 3,
    ...changes,
  };
  const session = new GuardSession(grounding, settings);
  session.facts = { ...FACTS, keyedHash, labels };
  return session;
}

const watched = { tool: "stats.mean" };
const ungrounded = (path: string): string =>
  `BLOCK UNGROUNDED_VALUE Ungrounded value in '${path}': it comes from no earlier output and not from the user`;

describe("numbers in arguments", () => {
  test("must come from an earlier output of any tool", () => {
    const session = sessionOf();
    expect(told(session.before(watched, { x: 42.5, y: [7] }))).toEqual([ungrounded("x"), ungrounded("y[0]")]);
    session.after({ tool: "read" }, {}, { output: { rows: [{ price: 42.5 }], text: "about 7 pieces" } });
    expect(told(session.before(watched, { x: 42.5, y: [7] }))).toEqual([]);
    expect(told(session.before(watched, { x: 42.6 }))).toEqual([ungrounded("x")]);
  });

  test.each([
    ["1,234.50 EUR", 1234.5],
    ["5% off", 0.05],
    ["5% off", 5],
    ["-3.2e4!", -32_000],
    ["total:12", 12],
  ])("%j in an output grounds %d", (output, number) => {
    const session = sessionOf();
    session.after({ tool: "read" }, {}, { output });
    expect(told(session.before(watched, { x: number }))).toEqual([]);
    expect(told(session.before(watched, { x: String(number) }))).toEqual([]);
  });

  test.each([
    "$9,999.00",
    "9999 USD",
    "EUR 9999",
    "€ 9999",
    "9_999",
    "９９９９",
    "9999.",
    "+9999",
    " 9.999e3 ",
    "9999%",
  ])("%j is a number however it is written", (x) => {
    const session = sessionOf();
    expect(told(session.before(watched, { x }))).toEqual([ungrounded("x")]);
    session.after({ tool: "read" }, {}, { output: 9_999 });
    expect(told(session.before(watched, { x }))).toEqual([]);
  });

  test.each(["A4", "12ab", "3rd", "2026-01-01", "10:30", "1.2.3", "..", "+", "$", "%", "e5"])(
    "%j is none",
    (x) => {
      expect(told(sessionOf().before(watched, { x }))).toEqual([]);
    },
  );

  test.each([0, 1, -1, "a text", "12 pieces", true, null])("%j needs no ground", (x) => {
    expect(told(sessionOf().before(watched, { x }))).toEqual([]);
  });

  test("labels of the execution ground them", () => {
    const session = sessionOf({}, { budget: "500" });
    expect(told(session.before(watched, { x: 500, y: 12 }))).toEqual([ungrounded("y")]);
  });

  test.each([
    [1e-9, 1_000_000, 1_000_000.0005, true],
    [1e-9, 1_000_000, 1_000_000.01, false],
    [0.01, 2.34567, 2.35, true],
    [0.01, 2.34567, 2.4, false],
    [0.01, 9.999, 10.01, true],
    [0.01, 10.01, 9.999, true],
    [0.01, 0.004, 0, true],
    [0, 0.1, 0.1, true],
    [0, 0.30000000000000004, 0.3, false],
  ])("with tolerance %d, %d grounds %d: %s", (tolerance, known, number, isGrounded) => {
    const session = sessionOf({ tolerance });
    session.after({ tool: "read" }, {}, { output: [known] });
    expect(session.before(watched, { x: number }).notes).toHaveLength(isGrounded ? 0 : 1);
  });

  test("only tools that a pattern names are watched, and none by default", () => {
    expect(told(sessionOf().before({ tool: "read" }, { x: 42 }))).toEqual([]);
    expect(told(sessionOf({ tools: {} }).before(watched, { x: 42 }))).toEqual([]);
  });

  test("an output that failed grounds nothing", () => {
    const session = sessionOf();
    session.after({ tool: "read" }, {}, { output: [42], errorClass: "timeout" });
    expect(told(session.before(watched, { x: 42 }))).toEqual([ungrounded("x")]);
  });

  test("more numbers than a session remembers of one output cannot be checked", () => {
    const session = sessionOf();
    expect(told(session.before(watched, { x: Array.from({ length: 512 }, () => 1) }))).toEqual([]);
    expect(told(session.before(watched, { x: Array.from({ length: 513 }, () => 1) }))).toEqual([
      "BLOCK UNGROUNDED_VALUE Ungrounded values: more than 512 numbers in one call cannot be checked",
    ]);
  });

  test("the oldest of many are forgotten, and no number stands in the state", () => {
    const session = sessionOf();
    for (let round = 0; round < 9; round += 1)
      session.after(
        { tool: "read" },
        {},
        { output: Array.from({ length: 200 }, (_, index) => round * 200 + index + 1_000) },
      );
    expect(session.state.known).toHaveLength(MAX_KNOWN);
    expect(told(session.before(watched, { x: 2_799 }))).toEqual([]);
    expect(told(session.before(watched, { x: 1_000 }))).toEqual([ungrounded("x")]);
    expect(JSON.stringify(session.state)).not.toContain("2799,");
    grounding.trim?.(session.state);
    expect(session.state.known).toHaveLength(MAX_KNOWN / 2);
  });
});

describe("results in a row", () => {
  const results = (session: ReturnType<typeof sessionOf>, ...outputs: readonly unknown[]): string[][] =>
    outputs.map((output) => told(session.after(watched, {}, { output })));

  test("the same more often than max_repeats is told, until another comes", () => {
    const told4 = "WARN DEGENERATE_OUTPUT `stats.mean` gave the same result 4 times in a row";
    expect(results(sessionOf(), 5, { result: 5 }, { n: 5 }, 5, 6, 5)).toEqual([[], [], [], [told4], [], []]);
  });

  test("each ten times the one before is told", () => {
    const grown =
      "WARN DEGENERATE_OUTPUT `stats.mean` gave 3 results in a row that are each at least ten times the one before";
    expect(results(sessionOf(), 5, 60, 700, 8_000, 9_000)).toEqual([[], [], [], [grown], []]);
  });

  test("results of other tools and outputs without one number are not looked at", () => {
    const session = sessionOf();
    expect(results(session, { a: 1, b: 2 }, "5", [5], null)).toEqual([[], [], [], []]);
    for (let round = 0; round < 5; round += 1)
      expect(told(session.after({ tool: "read" }, {}, { output: 5 }))).toEqual([]);
  });

  test("stands in the table of guards", () => {
    expect(GUARDS.get("grounding")?.id).toBe("grounding");
  });
});
