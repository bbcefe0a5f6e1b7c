// Holds resolve exactly once; what resolves them and how it is answered again. Request ids.
import { describe, expect, test } from "vitest";
import type { ErrorReason } from "../../../src/domain/errors.ts";
import { TollgateError } from "../../../src/domain/errors.ts";
import { MAX_RESERVATIONS } from "../../../src/domain/reservation.ts";
import { DAY_MS, HOUR_MS } from "../../../src/domain/time.ts";
import { CALLER, Engine, firstOf, messagesOf, policyOf, reasonsOf, STEP, USD } from "./engine-fixture.ts";

function started(limits = policyOf({ max_tokens: 100n })): Engine {
  const engine = new Engine({ limits });
  engine.register("e");
  return engine;
}

function reasonOf(verb: () => unknown): ErrorReason | undefined {
  try {
    verb();
    return undefined;
  } catch (thrown) {
    if (!(thrown instanceof TollgateError)) throw thrown;
    return thrown.reason;
  }
}

const tokens = (input: bigint) => ({ tokens: { input } });

describe("Reserve", () => {
  test("P2: the same id and content gives the first answer, other content is refused naming the field", () => {
    const engine = started();
    const first = engine.reserve("e", "r", tokens(60n));
    expect(engine.reserve("e", "r", tokens(60n))).toBe(first);
    expect(engine.check("e", tokens(41n)).allowed).toBe(false);
    const conflict = () => engine.reserve("e", "r", tokens(61n));
    expect(reasonOf(conflict)).toBe("RESERVATION_CONFLICT");
    expect(conflict).toThrow("was made with other content");
  });

  test("a refused id is judged afresh", () => {
    const engine = started();
    expect(engine.reserve("e", "r", tokens(101n)).allowed).toBe(false);
    expect(engine.reserve("e", "r", tokens(100n)).allowed).toBe(true);
  });

  test("P3: all or nothing: what the parent refuses is held nowhere", () => {
    const engine = started(policyOf({ max_tokens: 100n }));
    engine.register("child", { parentId: "e" });
    engine.charge("e", tokens(50n));
    expect(engine.reserve("child", "r", tokens(51n)).allowed).toBe(false);
    expect(engine.world.executions.held.every((amount) => amount === 0n)).toBe(true);
    expect(engine.windows.held.every((amount) => amount === 0n)).toBe(true);
  });

  test("hold_max_fraction bounds what one hold takes of what remains at the tightest level", () => {
    const engine = started(policyOf({ max_tokens: 100n, max_cost_usd: 2n * USD }, { holdMaxFraction: 0.5 }));
    expect(engine.reserve("e", "a", tokens(50n)).allowed).toBe(true);
    const refused = engine.reserve("e", "b", tokens(26n));
    expect(firstOf(refused)).toMatchObject({
      reason: "HOLD_TOO_LARGE",
      verdict: "BLOCK",
      message: "hold of 26 tokens is above 25, 0.5 of what remains",
    });
    expect(engine.reserve("e", "b", tokens(25n)).allowed).toBe(true);
    expect(reasonsOf(engine.reserve("e", "c", { costNanoUsd: USD + 1n }))).toContain("HOLD_TOO_LARGE");
    expect(engine.reserve("e", "c", { costNanoUsd: USD }).allowed).toBe(true);
  });

  test("P10: one execution remembers at most twice 10,000 reservations at once", () => {
    const engine = started(policyOf());
    for (let made = 0; made < 2 * MAX_RESERVATIONS; made++) engine.reserve("e", `r${made}`, {});
    expect(reasonOf(() => engine.reserve("e", "more", {}))).toBe("RESERVATIONS_FULL");
    engine.release("e", "r0");
    expect(engine.index("e")).toBe(0);
  });
});

describe("Settle", () => {
  test("charges the true usage, releases the rest, and answers again the same (P2)", () => {
    const engine = started();
    engine.reserve("e", "r", tokens(60n));
    const first = engine.settle("e", "r", tokens(40n));
    expect(first).toMatchObject({ outcome: "settled", decision: { allowed: true } });
    expect(engine.settle("e", "r", tokens(40n)).decision).toBe(first.decision);
    expect(engine.snapshot("e").totalTokens).toBe(40n);
    expect(engine.charge("e", tokens(60n)).allowed).toBe(true);
    expect(reasonOf(() => engine.settle("e", "r", tokens(41n)))).toBe("RESERVATION_RESOLVED");
    expect(() => engine.settle("e", "r", tokens(41n))).toThrow("is settled already");
  });

  test("P3 P4: usage above its hold is charged, named as overrun, and the limit acts", () => {
    const engine = started();
    engine.reserve("e", "r", tokens(60n));
    const { decision } = engine.settle("e", "r", tokens(101n));
    expect(decision.findings.map((one) => [one.reason, one.overrun])).toEqual([
      ["TOKEN_LIMIT", { kind: "count", value: 1n }],
      ["HOLD_OVERRUN", { kind: "count", value: 41n }],
      ["PRICE_UNKNOWN", undefined],
    ]);
    expect(engine.eventTypes("e")).toContain("HALT");
  });

  test.each([
    ["Settle", "settle"],
    ["a report", "report"],
  ] as const)("%s names what passed its own hold in every unit", (_, way) => {
    const engine = new Engine({ limits: policyOf() });
    engine.register("e");
    engine.reserve("e", "r", { step: {}, costNanoUsd: 20_000_000n, weight: 2n, toolCalls: 1n });
    const used = { steps: 2n, costNanoUsd: 50_000_000n, requests: 2n, toolCalls: 4n, cpuMillis: 9n };
    const { findings } =
      way === "settle"
        ? engine.settle("e", "r", used).decision
        : engine.reported("e", { ...used, settlesReservationId: "r" });
    expect(findings.map(({ message, unit, overrun }) => [message, unit, overrun?.value])).toEqual([
      ["used 2 steps of a hold of 1", "steps", 1n],
      ["used 0.05 USD of a hold of 0.02", "cost", 30_000_000n],
      ["used 4 tool calls of a hold of 1", "tool_calls", 3n],
    ]);
    const again = engine.reported("e", { ...used, settlesReservationId: "r" });
    expect(reasonsOf(again)).toEqual(["LATE"]);
  });

  test("P4: after expiry it still charges and says LATE, once", () => {
    const engine = started();
    engine.reserve("e", "r", tokens(60n), { ttlMs: 1_000 });
    engine.advance(1_000);
    const late = engine.settle("e", "r", tokens(10n));
    expect(late.outcome).toBe("late");
    expect(reasonsOf(late.decision)).toContain("LATE");
    expect(engine.settle("e", "r", tokens(10n)).outcome).toBe("late");
    expect(engine.snapshot("e").totalTokens).toBe(10n);
  });

  test("P4: an unknown id is charged once under that id and says RESERVATION_UNKNOWN", () => {
    const engine = started();
    const unknown = engine.settle("e", "never-made", tokens(10n));
    expect(unknown.outcome).toBe("unknown");
    expect(messagesOf(unknown.decision)[0]).toBe(
      "reservation never-made was not known; its usage was charged once under this id",
    );
    expect(reasonsOf(unknown.decision)).toContain("RESERVATION_UNKNOWN");
    expect(engine.settle("e", "never-made", tokens(10n)).outcome).toBe("unknown");
    expect(engine.snapshot("e").totalTokens).toBe(10n);
    expect(reasonOf(() => engine.reserve("e", "never-made", tokens(1n)))).toBe("RESERVATION_CONFLICT");
    expect(reasonOf(() => engine.settle("nobody", "r", {}))).toBe("EXECUTION_NOT_FOUND");
  });

  test("a completed execution remembers its reservations for an hour, then charges nothing", () => {
    const engine = started();
    engine.reserve("e", "r", tokens(60n));
    engine.complete("e");
    expect(engine.settle("e", "r", tokens(10n)).outcome).toBe("late");
    engine.pass(HOUR_MS);
    expect(engine.settle("e", "r", tokens(10n)).outcome).toBe("late");
    expect(engine.settle("e", "other", tokens(10n)).outcome).toBe("unknown");
    engine.pass(1);
    expect(reasonOf(() => engine.settle("e", "third", tokens(10n)))).toBe("RESERVATION_FORGOTTEN");
    engine.settleDue();
    expect(reasonOf(() => engine.settle("e", "r", tokens(10n)))).toBe("EXECUTION_NOT_FOUND");
  });

  test("a hold is settled in the windows of the instant it was made, within a day", () => {
    const engine = started(policyOf());
    engine.reserve("e", "r", tokens(60n), { ttlMs: HOUR_MS });
    engine.reserve("e", "old", tokens(60n), { ttlMs: HOUR_MS });
    const hours = (): readonly (readonly [number, bigint])[] => {
      const { windows } = engine;
      const rows = [...windows.rows()].filter(
        (row) => windows.texts[row]?.level === "tenant" && windows.texts[row]?.period === "hour",
      );
      return rows.map((row) => [
        new Date(windows.texts[row]?.startMs ?? 0).getUTCHours(),
        windows.spent[row * 16 + 2] as bigint,
      ]);
    };
    engine.advance(HOUR_MS - 1);
    engine.settle("e", "r", tokens(7n));
    expect(hours()).toEqual([[12, 7n]]);
    engine.advance(DAY_MS);
    engine.settle("e", "old", tokens(5n));
    expect(hours().map(([, amount]) => amount)).toEqual([7n, 5n]);
  });
});

describe("Release", () => {
  test("gives everything back but nothing is charged; again it says the same; after Settle it is refused", () => {
    const engine = started();
    engine.reserve("e", "r", tokens(100n));
    expect(engine.release("e", "r")).toBe("released");
    expect(engine.release("e", "r")).toBe("released");
    expect(engine.snapshot("e").totalTokens).toBe(0n);
    expect(reasonOf(() => engine.settle("e", "r", tokens(1n)))).toBe("RESERVATION_RESOLVED");
    engine.reserve("e", "s", tokens(1n));
    engine.settle("e", "s", tokens(1n));
    expect(reasonOf(() => engine.release("e", "s"))).toBe("RESERVATION_RESOLVED");
    expect(reasonOf(() => engine.release("e", "never"))).toBe("RESERVATION_NOT_FOUND");
    expect(reasonOf(() => engine.extend("e", "never", 1_000))).toBe("RESERVATION_NOT_FOUND");
  });

  test("a step that timed out cannot be extended", () => {
    const engine = started();
    engine.reserve("e", "r", STEP, { timeoutMs: 10 });
    engine.advance(11);
    expect(reasonOf(() => engine.extend("e", "r", 1_000))).toBe("RESERVATION_TIMED_OUT");
  });
});

describe("holds of stopped executions", () => {
  test("a halted execution's holds stay, can be extended and settled; nothing new is held", () => {
    const engine = started();
    engine.reserve("e", "r", tokens(50n));
    engine.report("e", tokens(101n));
    expect(engine.extend("e", "r", 60_000)).toBe(60_000);
    expect(engine.reserve("e", "s", tokens(1n)).allowed).toBe(false);
    expect(engine.settle("e", "r", tokens(1n)).outcome).toBe("settled");
    expect(engine.snapshot("e").totalTokens).toBe(102n);
  });
});

describe("settling by a report", () => {
  test("releases the hold and counts the report's own usage; expired, resolved and unknown ids are told (P4)", () => {
    const engine = started();
    engine.reserve("e", "r", tokens(90n));
    engine.reserve("e", "old", tokens(1n), { ttlMs: 1_000 });
    engine.advance(1_000);
    const reasons = ["r", "r", "old", "none"].map((settlesReservationId) =>
      reasonsOf(engine.reported("e", { requests: 1n, settlesReservationId })),
    );
    expect(reasons).toEqual([[], ["LATE"], ["LATE"], ["RESERVATION_UNKNOWN"]]);
    expect(engine.snapshot("e").requests).toBe(4n);
    expect(engine.charge("e", tokens(100n)).allowed).toBe(true);
    expect(reasonOf(() => engine.settle("e", "r", tokens(1n)))).toBe("RESERVATION_RESOLVED");
  });
});

describe("request ids", () => {
  test("P2: a heartbeat that is repeated under its id gives the first answer and extends nothing", async () => {
    const engine = started();
    engine.reserve("e", "r", tokens(10n));
    expect(engine.extend("e", "r", 100_000, "q")).toBe(100_000);
    engine.advance(40_000);
    expect(engine.extend("e", "r", 100_000, "q")).toBe(60_000);
    expect(reasonOf(() => engine.extend("e", "r", 99_000, "q"))).toBe("REQUEST_CONFLICT");
    await engine.save();
    expect(engine.restarted(1_000).extend("e", "r", 100_000, "q")).toBe(59_000);
    expect(engine.extend("e", "r", 100_000)).toBe(100_000);
  });

  test("an id that was used for a charge is no id for a heartbeat", () => {
    const engine = started();
    engine.reserve("e", "r", tokens(10n));
    engine.charge("e", tokens(1n), { requestId: "q" });
    expect(reasonOf(() => engine.extend("e", "r", 100_000, "q"))).toBe("REQUEST_CONFLICT");
  });

  test("P2: the same id and content gives the first answer for ten minutes, other content is refused", () => {
    const engine = started();
    const first = engine.charge("e", tokens(10n), { requestId: "q" });
    engine.advance(599_999);
    expect(engine.charge("e", tokens(10n), { requestId: "q" })).toBe(first);
    expect(reasonOf(() => engine.charge("e", tokens(11n), { requestId: "q" }))).toBe("REQUEST_CONFLICT");
    engine.advance(10_001);
    expect(engine.charge("e", tokens(11n), { requestId: "q" }).allowed).toBe(true);
    expect(engine.snapshot("e").totalTokens).toBe(21n);
  });

  test("a refused request is judged afresh, and one of another execution is another one", () => {
    const engine = started(policyOf({ max_tokens: 10n }));
    expect(engine.charge("e", tokens(11n), { requestId: "q" }).allowed).toBe(false);
    expect(engine.charge("e", tokens(10n), { requestId: "q" }).allowed).toBe(true);
    engine.register("f");
    expect(engine.charge("f", tokens(1n), { requestId: "q" }).allowed).toBe(true);
    expect(engine.world.requests.byAge).toHaveLength(2);
  });

  test("P2: they are remembered over a restart", async () => {
    const engine = started();
    engine.charge("e", tokens(10n), { requestId: "q" });
    await engine.save();
    const back = engine.restarted(60_000);
    expect(back.charge("e", tokens(10n), { requestId: "q" }).allowed).toBe(true);
    expect(back.snapshot("e").totalTokens).toBe(10n);
    expect(back.world.executions.record(back.index("e")).caller).toBe(CALLER);
  });

  test("P10: one execution remembers at most 10,000", () => {
    const engine = started(policyOf());
    for (let made = 0; made < 10_000; made++) engine.charge("e", {}, { requestId: `q${made}` });
    expect(reasonOf(() => engine.charge("e", STEP, { requestId: "more" }))).toBe("REQUESTS_FULL");
    expect(engine.snapshot("e").steps).toBe(0n);
  });
});
